/**
 * What tabs reported of the loss, kept for whoever opens a job later. Signatures are checked here against floods, and
 * again by who reads: a chart is shown, never paid for.
 */
import { appendFile, mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Deployment, deploymentId } from '#swarm/chain/deployment.ts';
import { signerOfText } from '#swarm/chain/signText.ts';
import { encodeMessage, type LossReport, lossReportText, parseLossReport } from '#swarm/protocol/messages.ts';

const REPORTS_PER_JOB = 4096;
const JOBS = 2000;

export interface LossLog {
  /** A message of gossip; what is no signed report of its topic's job is dropped. */
  hear(topic: string, data: Uint8Array): Promise<void>;
  /** Reports of a job as their messages' JSON, oldest first. */
  of(job: bigint): readonly unknown[];
}

/** Errors: the folder cannot be written. */
export async function lossLog(folder: string, deployment: Deployment): Promise<LossLog> {
  const { chainId } = deployment;
  const place = deploymentId(deployment);
  await mkdir(folder, { recursive: true });
  const file = join(folder, `losses-${place}.jsonl`);
  const byJob = new Map<bigint, Map<string, LossReport>>();
  let writing = Promise.resolve();

  const keep = (report: LossReport): boolean => {
    const known = byJob.get(report.job) ?? new Map<string, LossReport>();
    const key = `${report.round}/${report.slot}/${report.reporter.toLowerCase()}`;
    if (known.has(key) || known.size >= REPORTS_PER_JOB || (known.size === 0 && byJob.size >= JOBS)) return false;
    byJob.set(report.job, known.set(key, report));
    return true;
  };
  for (const line of (await readFile(file, 'utf8').catch(() => '')).split('\n')) {
    const report = readReport(new TextEncoder().encode(line));
    if (report) keep(report);
  }

  return {
    async hear(topic, data) {
      const report = readReport(data);
      if (!report || topic !== `tutti/${place}/tutti/${chainId}/${report.job}/loss`) return;
      const signer = await signerOfText({ chainId }, lossReportText(report), report.signature).catch(() => null);
      if (signer?.toLowerCase() !== report.reporter.toLowerCase() || !keep(report)) return;
      writing = writing.then(() => appendFile(file, `${textOf(report)}\n`)).catch(() => undefined);
      await writing;
    },
    of: (job) => [...(byJob.get(job)?.values() ?? [])].map((report) => JSON.parse(textOf(report)) as unknown),
  };
}

const textOf = (report: LossReport) => new TextDecoder().decode(encodeMessage(report));

function readReport(bytes: Uint8Array): LossReport | null {
  try {
    return parseLossReport(bytes);
  } catch {
    return null;
  }
}
