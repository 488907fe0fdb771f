import type { StepRequest, Weight } from '../captureStep.ts';
import { bitsOf } from '../graph/canonical.ts';
import { Graph } from '../graph/graph.ts';
import type { TfDtype, Value } from '../graph/node.ts';
import { hookLabels } from './labelHooks.ts';
import { patch } from './patch.ts';
import { type Distribution, RandomDraws } from './randomDraws.ts';
import type { LayerNames } from './layerNames.ts';
import { describeWhere, type Recording, type RecordingBackend } from './recordingBackend.ts';
import type { Optimizer, Tensor, Tf, Variable } from './tfjs.ts';
import { engineOf } from './tfjs.ts';

/** A tfjs variable that the step may read or assign. */
export interface BookEntry {
  readonly variable: Variable;
  readonly name: string;
  /** null: not one of the model's weights. */
  readonly weight: Weight | null;
  /** Data before the capture; null for slots that the step's first run made. */
  readonly dataId: object | null;
  /** Value that a slot was made with. */
  readonly made: Value | null;
}

/** All variables that exist, so that each can stand for a tensor of the state and have its numbers back afterwards. */
export class VariableBook {
  readonly entries: BookEntry[] = [];
  private readonly tf: Tf;
  private readonly backend: RecordingBackend;
  private readonly optimizers: readonly Optimizer[];

  constructor(tf: Tf, backend: RecordingBackend, weights: readonly Weight[], optimizers: readonly Optimizer[]) {
    this.tf = tf;
    this.backend = backend;
    this.optimizers = optimizers;
    const listed = new Set(weights.map((weight) => weight.variable));
    for (const weight of weights) this.entries.push({ variable: weight.variable, name: weight.name, weight, dataId: weight.variable.dataId, made: null });
    for (const variable of Object.values(engineOf(tf).state.registeredVariables)) {
      if (!listed.has(variable)) this.entries.push({ variable, name: '', weight: null, dataId: variable.dataId, made: null });
    }
  }

  add(variable: Variable): void {
    this.entries.push({ variable, name: '', weight: null, dataId: null, made: this.backend.recordedValue(variable) });
  }

  /** `dense_1/kernel/m`, `optimizer/accBeta1`, or the position among the unnamed. */
  nameOf(entry: BookEntry): string {
    if (entry.weight) return entry.name;
    const weightNames = new Map(this.entries.flatMap((other) => (other.weight ? [[other.variable.name, other.name] as const] : [])));
    for (const optimizer of this.optimizers) {
      const found = slotName(optimizer, entry.variable, weightNames);
      if (found) return found;
    }
    const unnamed = this.entries.filter((other) => !other.weight);
    return `variable_${unnamed.indexOf(entry) + 1}`;
  }

  /** Gives every variable the numbers it had, and slots those they start from. */
  restore(): void {
    for (const { variable, dataId, made } of this.entries) {
      const target = variable as { dataId: object };
      if (dataId) target.dataId = dataId;
      else if (made?.node.source.kind === 'uniform') {
        const words = new Uint32Array(made.node.size).fill(made.node.source.bits);
        const numbers = variable.dtype === 'float32' ? new Float32Array(words.buffer) : new Int32Array(words.buffer);
        target.dataId = this.tf.keep(this.tf.tensor(numbers, [...made.shape], variable.dtype as 'float32')).dataId;
      }
    }
  }
}

interface NamedSlot {
  readonly originalName: string;
  readonly variable: Variable;
}

function slotName(optimizer: Optimizer, variable: Variable, weightNames: ReadonlyMap<string, string>): string | null {
  for (const [property, value] of Object.entries(optimizer)) {
    if (value === variable) return `optimizer/${property}`;
    if (!Array.isArray(value)) continue;
    const slot = (value as (NamedSlot | undefined)[]).find((candidate) => candidate?.variable === variable);
    if (!slot) continue;
    const cut = slot.originalName.lastIndexOf('/');
    const weight = weightNames.get(slot.originalName.slice(0, cut));
    return `${weight ?? 'optimizer'}/${slot.originalName.slice(cut + 1)}`;
  }
  return null;
}

