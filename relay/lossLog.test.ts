import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { afterAll, expect, test } from 'vitest';
import { CONTRACT_NAMES, type Deployment, deploymentId } from '#swarm/chain/deployment.ts';
import type { Address } from '#swarm/protocol/jobSpec.ts';
import { encodeMessage, type LossReport, lossReportText } from '#swarm/protocol/messages.ts';
import { lossLog } from './lossLog.ts';

const CHAIN = 31_338;
const DEPLOYMENT: Deployment = {
  chainId: CHAIN,
  block: 1,
  blockHash: `0x${'1'.repeat(64)}`,
  addresses: Object.fromEntries(CONTRACT_NAMES.map((name) => [name, `0x${'33'.repeat(20)}`])) as Deployment['addresses'],
  faucet: null,
  timing: { windowSeconds: 1, answerSeconds: 1, challengeSeconds: 1, withdrawSeconds: 1, payoutSeconds: 1 },
};
const MESH = `tutti/${deploymentId(DEPLOYMENT)}/tutti/${CHAIN}`;
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
  const log = await lossLog(folder, DEPLOYMENT);
  const topic = `${MESH}/7/loss`;
  await log.hear(topic, await reportOf(0));
  await log.hear(topic, await reportOf(0, { loss: 9 }));
  await log.hear(topic, await reportOf(1));
  await log.hear(topic, new TextEncoder().encode('{"job":'));
  await log.hear(`${MESH}/8/loss`, await reportOf(2));
  await log.hear(topic, await reportOf(3, { reporter: `0x${'ab'.repeat(20)}` }));
  const heard = log.of(7n);
  expect(heard.map((one) => (one as LossReport).loss)).toEqual([1 / 2, 1 / 3]);
  expect(log.of(8n)).toEqual([]);
  const again = await lossLog(folder, DEPLOYMENT);
  expect(again.of(7n)).toEqual(heard);
  expect((await lossLog(folder, { ...DEPLOYMENT, blockHash: `0x${'2'.repeat(64)}` })).of(7n)).toEqual([]);
});
