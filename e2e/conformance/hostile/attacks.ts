/** What is done to shaders, and who is to survive it. */
import type { Profile } from '#engine/program/program.ts';
import { inOrder, type Rewrite } from './replaceText.ts';
import { CHANGES_ORDER, CHANGES_OVERFLOW, REWRITE_NAMES, type RewriteName, REWRITES, unfencedAndFused, unfencedZeros, withoutGuards } from './rewriteWgsl.ts';

/** What is attacked: a profile, and of f12 both ways to add up. */
export type Target = Profile | 'f12 guarded';
export const TARGETS: readonly Target[] = ['f12', 'f12 guarded', 'e11', 'e10'];

export interface Attack {
  readonly name: string;
  readonly rewrite: Rewrite;
  /** Whose bits it must not change; of the others it must change some. */
  readonly survivors: readonly Target[];
}

function survivorsOf(name: RewriteName): readonly Target[] {
  if (name === CHANGES_OVERFLOW) return [];
  return CHANGES_ORDER.has(name) ? TARGETS.filter((target) => target !== 'f12') : TARGETS;
}

export const ATTACKS: readonly Attack[] = [
  ...REWRITE_NAMES.map((name): Attack => ({ name, rewrite: REWRITES[name], survivors: survivorsOf(name) })),
  { name: 'look through the fences inside of sums, then re-bracket', rewrite: inOrder(withoutGuards, REWRITES['re-bracket sums']), survivors: ['e11', 'e10'] },
  { name: 'no fences, then fuse', rewrite: unfencedAndFused, survivors: [] },
  { name: 'no fences, then change the sign of zero', rewrite: unfencedZeros, survivors: [] },
];
