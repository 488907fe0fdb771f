/** The kinds of lie that the honest side must beat, each with how it is told and which rounds can hold it. */
export const ARITHMETIC_LIES = ['wrong value', 'wrong operand', 'wrong order', 'wrong index', 'NaN', 'denormal', 'minus zero', 'off-by-one block'] as const;
export const STEP_LIES = [
  'swapped batch rows',
  'stale state',
  'wrong generator counter',
  'state not of the trace',
  'wrong header',
  'non-zero padding',
  'wrong start',
  'hidden poison',
  'false poison',
  'risen from poison',
] as const;
/** Of a solver whose every step is right. */
export const DELTA_LIES = [
  'delta not of its step',
  'wrong quantisation',
  'delta of other weights',
  'delta with a wrong header',
  'delta said to be poison',
  'gift after poison',
] as const;
/** How a liar, by one of the lies above, behaves. */
export const BEHAVIOURS = ['refuses to answer', 'withholds hashes', 'answers late', 'posts a root of nothing'] as const;
/** The solver is honest. */
export const FALSE_CHALLENGES = ['lying challenger', 'reckless challenger', 'silent challenger', 'challenger that demands everything'] as const;

export type AccountLie = (typeof ARITHMETIC_LIES)[number] | (typeof STEP_LIES)[number] | (typeof DELTA_LIES)[number];
export type LieKind = AccountLie | (typeof BEHAVIOURS)[number] | (typeof FALSE_CHALLENGES)[number];
export const LIES: readonly LieKind[] = [...ARITHMETIC_LIES, ...STEP_LIES, ...DELTA_LIES, ...BEHAVIOURS, ...FALSE_CHALLENGES];