export interface Recorded {
  readonly graph: Graph;
  readonly columns: readonly { readonly name: string; readonly value: Value }[];
  readonly seed: Value;
  readonly step: Value;
  readonly rates: readonly { readonly name: string; readonly value: Value }[];
  readonly variables: readonly { readonly entry: BookEntry; readonly before: Value; readonly after: Value }[];
  readonly constants: readonly { readonly value: Value; readonly bits: Uint32Array }[];
  readonly outputs: readonly { readonly name: string; readonly value: Value }[];
  readonly draws: RandomDraws;
}

/** Of the runs of a step: how many came before, and what they told of its random numbers. */
export interface Turn {
  readonly number: number;
  readonly distributions: readonly Distribution[] | null;
}

interface ScheduledRate {
  readonly name: string;
  readonly value: Value;
  readonly bits: number;
  readonly restore: () => void;
}

/** Gives each scheduled optimizer a learning rate that nothing else in the step has, to be seen where it is used. */
function scheduleRates(request: StepRequest, graph: Graph): ScheduledRate[] {
  return (request.schedules ?? []).map(({ name, optimizer }, k) => {
    const target = optimizer as unknown as { learningRate: number; setLearningRate?: (rate: number) => void };
    const before = target.learningRate;
    const set = (rate: number) => (target.setLearningRate ? target.setLearningRate(rate) : void (target.learningRate = rate));
    const marker = Math.fround(0.001_234_567 + k * 0.000_013_37);
    set(marker);
    return { name, value: graph.leaf(name, [], 'float32'), bits: bitsOf(marker), restore: () => set(before) };
  });
}

/** Runs the step once on symbols. Variables that it makes join `book`, with the value they were made with. */
export function recordStep(request: StepRequest, backend: RecordingBackend, book: VariableBook, layers: LayerNames, turn: Turn): Recorded {
  const { tf } = request;
  const engine = engineOf(tf);
  const graph = new Graph(request.scope ?? 'step');
  const constants: { value: Value; bits: Uint32Array }[] = [];
  const known = new Map<object, Value>();
  const seed = graph.leaf('seed', [2], 'int32', 'u32');
  const step = graph.leaf('step', [], 'int32', 'u32');
  const scheduled = scheduleRates(request, graph);
  const scalars = (request.scalars ?? []).map((name) => ({ name, value: graph.leaf(name, [], 'float32') }));
  const recording: Recording = {
    rates: new Map(scheduled.map(({ bits, value }) => [bits, value])),
    graph,
    dilated: new Map(),
    seed,
    step,
    draws: new RandomDraws(turn.number, () => describeWhere(graph)),
    distributions: turn.distributions,
    constant(dataId, shape, dtype, bits) {
      const value = known.get(dataId) ?? graph.leaf(`constant_${constants.length + 1}`, shape, dtype);
      if (!known.has(dataId)) constants.push({ value, bits });
      known.set(dataId, value);
      return value;
    },
  };
  backend.recording = recording;
  const columns = request.columns.map(({ name, dtype, shape }) => ({ name, value: graph.leaf(name, [request.batch, ...shape], dtype as TfDtype) }));
  const before = book.entries.map((entry) => {
    const { variable } = entry;
    const value = graph.leaf(book.nameOf(entry), variable.shape, variable.dtype as TfDtype);
    const tensor = tf.keep(engine.makeTensorFromTensorInfo(backend.tensorInfo(value) as never));
    (variable as { dataId: object }).dataId = tensor.dataId;
    return { entry, value };
  });
  const unwatchRandom = recording.draws.watch(tf);
  const unhookLabels = hookLabels(tf, backend, graph, layers);
  const unhookVariables = patch(
    engine,
    'makeVariable',
    (original) =>
      function makeVariable(...args) {
        const variable = original.apply(this, args) as Variable;
        book.add(variable);
        return variable;
      },
  );
  try {
    const inputs = Object.fromEntries([...columns, ...scalars].map(({ name, value }) => [name, engine.makeTensorFromTensorInfo(backend.tensorInfo(value) as never)]));
    const metrics = request.train(inputs);
    const outputs = Object.entries(metrics).map(([name, tensor]: [string, Tensor]) => ({ name, value: backend.recordedValue(tensor as never) }));
    const variables = before.map(({ entry, value }) => ({ entry, before: value, after: backend.recordedValue(entry.variable as never) }));
    return { graph, columns, seed, step, rates: [...scheduled, ...scalars], variables, constants, outputs, draws: recording.draws };
  } finally {
    unhookVariables();
    unhookLabels();
    unwatchRandom();
    for (const { restore } of scheduled) restore();
  }
}
