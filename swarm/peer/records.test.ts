import { expect, test } from 'vitest';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { memoryStore } from './peerStore.ts';
import { jobRecords } from './records.ts';

const hash = (digit: string): Hash => `0x${digit.repeat(64)}`;
const records = () => jobRecords({ job: 1n, store: memoryStore(), secret: new Uint8Array(32), chain: { deploymentId: 'test' } });

test('A8: after a strike the same attempt may ask for another piece of the same work, which the record of the first does not answer', async () => {
  const { attested, setAttested } = records();
  const place = { round: 1, slot: 0, attempt: 0 };
  const record = { checkpointsRoot: hash('a'), segment: 3, target: hash('b'), salt: hash('c') };
  await setAttested({ ...place, segment: 3 }, record);
  expect(await attested({ ...place, segment: 3 }, hash('a'))).toEqual(record);
  expect(await attested({ ...place, segment: 0 }, hash('a'))).toBeNull();
  expect(await attested({ ...place, segment: 3 }, hash('d'))).toBeNull();
});

test('A8: what was solved from another G_r is not what this round asks for', async () => {
  const { solved, setSolved } = records();
  const record = { globalRoot: hash('a'), checkpointRoots: [], proposalRoot: hash('b'), deltaHash: hash('c'), loss: 1, accuracy: null };
  await setSolved(1, 0, record);
  expect(await solved(1, 0, hash('a'))).toEqual(record);
  expect(await solved(1, 0, hash('b'))).toBeNull();
});
