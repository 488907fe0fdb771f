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
/** About a posted root: of whoever posted it, or of whoever challenges a right one. */
export const ROOT_LIES = ['root not of the outer step', 'wrong outer step', 'outer step of another delta', 'root with a wrong header', 'root without slots'] as const;
export const FALSE_ROOT_CHALLENGES = ['lying challenger of a root', 'reckless challenger of a root'] as const;
/** How a liar, by one of the lies above, behaves. */
export const BEHAVIOURS = ['refuses to answer', 'withholds hashes', 'answers late', 'posts a root of nothing'] as const;
/** The solver is honest. */
export const FALSE_CHALLENGES = ['lying challenger', 'reckless challenger', 'silent challenger', 'challenger that demands everything'] as const;

export type AccountLie = (typeof ARITHMETIC_LIES)[number] | (typeof STEP_LIES)[number] | (typeof DELTA_LIES)[number];
export type RootLie = (typeof ROOT_LIES)[number] | (typeof FALSE_ROOT_CHALLENGES)[number];
export type LieKind = AccountLie | RootLie | (typeof BEHAVIOURS)[number] | (typeof FALSE_CHALLENGES)[number];
export const LIES: readonly LieKind[] = [...ARITHMETIC_LIES, ...STEP_LIES, ...DELTA_LIES, ...ROOT_LIES, ...BEHAVIOURS, ...FALSE_CHALLENGES, ...FALSE_ROOT_CHALLENGES];
