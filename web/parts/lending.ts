/** Whether this tab is lent: what was pressed last, else what the chain says this account has promised (after a reload). */
import { signal } from '@preact/signals';
import type { TabModel } from '#web/tab/tabModel.ts';

/** Null until a button was pressed in this page. It outlives the screen that shows it. */
export const pressedLending = signal<boolean | null>(null);

export function isLending(tab: TabModel): boolean {
  if (pressedLending.value !== null) return pressedLending.value;
  const me = tab.account.value.address.toLowerCase();
  return tab.jobs.value.some(
    ({ view }) =>
      (view.phase === 'recruiting' || view.phase === 'running') &&
      (view.bids.some(({ bidder }) => bidder.toLowerCase() === me) || view.auditors.some((auditor) => auditor.toLowerCase() === me)),
  );
}
