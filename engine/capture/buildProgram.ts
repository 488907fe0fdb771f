import type { Distribution } from './author/randomDraws.ts';
import type { Recorded } from './author/recordStep.ts';
import type { CapturedState, CapturedStep, StepRequest } from './captureStep.ts';
import { bitsOfNumbers } from './author/recordingBackend.ts';
import type { EmitState } from './graph/emitProgram.ts';
import { copyOf, emitProgram, labelUpdates } from './graph/emitProgram.ts';
import { fuse } from './graph/fuse.ts';
import type { Graph } from './graph/graph.ts';
import { refuseUnlistedUpdates } from './unlistedVariables.ts';
import type { Node } from './graph/node.ts';

interface Slot {
  readonly state: CapturedState;
  readonly node: Node;
  readonly after: Node;
  readonly fill: number;
}

/** Bits of a variable before the step. */
function initialBits(variable: Recorded['variables'][number], numbers: ArrayLike<number> | null): Uint32Array {
  const { entry } = variable;
  if (numbers) return bitsOfNumbers(numbers, entry.variable.dtype);
  const source = entry.made?.node.source;
  if (source?.kind !== 'uniform') {
    throw new Error(
      `${variable.before.node.source.kind === 'leaf' ? variable.before.node.source.name : 'a variable'} is made inside the step from values that are not one constant: make it before the step`,
    );
  }
  return new Uint32Array(variable.before.node.size).fill(source.bits);
}

function readNodesOf(graph: Graph): ReadonlySet<Node> {
  return new Set(graph.nodes.flatMap((node) => (node.source.kind === 'loop' ? node.source.reads.map((read) => read.node) : [])));
}

async function slotsOf(recorded: Recorded): Promise<Slot[]> {
  const read = readNodesOf(recorded.graph);
  const slots: Slot[] = [];
  for (const variable of recorded.variables) {
    const { entry, before, after } = variable;
    const isChanged = after.node !== before.node;
    if (!entry.weight && !isChanged && !read.has(before.node)) continue;
    const initial = initialBits(variable, entry.dataId ? await entry.variable.data() : null);
    const isUniform = initial.every((word) => word === initial[0]);
    const role = entry.weight ? (entry.weight.isTrainable && isChanged ? 'trained' : 'averaged') : isUniform && isChanged ? 'local' : 'averaged';
    const name = before.node.source.kind === 'leaf' ? before.node.source.name : '';
    slots.push({ state: { name, role, shape: before.shape, initial }, node: before.node, after: after.node, fill: role === 'local' ? (initial[0] ?? 0) : 0 });
  }
  for (const { value, bits } of recorded.constants) {
    const name = value.node.source.kind === 'leaf' ? value.node.source.name : '';
    slots.push({ state: { name, role: 'averaged', shape: value.shape, initial: bits }, node: value.node, after: value.node, fill: 0 });
  }
  return slots;
}

/** Next values that are their own tensors: a state's next is its own leaf, or a loop that no other state has. */
function emitStates(graph: Graph, slots: readonly Slot[]): EmitState[] {
  const taken = new Set<Node>();
  return slots.map(({ state, node, after, fill }) => {
    const isOwn = after === node || (after.source.kind === 'loop' && !taken.has(after));
    const next = isOwn ? after : copyOf(graph, after, { scope: 'optimizer', part: `update of ${state.name}`, what: 'copy' });
    taken.add(next);
    return { node, next, role: state.role, fill };
  });
}

/** From a recording to the Program with its first state. */
export async function buildProgram(request: StepRequest, recorded: Recorded, draws: readonly Distribution[]): Promise<CapturedStep> {
  refuseUnlistedUpdates(recorded);
  const slots = await slotsOf(recorded);
  const state = emitStates(recorded.graph, slots);
  const outputs = recorded.outputs.map(({ name, value }) => ({
    name,
    node: value.node.source.kind === 'loop' ? value.node : copyOf(recorded.graph, value.node, { scope: 'step', part: '', what: name }),
  }));
  fuse([...state.map((slot) => slot.next), ...outputs.map((output) => output.node)]);
  labelUpdates(state);
  const program = emitProgram({
    graph: recorded.graph,
    profile: request.profile ?? 'f12',
    inputs: [
      ...recorded.columns.map(({ name, value }) => ({ node: value.node, source: { kind: 'column', column: name } as const })),
      { node: recorded.seed.node, source: { kind: 'seed' } },
      { node: recorded.step.node, source: { kind: 'step' } },
      ...recorded.rates.map(({ name, value }) => ({ node: value.node, source: { kind: 'schedule', name } as const })),
    ],
    state,
    outputs,
  });
  const weightOrder = request.weights.map(({ name, modelName, variable }) => {
    const place = slots.findIndex((slot) => slot.state.name === name);
    const global = slots.slice(0, place).filter((slot) => slot.state.role !== 'local').length;
    return { name: modelName ?? name, shape: variable.shape, state: place, global };
  });
  const unused = recorded.rates.find(({ name }) => !program.inputs.some(({ source }) => source.kind === 'schedule' && source.name === name));
  if (unused) throw new Error(`the schedule ${unused.name} changes nothing: its optimizer is not used in the step, or does not read its learning rate`);
  return { program, state: slots.map((slot) => slot.state), weightOrder, draws };
}
