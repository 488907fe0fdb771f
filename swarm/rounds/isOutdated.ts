import { GLOBAL_SLOT } from '#swarm/protocol/limits.ts';
import type { JobView } from '#swarm/protocol/jobView.ts';

/**
 * Whether work begun when the job had `known` strikes is no longer of use (SPEC A8): what comes after a struck round begins from
 * another state. `slot`: of work in the struck round itself, where only the struck slot is done again; null for a state. Where the
 * round's own root was struck, all of it is void.
 */
export function isOutdated(view: Pick<JobView, 'strikes'>, known: number, round: number, slot: number | null = null): boolean {
  return view.strikes.slice(known).some((strike) => strike.round < round || (strike.round === round && (strike.slot === slot || strike.slot === GLOBAL_SLOT)));
}
