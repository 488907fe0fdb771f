import type { ChainClient } from '#swarm/chain/createChainClient.ts';
import { signerOfText } from '#swarm/chain/signText.ts';
import type { JobView } from '#swarm/protocol/jobView.ts';
import { type LossReport, lossReportText, parseLossReport } from '#swarm/protocol/messages.ts';

/**
 * Losses of a job's rounds as the relay heard them, oldest round first: for tabs that were not there. Only what the
 * solver of that slot and round signed. Errors: the relay does not answer.
 */
export async function fetchLosses(chain: ChainClient, { id, rounds }: JobView): Promise<LossReport[]> {
  const response = await fetch(`/api/losses/${id}`);
  if (!response.ok) throw new Error(`the relay gives no losses of job ${id}: ${await response.text()}`);
  const given = (await response.json()) as readonly unknown[];
  const checked = await Promise.all(
    given.map(async (one) => {
      const report = readReport(one);
      const solver = report && rounds[report.round]?.slots[report.slot]?.commitment?.solver;
      if (!report || report.job !== id || solver?.toLowerCase() !== report.reporter.toLowerCase()) return [];
      const signer = await signerOfText(chain, lossReportText(report), report.signature).catch(() => null);
      return signer?.toLowerCase() === report.reporter.toLowerCase() ? [report] : [];
    }),
  );
  return checked.flat().sort((a, b) => a.round - b.round);
}

function readReport(given: unknown): LossReport | null {
  try {
    return parseLossReport(new TextEncoder().encode(JSON.stringify(given)));
  } catch {
    return null;
  }
}
