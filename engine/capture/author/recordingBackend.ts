import { bitsOf } from '../graph/canonical.ts';
import type { Graph } from '../graph/graph.ts';
import type { Node, TfDtype, Value } from '../graph/node.ts';
import { programDtype } from '../graph/node.ts';
import { elementwise } from '../lower/broadcast.ts';
import { LOWERINGS } from '../lower/lowerings.ts';
import { identityMatrix, progression } from '../lower/movement.ts';
import { isDilated } from './ownGradients.ts';
import type { Distribution, RandomDraws } from './randomDraws.ts';
import { randomTensor } from './randomTensors.ts';
import type { Tf } from './tfjs.ts';

export const RECORDER = 'tutti-recorder';

type Numbers = ArrayLike<number>;

interface Entry {
  refs: number;
  readonly shape: readonly number[];
  readonly dtype: string;
  /** Known numbers: written from JavaScript, or moved here from another backend. */
  readonly numbers: Numbers | null;
  readonly isFromOutside: boolean;
  /** The random tensor that it is, of those of one run. */
  readonly draw: { readonly of: RandomDraws; readonly number: number } | null;
  /** The value in the graph being recorded, once some kernel asked for it. */
  value: { graph: Graph; value: Value } | null;
}

interface TensorInfo {
  readonly dataId: object;
  readonly shape: number[];
  readonly dtype: string;
}

/** What a recording in progress gives the backend. */
export interface Recording {
  readonly graph: Graph;
  /** Job seed, u32 [2], and global step, u32 scalar: keys of random numbers. */
  readonly seed: Value;
  readonly step: Value;
  readonly draws: RandomDraws;
  /** Of each draw, once they are known. */
  readonly distributions: readonly Distribution[] | null;
  /** Learning rates that are inputs, by the bits that stand for them while recording. */
  readonly rates: ReadonlyMap<number, Value>;
  /** Attributes of fused dilated convolutions, by their output: their gradient is capture's own. */
  readonly dilated: Map<Node, object>;
  /** A tensor that existed before the step and is no variable: becomes a constant of the job's state. */
  constant(dataId: object, shape: readonly number[], dtype: TfDtype, bits: Uint32Array): Value;
}

export function bitsOfNumbers(numbers: Numbers, dtype: string): Uint32Array {
  const isFloat = programDtype(dtype) === 'f32';
  return Uint32Array.from({ length: numbers.length }, (_, k) => (isFloat ? bitsOf(numbers[k] ?? 0) : (numbers[k] ?? 0) >>> 0));
}

/** Whole numbers start, start + step, ...: lowered from the axis. */
function progressionOf(numbers: Numbers): { start: number; step: number } | null {
  const [start = 0, second = 0] = [numbers[0], numbers[1]];
  const step = second - start;
  if (![start, step].every((value) => Number.isInteger(value) && Math.abs(value) < 2 ** 23)) return null;
  for (let k = 0; k < numbers.length; k++) if (numbers[k] !== start + k * step) return null;
  return Math.abs(start + numbers.length * step) < 2 ** 24 ? { start, step } : null;
}

/** What tf.eye makes. */
function isIdentity(shape: readonly number[], numbers: Numbers): boolean {
  const [rows = 0, columns = 0] = shape;
  return shape.length === 2 && Array.from({ length: rows * columns }, (_, k) => numbers[k] === (Math.floor(k / columns) === k % columns ? 1 : 0)).every(Boolean);
}

/** Records instead of computing. One instance a tfjs module; `recording` is set while a step is recorded. */
export interface RecordingBackend {
  recording: Recording | null;
  /** A tensor handle of tfjs for a value. */
  tensorInfo(value: Value): TensorInfo;
  recordedValue(info: { readonly dataId: object; readonly shape: readonly number[]; readonly dtype: string }): Value;
}

const backends = new WeakMap<object, RecordingBackend>();

