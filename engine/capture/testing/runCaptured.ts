import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import type { Bits } from '#engine/program/executor.ts';
import type { DType, Program } from '#engine/program/program.ts';
import { validateProgram } from '#engine/program/validateProgram.ts';
import type { Tensor, Tf } from '../author/tfjs.ts';
import type { CapturedStep, Column } from '../captureStep.ts';
import { captureStep } from '../captureStep.ts';

export interface NamedInput {
  readonly name: string;
  readonly dtype: 'float32' | 'int32';
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

export function toBits(values: ArrayLike<number>, dtype: 'float32' | 'int32'): Bits {
  return new Uint32Array((dtype === 'float32' ? Float32Array.from(values) : Int32Array.from(values)).buffer);
}

export function fromBits(bits: Bits, dtype: DType): number[] {
  const words = bits.slice();
  return [...(dtype === 'f32' ? new Float32Array(words.buffer) : dtype === 'i32' ? new Int32Array(words.buffer) : words)];
}

/** Bits for each Program input, by column name. */
export function inputsFor(program: Program, columns: Readonly<Record<string, Bits>>): Bits[] {
  return program.inputs.map(({ source }) => {
    if (source.kind === 'column') return columns[source.column] ?? new Uint32Array(0);
    if (source.kind === 'seed') return Uint32Array.of(17, 42);
    return Uint32Array.of(0);
  });
}

export interface RunResult {
  readonly program: Program;
  readonly reference: number[];
  readonly stock: number[];
}

/** A function of tensors, captured and run on the reference executor, beside tfjs's CPU backend. */
export async function runBoth(tf: Tf, inputs: readonly NamedInput[], compute: (...tensors: Tensor[]) => Tensor): Promise<RunResult> {
  const columns: Column[] = inputs.map(({ name, dtype, shape }) => ({ name, dtype, shape }));
  const captured: CapturedStep = await captureStep({
    tf,
    weights: [],
    optimizers: [],
    columns,
    batch: 1,
    train: (tensors) => ({ out: compute(...inputs.map(({ name, shape }) => tf.reshape(tensors[name] as Tensor, [...shape]))) }),
  });
  const { program } = captured;
  validateProgram(program);
  const run = await referenceExecutor.prepare(program);
  await run.load(captured.state.map((slot) => slot.initial));
  const bits = Object.fromEntries(inputs.map((input) => [input.name, toBits(input.values, input.dtype)]));
  const [outputs] = await run.run([inputsFor(program, bits)]);
  const out = program.outputs[0];
  const dtype = program.tensors[out?.tensor ?? 0]?.dtype ?? 'f32';
  await tf.setBackend('cpu');
  const stock = tf.tidy(() => [...compute(...inputs.map(({ values, shape, dtype: kind }) => tf.tensor([...values], [...shape], kind))).dataSync()]);
  return { program, reference: fromBits(outputs?.[0] ?? new Uint32Array(0), dtype), stock };
}
