/**
 * A Program is one training step as data: a static list of loop nests over typed tensors.
 *
 *     out[i] = reduce over r of  body( read_0[index_0(i, r)], read_1[index_1(i, r)], ... )
 *
 * i ranges over `Operation.shape`, r over `Operation.extents`. Nothing here executes anything;
 * SPEC.md section P holds the rules, and numerics/ is the law of what each part means.
 *
 * Values are handled as 32-bit patterns everywhere (`Uint32Array`), so that "equal" means equal bits.
 */

export type DType = 'f32' | 'i32' | 'u32';

/** How `mac` rounds its operands (SPEC N4). Part of the Program's hash. */
export type Profile = 'f12' | 'e11' | 'e10';

export interface TensorSpec {
  /** Unique in the Program, for people: `dense_1/kernel`, `dense_1/kernel/grad`. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/**
 * (offset + sum of coefficient * axis) / div. Axes 0..rank-1 are output axes, then the reduced axes.
 * With `exact`, a numerator that div does not divide is outside (transposed convolution);
 * without it the quotient is floored (nearest upsampling). div >= 1.
 */
export interface Affine {
  readonly terms: readonly (readonly [axis: number, coefficient: number])[];
  readonly offset: number;
  readonly div: number;
  readonly exact: boolean;
}

/** The coordinate is the value of an earlier read of the same operation, of an integer dtype. Out of range is an error of the run. */
export interface Gather {
  readonly gather: number;
}

export type Index = Affine | Gather;

export interface Read {
  readonly tensor: number;
  /** The tensor seen in this shape (row-major, same element count): reshapes cost nothing. */
  readonly view: readonly number[];
  /** One per dimension of `view`. */
  readonly index: readonly Index[];
  /** Bits that the read gives where an affine coordinate is outside the view. 0 for padding, -Inf for max pooling. */
  readonly fill: number;
}

export type Reduce = 'none' | 'sum' | 'max' | 'argmax' | 'mac';

/**
 * One line of a body in single static assignment form; `args` name earlier lines.
 * Integer arithmetic wraps. Comparisons give i32 0 or 1. Meaning of each: SPEC N2, N3.
 */
export type Instruction =
  | { readonly op: 'const'; readonly dtype: DType; readonly bits: number }
  | { readonly op: 'read'; readonly read: number }
  /** Value of an iteration axis, i32. */
  | { readonly op: 'axis'; readonly axis: number }
  | { readonly op: BodyOp; readonly args: readonly number[] };

export const BODY_OPS = [
  // f32, correctly rounded, then canonical
  'add',
  'sub',
  'mul',
  'div',
  'sqrt',
  'min',
  'max',
  'neg',
  'abs',
  'floor',
  'round',
  // f32, defined sequences of the above (SPEC N3)
  'exp',
  'log',
  'log1p',
  'expm1',
  'tanh',
  'sigmoid',
  'softplus',
  'erf',
  'sin',
  'cos',
  'pow',
  'rsqrt',
  // f32 comparisons -> i32; any with NaN is 0
  'feq',
  'flt',
  'fle',
  // integer (i32 or u32 alike unless named), wrapping
  'iadd',
  'isub',
  'imul',
  'umulhi',
  'iand',
  'ior',
  'ixor',
  'shl',
  'ushr',
  'sshr',
  'ieq',
  'ilt',
  'ile',
  'ult',
  'ule',
  // select(condition i32, if non-zero, if zero)
  'select',
  // conversions: nearest even to f32; truncating and saturating from f32, NaN -> 0; bit casts
  'i2f',
  'u2f',
  'f2i',
  'f2u',
  'f2bits',
  'bits2f',
  'i2u',
  'u2i',
] as const;
export type BodyOp = (typeof BODY_OPS)[number];

/** Those that are lists of the others (SPEC N3). */
export const DEFINED_OPS: ReadonlySet<string> = new Set<BodyOp>(['exp', 'log', 'log1p', 'expm1', 'tanh', 'sigmoid', 'softplus', 'erf', 'sin', 'cos', 'pow', 'rsqrt']);

export interface Operation {
  /** In words, for people and disputes: `conv2d_1, gradient of the filter`. */
  readonly label: string;
  /** Tensor written. Its element count is the product of `shape`; each tensor is written at most once. */
  readonly out: number;
  readonly shape: readonly number[];
  readonly reduce: Reduce;
  readonly extents: readonly number[];
  readonly reads: readonly Read[];
  readonly body: readonly Instruction[];
  /** Body lines that are the value: one, or two (the factors) for mac. argmax writes an i32 flat index over extents. */
  readonly results: readonly number[];
}

/** Where a per-step input comes from. All of them are functions of the job and the step: nothing is chosen by a solver. */
export type InputSource =
  | { readonly kind: 'column'; readonly column: string }
  /** Global step number (round * stepsPerRound + step), u32 scalar. Key of Philox counters too. */
  | { readonly kind: 'step' }
  /** Two u32 words: job seed xor slot and round (SPEC T3). */
  | { readonly kind: 'seed' }
  /** f32 scalar: learning-rate schedule value, a table indexed by global step in the job. */
  | { readonly kind: 'schedule'; readonly name: string }
  /** Passed by the caller: outer step, quantisation. */
  | { readonly kind: 'argument'; readonly name: string };

/** trained: takes the outer step; averaged: plainly averaged (batch-norm statistics); local: restarts each round at `fill`. */
export type StateRole = 'trained' | 'averaged' | 'local';

export interface StateSlot {
  readonly tensor: number;
  /** Tensor that holds the value after the step (may equal `tensor` where the step leaves it alone). */
  readonly next: number;
  readonly role: StateRole;
  /** Initial bits of every element; used for `local` (others come from G_r). */
  readonly fill: number;
}

export interface Program {
  readonly profile: Profile;
  readonly tensors: readonly TensorSpec[];
  readonly inputs: readonly { readonly tensor: number; readonly source: InputSource }[];
  readonly state: readonly StateSlot[];
  /** Tensors read back after each step: for training Programs the scalar metrics, `loss` first. */
  readonly outputs: readonly { readonly tensor: number; readonly name: string }[];
  readonly operations: readonly Operation[];
}