/** The recording backend of this tfjs module, registered on first use with every kernel. */
export function recordingBackendOf(tf: Tf): RecordingBackend {
  const known = backends.get(tf.KernelBackend);
  if (known) return known;
  const backend = makeBackend(tf);
  // Priority 0: never chosen by itself.
  tf.registerBackend(RECORDER, () => backend as never, 0);
  const names = new Set([...Object.keys(LOWERINGS), ...tf.getKernelsForBackend('cpu').map((kernel) => kernel.kernelName)]);
  for (const kernelName of names) {
    tf.registerKernel({ kernelName, backendName: RECORDER, kernelFunc: ({ inputs, attrs }) => runKernel(tf, backend, kernelName, inputs ?? {}, attrs) as never });
  }
  backends.set(tf.KernelBackend, backend);
  return backend;
}

/** The layer that is at work, in words. */
export function describeWhere(graph: Graph): string {
  const { scope, part } = graph.where;
  return part ? `${scope} (${part})` : scope;
}

function runKernel(tf: Tf, backend: RecordingBackend, kernelName: string, inputs: object, attrs: unknown): TensorInfo | TensorInfo[] {
  const recording = backend.recording;
  if (!recording) throw new Error(`kernel ${kernelName} ran on the recording backend outside of a capture`);
  const lowering = LOWERINGS[kernelName];
  const where = describeWhere(recording.graph);
  if (!lowering) throw new Error(`no exact lowering for kernel ${kernelName}, used by layer ${where}`);
  const values: Record<string, Value> = {};
  for (const [name, info] of Object.entries(inputs as Record<string, TensorInfo | null | undefined>)) {
    if (info) values[name] = backend.recordedValue(info);
  }
  try {
    const result = lowering({ graph: recording.graph, tf, inputs: values, attrs });
    if (kernelName === 'FusedConv2D' && !Array.isArray(result) && isDilated(attrs as Record<string, unknown>)) recording.dilated.set(result.node, attrs as object);
    return Array.isArray(result) ? result.map((value) => backend.tensorInfo(value)) : backend.tensorInfo(result);
  } catch (error) {
    throw new Error(`no exact lowering for kernel ${kernelName}, used by layer ${where}: ${(error as Error).message}`, { cause: error });
  }
}

