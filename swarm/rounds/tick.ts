/**
 * One step of a peer's mind: (state, event, now, seed) -> the state after, and what to do now.
 * Pure: the same code in every tab and in tests, with an artificial clock.
 */
import type { Effect, PeerEvent, PeerState } from './peerState.ts';
import { isOutdated } from './isOutdated.ts';
import { rules } from './rules.ts';

/** Waits after failures, in seconds; the last repeats. */
const RETRY_SECONDS = [1, 2, 4, 8, 15];
/** Peers that may all act take one of so many turns. */
const TURNS = 4;

/**
 * now: seconds of block time. seed: any number that differs between peers, for turns.
 * The returned effects are marked as running; report each with a `done` or `failed` event.
 */
export function tick(state: PeerState, event: PeerEvent, now: number, seed: number): { state: PeerState; effects: Effect[] } {
  const after = applyEvent(state, event, now);
  const view = after.view;
  if (!view) return { state: after, effects: [] };
  const effects: Effect[] = [];
  for (const rule of rules) {
    for (const place of rule.find(after, view, now, turnOf(seed, view.round))) {
      const effect = makeEffect(rule.kind, place, view.strikes.length);
      const failure = after.failed[effect.key];
      if (after.running[effect.key] || (failure && now < failure.retryAt)) continue;
      effects.push(effect);
    }
  }
  const running = { ...after.running };
  for (const effect of effects) running[effect.key] = true;
  return { state: { ...after, running }, effects };
}

function makeEffect(kind: Effect['kind'], place: Partial<Effect>, strikes: number): Effect {
  const { round = 0, slot = 0, segment = 0, attempt = 0 } = place;
  return { kind, key: `${kind}/${round}/${slot}/${attempt}`, round, slot, segment, attempt, strikes };
}

function turnOf(seed: number, round: number): number {
  return (Math.imul(seed ^ round, 0x9e3779b1) >>> 16) % TURNS;
}

function applyEvent(state: PeerState, event: PeerEvent, now: number): PeerState {
  switch (event.kind) {
    case 'seen':
      return forgetStruck(
        { ...state, view: event.view, verifies: event.verifies ?? state.verifies, watches: event.watches ?? state.watches },
        state.view?.strikes.length ?? event.view.strikes.length,
      );
    case 'global':
      if (state.view && isOutdated(state.view, event.strikes ?? state.view.strikes.length, event.round)) return state;
      return { ...state, globals: { ...state.globals, [event.round]: event.root } };
    case 'watched':
      return { ...state, watched: { ...state.watched, [`${event.globalRoot}/${event.slot}`]: event.proposalRoot } };
    case 'done':
      return isStale(state, event.effect) ? stopped(state, event.effect) : finished(stopped(state, event.effect), event.effect);
    case 'failed': {
      const count = (state.failed[event.effect.key]?.count ?? 0) + 1;
      const wait = RETRY_SECONDS[Math.min(count, RETRY_SECONDS.length) - 1] ?? 15;
      return { ...stopped(state, event.effect), failed: { ...state.failed, [event.effect.key]: { count, retryAt: now + wait } } };
    }
    case 'time':
      return state;
  }
}

function isStale({ view }: PeerState, { strikes, round, slot }: Effect): boolean {
  return view !== null && isOutdated(view, strikes, round, slot);
}

/** What was built on struck work has to be done again (A8). */
function forgetStruck(state: PeerState, known: number): PeerState {
  const { view } = state;
  if (!view || view.strikes.length <= known) return state;
  const kept = <T>(of: Readonly<Record<string, T>>, skip: number, slotted: boolean) =>
    Object.fromEntries(
      Object.entries(of).filter(([key]) => {
        const [round, slot] = key.split('/').slice(skip);
        return !isOutdated(view, known, Number(round), slotted ? Number(slot) : null);
      }),
    );
  return {
    ...state,
    globals: kept(state.globals, 0, false),
    trained: kept(state.trained, 0, true),
    attested: kept(state.attested, 0, true),
    failed: kept(state.failed, 1, true),
  };
}

function stopped(state: PeerState, effect: Effect): PeerState {
  const { [effect.key]: _, ...running } = state.running;
  return { ...state, running };
}

function finished(state: PeerState, effect: Effect): PeerState {
  const place = `${effect.round}/${effect.slot}`;
  switch (effect.kind) {
    case 'getMaterial':
      return { ...state, material: true };
    case 'train':
      return { ...state, trained: { ...state.trained, [place]: true } };
    case 'audit':
      return { ...state, attested: { ...state.attested, [`${place}/${effect.attempt}`]: true } };
    default:
      return state;
  }
}
