import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import type { Bits } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import { validateProgram } from '#engine/program/validateProgram.ts';
import { withAuthoringBackend } from '../author/authoringBackend.ts';
import type { Distribution } from '../author/randomDraws.ts';
import type { Tensor, Tf } from '../author/tfjs.ts';
import type { Authored, AuthoredModel } from '../captureAuthored.ts';
import { authorSeeded, captureAuthored, minimisingStep } from '../captureAuthored.ts';
import { fromBits, toBits } from './runCaptured.ts';
import { withMissingGradients, withRoundedOperands } from './stockProducts.ts';
import { SEED, withProgramRandomness } from './stockRandomness.ts';
import type { BatchData, ZooModel } from './zoo/zooModel.ts';
import { batchAt, isList, tensorsOf } from './zoo/zooModel.ts';

/** First weights of every run that is compared. */
const WEIGHT_SEED = 5;

export interface Followed {
  readonly program: Program;
  /** Loss of each step: the captured Program on the reference executor, */
  readonly reference: readonly number[];
  /** stock tfjs, CPU backend, float32, */
  readonly stock: readonly number[];
  /** and stock tfjs with the operands of its products rounded to 12 bits. */
  readonly rounded: readonly number[];
}

/** A learning rate that falls, for models whose rate is an input. */
function rateAt(step: number): number {
  return Math.fround(0.02 / (1 + step / 8));
}

function authorOf(tf: Tf, model: ZooModel, turn: number) {
  return async (given: Tf, tools: Parameters<ZooModel['author']>[1]): Promise<Authored> => {
    const batch = tensorsOf(tf, batchAt(model, turn));
    return { ...model.author(given, tools, batch), batch } as unknown as Authored;
  };
}

/** Column bits as the Program names them: lists become `xs_0`, `xs_1`. */
function columnsOf(data: BatchData): Record<string, Bits> {
  return Object.fromEntries(
    Object.entries(data).flatMap(([name, value]) =>
      isList(value) ? value.map((part, k) => [`${name}_${k}`, toBits(part.values, part.dtype)] as const) : [[name, toBits(value.values, value.dtype)] as const],
    ),
  );
}

function inputsAt(program: Program, model: ZooModel, step: number): Bits[] {
  const columns = columnsOf(batchAt(model, step));
  return program.inputs.map(({ source }) => {
    if (source.kind === 'column') return columns[source.column] ?? new Uint32Array(0);
    if (source.kind === 'seed') return Uint32Array.from(SEED);
    if (source.kind === 'step') return Uint32Array.of(step);
    return columns[source.name] ?? toBits([rateAt(step)], 'float32');
  });
}

async function runReference(tf: Tf, model: ZooModel, steps: number): Promise<{ program: Program; draws: readonly Distribution[]; losses: number[] }> {
  const { program, state, draws } = await captureAuthored(tf, authorOf(tf, model, 0), { seed: WEIGHT_SEED });
  validateProgram(program);
  const run = await referenceExecutor.prepare(program);
  await run.load(state.map((slot) => slot.initial));
  const outputs = await run.run(Array.from({ length: steps }, (_, step) => inputsAt(program, model, step)));
  run.dispose();
  return { program, draws, losses: outputs.map((out) => fromBits(out[0] ?? new Uint32Array(1), 'f32')[0] ?? Number.NaN) };
}

async function stockModelStep({ model }: AuthoredModel, batch: Record<string, Tensor | Tensor[]>): Promise<number> {
  const value = await model.trainOnBatch(batch.xs as Tensor, batch.ys as Tensor);
  return Array.isArray(value) ? (value[0] ?? Number.NaN) : value;
}

async function runStock(tf: Tf, model: ZooModel, steps: number, draws: readonly Distribution[]): Promise<number[]> {
  const { authored, schedules } = await authorSeeded(tf, authorOf(tf, model, 0), WEIGHT_SEED);
  if ('model' in authored) authored.model.compile({ optimizer: authored.optimizer, loss: authored.loss as never });
  const losses: number[] = [];
  for (let step = 0; step < steps; step++) {
    for (const { optimizer } of schedules) {
      const target = optimizer as unknown as { learningRate: number; setLearningRate?: (rate: number) => void };
      if (target.setLearningRate) target.setLearningRate(rateAt(step));
      else target.learningRate = rateAt(step);
    }
    const batch = tensorsOf(tf, batchAt(model, step));
    losses.push(
      await withProgramRandomness(tf, step, draws, async () =>
        'model' in authored ? stockModelStep(authored, batch) : (minimisingStep(authored)(batch as never).loss?.dataSync()[0] ?? Number.NaN),
      ),
    );
  }
  return losses;
}

/** Trains `model` for some steps three ways on the same data, weights and random numbers. Errors: what capture refuses. */
export async function followStock(tf: Tf, model: ZooModel, steps: number): Promise<Followed> {
  return withAuthoringBackend(tf, async () => {
    try {
      const { program, draws, losses } = await runReference(tf, model, steps);
      tf.disposeVariables();
      const stock = await withMissingGradients(tf, () => runStock(tf, model, steps, draws));
      tf.disposeVariables();
      const rounded = await withMissingGradients(tf, () => withRoundedOperands(tf, () => runStock(tf, model, steps, draws)));
      return { program, reference: losses, stock, rounded };
    } finally {
      tf.disposeVariables();
    }
  });
}

/** The largest difference of two runs' losses, relative to the second's, with a floor of a thousandth of its first loss. */
export function worstDifference(losses: readonly number[], from: readonly number[]): number {
  const floor = 1e-3 * Math.abs(from[0] ?? 0);
  return Math.max(...from.map((value, step) => Math.abs((losses[step] ?? Number.NaN) - value) / Math.max(Math.abs(value), floor)));
}

/**
 * What 12-bit operands explain of a difference from stock: twice what they do in stock's own kernels, and 1e-4, as
 * sums of another order make some operands round the other way.
 */
export function explainedBound(rounded: readonly number[], stock: readonly number[]): number {
  return 2 * worstDifference(rounded, stock) + 1e-4;
}
