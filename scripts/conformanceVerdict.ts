/** How a stack fared in one case of `npm run conformance`, held against the law. */
import { type Case, compareOutcomes, type Outcome } from '../e2e/conformance/compareCase.ts';

export interface Verdict {
  readonly kind: 'equal' | 'differs' | 'broke down' | 'not compared';
  /** In the matrix. */
  readonly cell: string;
  /** Of the state after the steps that were done. */
  readonly root: string;
  readonly mismatches: number;
  readonly firstDifference: string | null;
}

/** Equal states that nothing was done to say nothing. */
const didNothing = ({ error, outputs }: Outcome): boolean => error !== null && outputs.length === 0;

function equal({ root, error, outputs }: Outcome): Verdict {
  const cell = error === null ? 'equal' : `${error.startsWith('DivergedError') ? 'diverged' : 'bad index'} at step ${outputs.length}`;
  return { kind: 'equal', cell, root, mismatches: 0, firstDifference: null };
}

function notCompared({ error }: Outcome): Verdict {
  return { kind: 'not compared', cell: 'not compared', root: '', mismatches: 1, firstDifference: `nothing could be compared, as the reference did no step: ${error}` };
}

/** `golden`: the root that is written down for this case, where there is one. */
export function verdictOnLaw(law: Outcome, golden?: string): Verdict {
  if (didNothing(law)) return notCompared(law);
  if (golden === undefined || golden === law.root) return equal(law);
  return { kind: 'differs', cell: 'not golden', root: law.root, mismatches: 1, firstDifference: `the reference no longer gives the golden root ${golden}` };
}

export function verdictOn({ program }: Case, law: Outcome, found: Outcome): Verdict {
  const { mismatches, first } = compareOutcomes(program, law, found);
  if (mismatches === 0) return didNothing(law) ? notCompared(law) : equal(law);
  return { kind: 'differs', cell: `${mismatches} differ`, root: found.root, mismatches, firstDifference: first };
}

/** A stack that breaks down is a mismatch with its reason, not an end of the run. */
export function verdictOnFailure(error: unknown): Verdict {
  const refused = error instanceof Error && error.name === 'UnsupportedError';
  return { kind: 'broke down', cell: refused ? 'refused' : 'broke down', root: '', mismatches: 1, firstDifference: error instanceof Error ? error.message : String(error) };
}

/** Of several cases in one: the mismatches of all, otherwise the first that is not equal. */
export function verdictOnAll(verdicts: readonly Verdict[]): Verdict {
  const worst = verdicts.find(({ kind }) => kind !== 'equal');
  if (!worst) return { kind: 'equal', cell: 'equal', root: '', mismatches: 0, firstDifference: null };
  const mismatches = verdicts.reduce((sum, one) => sum + one.mismatches, 0);
  return { ...worst, mismatches, cell: worst.kind === 'differs' ? `${mismatches} differ` : worst.cell };
}
