/** The game as data (SPEC D6, D9, D10): who may do what in which phase, and where it may lead. Solidity has the same table. */

export type Side = 'challenger' | 'defender';

export const PHASES = ['segment', 'sealed', 'opening', 'steps', 'claim', 'fault', 'tensor', 'prefixes', 'term', 'answer', 'over'] as const;
export type Phase = (typeof PHASES)[number];

export const MOVES = [
  'chooseSegment',
  'askCheckpoint',
  'revealCheckpoint',
  'openSegment',
  'openStep',
  'faultStart',
  'claimStep',
  'faultHeader',
  'faultState',
  'faultPoison',
  'nameInput',
  'nameOperation',
  'nameWord',
  'commitPrefixes',
  'openTerm',
  'demand',
  'answer',
  'timeout',
  'claimDelta',
  'faultInput',
] as const;
export type MoveKind = (typeof MOVES)[number];

export interface Transition {
  readonly phase: Phase;
  readonly move: MoveKind;
  /** Whose turn it is; only that side may make the move, but for `open` ones. */
  readonly by: Side;
  /** Bonds (D11). */
  readonly depth: 0 | 1 | 2 | 3;
  readonly next: readonly Phase[];
  /** Anyone may make it: what it says is bound to a hash. */
  readonly open?: true;
}

export const transitions: readonly Transition[] = [
  { phase: 'segment', move: 'chooseSegment', by: 'challenger', depth: 0, next: ['opening'] },
  { phase: 'segment', move: 'askCheckpoint', by: 'challenger', depth: 0, next: ['sealed'] },
  { phase: 'sealed', move: 'revealCheckpoint', by: 'defender', depth: 0, next: ['segment'], open: true },
  { phase: 'opening', move: 'openSegment', by: 'defender', depth: 0, next: ['steps'] },
  { phase: 'opening', move: 'claimDelta', by: 'defender', depth: 1, next: ['fault'] },
  { phase: 'steps', move: 'openStep', by: 'challenger', depth: 1, next: ['claim', 'over'] },
  { phase: 'steps', move: 'faultStart', by: 'challenger', depth: 1, next: ['over'] },
  { phase: 'steps', move: 'demand', by: 'challenger', depth: 1, next: ['answer'] },
  { phase: 'claim', move: 'claimStep', by: 'defender', depth: 1, next: ['fault'] },
  { phase: 'fault', move: 'faultHeader', by: 'challenger', depth: 2, next: ['over'] },
  { phase: 'fault', move: 'faultState', by: 'challenger', depth: 2, next: ['over'] },
  { phase: 'fault', move: 'faultPoison', by: 'challenger', depth: 2, next: ['over'] },
  { phase: 'fault', move: 'faultInput', by: 'challenger', depth: 2, next: ['over'] },
  { phase: 'fault', move: 'nameInput', by: 'challenger', depth: 2, next: ['tensor'] },
  { phase: 'fault', move: 'nameOperation', by: 'challenger', depth: 2, next: ['tensor'] },
  { phase: 'fault', move: 'demand', by: 'challenger', depth: 2, next: ['answer'] },
  { phase: 'tensor', move: 'nameWord', by: 'challenger', depth: 2, next: ['prefixes', 'over'] },
  { phase: 'tensor', move: 'demand', by: 'challenger', depth: 2, next: ['answer'] },
  { phase: 'prefixes', move: 'commitPrefixes', by: 'defender', depth: 3, next: ['term'] },
  { phase: 'term', move: 'openTerm', by: 'challenger', depth: 3, next: ['over'] },
  { phase: 'term', move: 'demand', by: 'challenger', depth: 3, next: ['answer'] },
  { phase: 'answer', move: 'answer', by: 'defender', depth: 0, next: ['steps', 'fault', 'tensor', 'term'], open: true },
  ...PHASES.filter((phase) => phase !== 'over').map((phase): Transition => ({ phase, move: 'timeout', by: turnOf(phase), depth: 0, next: ['over'], open: true })),
];

/** Who is to move. */
export function turnOf(phase: Phase): Side {
  return phase === 'sealed' || phase === 'opening' || phase === 'claim' || phase === 'prefixes' || phase === 'answer' ? 'defender' : 'challenger';
}
