/** A receipt's claim, run again in this tab: the root that was paid for, against the root that comes out here. */
import type { Receipt, ReplayResult } from './tabModel.ts';
import { type JobReader, openJob } from './trainedState.ts';

/** Errors: nothing was committed there, or the bytes to run it again are not to be had. */
export async function replayReceipt(reader: JobReader, receipt: Receipt, device: string, onProgress: (text: string, fraction: number) => void): Promise<ReplayResult> {
  onProgress('Fetching the program and the data', 0);
  const opened = await openJob(reader, receipt.job);
  try {
    const { view, spec, key } = opened;
    const slot = view.rounds[receipt.round]?.slots[receipt.slot];
    if (!slot?.commitment) throw new Error('Nothing was committed for this slot in this round, so there is nothing to check.');
    const segments = spec.stepsPerRound / spec.checkpointEvery;
    const { audit } = slot;
    // An audited piece has its root opened on chain; of an unaudited round the proposal is public, which covers all of it.
    const audited = audit?.openedRoot && audit.segment === receipt.segment;
    const segment = audited ? receipt.segment : segments - 1;
    onProgress('Fetching the state that the round started from', 0.1);
    const globalState = await opened.globalAt(receipt.round);
    const began = performance.now();
    const replayed = await reader.engine.replay(key, receipt.round, receipt.slot, segment, { globalState, checkpoint: null }, ({ step, steps }) =>
      onProgress(`Step ${step} of ${steps}`, 0.1 + (0.9 * step) / steps),
    );
    const claimed = audited && audit.openedRoot ? audit.openedRoot : slot.commitment.proposalRoot;
    const computed = audited ? replayed.root : (replayed.proposalRoot ?? replayed.root);
    return { verdict: claimed === computed ? 'MATCH' : 'MISMATCH', claimed, computed, steps: replayed.steps, device, milliseconds: performance.now() - began };
  } finally {
    opened.close();
  }
}
