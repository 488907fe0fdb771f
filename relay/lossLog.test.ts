import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { afterAll, expect, test } from 'vitest';
import type { Address } from '#swarm/protocol/jobSpec.ts';
import { encodeMessage, type LossReport, lossReportText } from '#swarm/protocol/messages.ts';
import { lossLog } from './lossLog.ts';

const CHAIN = 31_338;
const folder = await mkdtemp(join(tmpdir(), 'tutti-losses-'));
afterAll(() => rm(folder, { recursive: true, force: true }));

const solver = privateKeyToAccount(generatePrivateKey());

async function reportOf(round: number, changes: Partial<LossReport> = {}): Promise<Uint8Array> {
  const report = { job: 7n, round, slot: 0, stage: 0, step: 40, loss: 1 / (round + 2), accuracy: 0.5, reporter: solver.address.toLowerCase() as Address, ...changes } as const;
  const signature = await solver.signTypedData({
    domain: { name: 'Tutti', version: '1', chainId: CHAIN },
    types: { Statement: [{ name: 'text', type: 'string' }] },
    primaryType: 'Statement',
    message: { text: lossReportText(report) },
  });
  return encodeMessage({ ...report, signature });
}

test('signed reports of a job are kept over a restart, once each; noise, other topics and other signers are not', async () => {
  const log = await lossLog(folder, CHAIN);
  const topic = `tutti/${CHAIN}/7/loss`;
  await log.hear(topic, await reportOf(0));
  await log.hear(topic, await reportOf(0, { loss: 9 }));
  await log.hear(topic, await reportOf(1));
  await log.hear(topic, new TextEncoder().encode('{"job":'));
  await log.hear(`tutti/${CHAIN}/8/loss`, await reportOf(2));
  await log.hear(topic, await reportOf(3, { reporter: `0x${'ab'.repeat(20)}` }));
  const heard = log.of(7n);
  expect(heard.map((one) => (one as LossReport).loss)).toEqual([1 / 2, 1 / 3]);
  expect(log.of(8n)).toEqual([]);
  const again = await lossLog(folder, CHAIN);
  expect(again.of(7n)).toEqual(heard);
  expect((await lossLog(folder, CHAIN + 1)).of(7n)).toEqual([]);
});
