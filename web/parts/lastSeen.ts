/** A few figures kept in the browser, so that the page has something to say while nothing can be reached. */
import { effect } from '@preact/signals';
import type { TabModel } from '#web/tab/tabModel.ts';
import { tut } from './format.ts';

export interface LastSeen {
  readonly time: number;
  readonly earned: string;
  readonly balance: string;
  readonly jobs: readonly { readonly title: string; readonly words: string }[];
}

const KEY = 'tutti.lastSeen';
const JOBS_KEPT = 5;

export function readLastSeen(): LastSeen | null {
  try {
    return JSON.parse(localStorage.getItem(KEY) ?? 'null') as LastSeen | null;
  } catch {
    return null;
  }
}

/** Returns what stops it. */
export function keepLastSeen(tab: TabModel): () => void {
  let kept = '';
  return effect(() => {
    const { earnedWei, balanceWei } = tab.account.value;
    const jobs = tab.jobs.value.slice(0, JOBS_KEPT).map(({ id, spec, view }) => ({
      title: spec?.title ?? `Job ${id}`,
      words: view.phase === 'running' ? `round ${view.round + 1} of ${view.terms.rounds}` : view.phase === 'recruiting' ? 'looking for tabs' : view.phase,
    }));
    if (tab.network.value.chain !== 'connected') return;
    const facts = { earned: tut(earnedWei), balance: tut(balanceWei), jobs };
    const text = JSON.stringify(facts);
    if (text === kept) return;
    kept = text;
    try {
      localStorage.setItem(KEY, JSON.stringify({ time: Date.now(), ...facts }));
    } catch {
      // A full or forbidden storage costs only this convenience.
    }
  });
}