function makeBackend(tf: Tf): RecordingBackend {
  class Backend extends tf.KernelBackend implements RecordingBackend {
    recording: Recording | null = null;
    private readonly entries = new WeakMap<object, Entry>();
    private count = 0;
    private readonly mover = new tf.DataStorage(this, tf.engine());

    override epsilon(): number {
      return 1e-7;
    }
    override floatPrecision(): 16 | 32 {
      return 32;
    }
    override timerAvailable(): boolean {
      return false;
    }
    override numDataIds(): number {
      return this.count;
    }
    override memory() {
      return { unreliable: true };
    }
    override dispose(): void {
      this.recording = null;
    }

    private put(dataId: object, entry: Entry): object {
      this.count++;
      this.entries.set(dataId, entry);
      return dataId;
    }
    override write(values: unknown, shape: number[], dtype: string): object {
      const of = this.recording?.draws;
      const number = of?.written(values as Numbers, dtype) ?? null;
      const draw = of && number !== null ? { of, number } : null;
      return this.put({}, { refs: 1, shape, dtype, draw, numbers: values as Numbers, isFromOutside: false, value: null });
    }
    override move(dataId: object, values: unknown, shape: number[], dtype: string, refs: number): void {
      this.mover.set(dataId, true);
      this.put(dataId, { refs, shape, dtype, numbers: values as Numbers, draw: null, isFromOutside: true, value: null });
    }
    override refCount(dataId: object): number {
      return this.entries.get(dataId)?.refs ?? 0;
    }
    override incRef(dataId: object): void {
      this.entry(dataId).refs++;
    }
    decRef(dataId: object): void {
      this.entry(dataId).refs--;
    }
    override disposeData(dataId: object, force = false): boolean {
      const entry = this.entries.get(dataId);
      if (!entry) return true;
      entry.refs--;
      if (!force && entry.refs > 0) return false;
      this.entries.delete(dataId);
      if (this.mover.has(dataId)) this.mover.delete(dataId);
      this.count--;
      return true;
    }
    override readSync(dataId: object): never {
      return this.numbers(dataId) as never;
    }
    override async read(dataId: object): Promise<never> {
      return this.numbers(dataId) as never;
    }

    private numbers(dataId: object): Numbers {
      const entry = this.entry(dataId);
      if (entry.numbers) return entry.numbers;
      const where = this.recording ? describeWhere(this.recording.graph) : 'the captured step';
      throw new Error(
        `${where} reads a tensor's numbers in mid-step (dataSync, data, print, array): a Program has no JavaScript in it. Express the choice with tensors (tf.where), or take the read out of the step`,
      );
    }

    private entry(dataId: object): Entry {
      // A tensor of another backend: get() has tfjs move it here, through `move`.
      if (!this.entries.has(dataId)) this.mover.get(dataId);
      const entry = this.entries.get(dataId);
      if (!entry) throw new Error('a tensor that was disposed is used again');
      return entry;
    }

    tensorInfo(value: Value): TensorInfo {
      const graph = this.recording?.graph;
      if (!graph) throw new Error('tensors are made while recording only');
      const shape = [...value.shape];
      const dataId = this.put({}, { refs: 1, shape, dtype: value.dtype, numbers: null, draw: null, isFromOutside: false, value: { graph, value } });
      return { dataId, shape, dtype: value.dtype };
    }

    recordedValue(info: TensorInfo): Value {
      const recording = this.recording;
      if (!recording) throw new Error('values are asked for while recording only');
      const entry = this.entry(info.dataId);
      if (entry.value?.graph !== recording.graph) {
        if (!entry.numbers || (entry.draw && entry.draw.of !== recording.draws))
          throw new Error(
            `${describeWhere(recording.graph)} uses a tensor that an earlier run of the step made (a stateful layer, or one kept in JavaScript): between steps only variables are kept. Keep it in a tf.variable, or make it in each step`,
          );
        entry.value = { graph: recording.graph, value: this.known(recording, info.dataId, entry, entry.numbers) };
      }
      return { ...entry.value.value, shape: info.shape, dtype: info.dtype as TfDtype };
    }

    private drawn({ graph, seed, step, draws, distributions }: Recording, draw: number, shape: readonly number[]): Value {
      return randomTensor(graph, seed, step, draw, shape, distributions?.[draw] ?? draws.standardOf(draw));
    }

    private rateOf(recording: Recording, dtype: TfDtype, bits: Uint32Array): Value | null {
      if (bits.length !== 1 || dtype !== 'float32') return null;
      const word = bits[0] ?? 0;
      const rate = recording.rates.get(word & 0x7fffffff);
      if (!rate) return null;
      return word >>> 31 === 0 ? rate : elementwise(recording.graph, 'sign change', 'float32', [rate], (loop, line) => loop.op('neg', line));
    }

    /** Known numbers as a constant, a progression, or refused. */
    private known(recording: Recording, dataId: object, entry: Entry, numbers: Numbers): Value {
      const dtype = entry.dtype as TfDtype;
      if (entry.draw) return this.drawn(recording, entry.draw.number, entry.shape);
      const bits = bitsOfNumbers(numbers, dtype);
      const rate = this.rateOf(recording, dtype, bits);
      if (rate) return rate;
      if (bits.every((word) => word === bits[0])) return recording.graph.uniform(dtype, bits[0] ?? 0, entry.shape);
      const steady = progressionOf(numbers);
      if (steady) return progression(recording.graph, entry.shape, steady.start, steady.step, dtype);
      if (isIdentity(entry.shape, numbers) && dtype === 'float32') return identityMatrix(recording.graph, entry.shape[0] ?? 1, entry.shape[1] ?? 1);
      if (entry.isFromOutside) return recording.constant(dataId, entry.shape, dtype, bits);
      throw new Error(
        `a tensor [${entry.shape.join(', ')}] with data of its own was made from JavaScript inside the step by ${describeWhere(recording.graph)}. ` +
          'Make it before the step, compute it with tensor operations, or take it from the batch (random numbers: tf.randomUniform, tf.randomNormal, dropout and noise layers without a seed of their own)',
      );
    }
  }
  return new Backend();
}
