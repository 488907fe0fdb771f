import type { Optimizer, Tensor, Tf, Variable } from './tfjs.ts';
import { engineOf } from './tfjs.ts';

export interface AdamWSettings {
  readonly learningRate: number;
  readonly beta1?: number;
  readonly beta2?: number;
  readonly epsilon?: number;
  readonly weightDecay?: number;
  /** Which variables decay, by name; all by default. Biases and norms are often left out. */
  readonly decays?: (name: string) => boolean;
}

/** What tfjs lacks for training, in its own operations: the second argument of an authored step. */
export interface TrainingTools {
  /** Adam with decoupled weight decay (Loshchilov and Hutter 2019): theta shrinks by rate * decay before Adam's update. */
  adamW(settings: AdamWSettings): Optimizer;
  /** Before each update: theta = theta - rate * decay * theta. */
  decayWeights<T extends Optimizer>(optimizer: T, weightDecay: number, decays?: (name: string) => boolean): T;
  /** Each element of each gradient is cut to [-limit, limit]. */
  clipByValue<T extends Optimizer>(optimizer: T, limit: number): T;
  /** All gradients are scaled by min(1, limit / their norm together). */
  clipByGlobalNorm<T extends Optimizer>(optimizer: T, limit: number): T;
  /** The optimizer's learning rate becomes an input of the Program, by this name: a table by step in the job. */
  schedule<T extends Optimizer>(optimizer: T, name?: string): T;
}

export interface NamedSchedule {
  readonly name: string;
  readonly optimizer: Optimizer;
}

interface NamedGradient {
  readonly name: string;
  readonly tensor: Tensor;
}

/** tfjs hands gradients over as a list or by name. */
function listed(gradients: unknown): NamedGradient[] {
  if (Array.isArray(gradients)) return gradients as NamedGradient[];
  return Object.entries(gradients as Record<string, Tensor>).map(([name, tensor]) => ({ name, tensor }));
}

/** `change` sees the gradients just before the update. Gradients that are null (unused variables) stay out of it. */
function before<T extends Optimizer>(tf: Tf, optimizer: T, change: (gradients: readonly NamedGradient[]) => NamedGradient[]): T {
  const apply = optimizer.applyGradients.bind(optimizer);
  optimizer.applyGradients = (gradients) =>
    tf.tidy(() => {
      apply(change(listed(gradients).filter(({ tensor }) => tensor)));
    });
  return optimizer;
}

function clippedByNorm(tf: Tf, gradients: readonly NamedGradient[], limit: number): NamedGradient[] {
  const norm = tf.sqrt(tf.addN(gradients.map(({ tensor }) => tf.sum(tf.square(tensor)))));
  // max(norm, limit) is never 0, so this is min(1, limit / norm) without a division by 0.
  const scale = tf.div(limit, tf.maximum(norm, limit));
  return gradients.map(({ name, tensor }) => ({ name, tensor: tf.mul(tensor, scale) }));
}

/** Tools for one authored step; `schedules` fills as `schedule` is called. */
export function trainingTools(tf: Tf): TrainingTools & { readonly schedules: readonly NamedSchedule[] } {
  const schedules: NamedSchedule[] = [];
  const decayWeights: TrainingTools['decayWeights'] = (optimizer, weightDecay, decays = () => true) =>
    before(tf, optimizer, (gradients) => {
      const { learningRate } = optimizer as unknown as { learningRate: number };
      const variables = engineOf(tf).state.registeredVariables;
      for (const { name } of gradients) {
        const variable = variables[name] as Variable;
        if (decays(name)) variable.assign(tf.sub(variable, tf.mul(variable, tf.mul(tf.scalar(learningRate), weightDecay))));
      }
      return [...gradients];
    });
  return {
    schedules,
    decayWeights,
    adamW: ({ learningRate, beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0.01, decays }) =>
      decayWeights(tf.train.adam(learningRate, beta1, beta2, epsilon), weightDecay, decays),
    clipByValue: (optimizer, limit) => before(tf, optimizer, (gradients) => gradients.map(({ name, tensor }) => ({ name, tensor: tf.clipByValue(tensor, -limit, limit) }))),
    clipByGlobalNorm: (optimizer, limit) => before(tf, optimizer, (gradients) => clippedByNorm(tf, gradients, limit)),
    schedule: (optimizer, name = 'learningRate') => {
      schedules.push({ name, optimizer });
      return optimizer;
    },
  };
}
