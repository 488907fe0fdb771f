import { afterAll, beforeAll, expect, test } from 'vitest';
import { signText } from '#swarm/chain/signText.ts';
import type { MemoryNode } from '#swarm/network/memoryMesh.ts';
import { networkLimits } from '#swarm/network/networkLimits.ts';
import { encodeJson } from '#swarm/protocol/json.ts';
import type { Address, Hash } from '#swarm/protocol/jobSpec.ts';
import { type CheckpointRequest, checkpointRequestText, type DeltaAnnouncement, encodeMessage, lossReportText } from '#swarm/protocol/messages.ts';
import { tinyData } from '#swarm/training/tinyNet.fixture.ts';
import { encodePresence } from './presence.ts';
import { buildTown, type Citizen, honestEngine, type Town } from './testing/town.ts';

const root = (n: number): Hash => `0x${n.toString(16).padStart(64, '0')}`;
const bytesOf = (text: string) => new TextEncoder().encode(text);

let town: Town;
let [requestor, ada, bob]: Citizen[] = [];
let mallory: MemoryNode;
let job: bigint;
let topic: (part: string) => string;
const losses: { round: number; slot: number; loss: number }[] = [];
let letBobTrain: () => void = () => undefined;

beforeAll(async () => {
  town = await buildTown({ hurry: 4 });
  [requestor, ada, bob] = [await town.citizen('requestor'), await town.citizen('ada'), await town.citizen('bob')];
  mallory = town.net.connect('mallory');
  job = await town.post(requestor, { rounds: 1, roundSeconds: 240, auditRate: 0 });
  topic = (part) => `tutti/${ada?.chain.chainId}/${job}/${part}`;
  await town.solve(ada, job, honestEngine(), { onLoss: (report) => losses.push(report) });
  // Bob waits, so that the round stays open while nonsense is spoken.
  const gate = new Promise<void>((open) => {
    letBobTrain = open;
  });
  const engine = honestEngine();
  await town.solve(bob, job, { ...engine, train: async (...task) => (await gate, engine.train(...task)) });
  await town.until(job, 'ada has committed', ({ rounds }) => (rounds[0]?.slots[0]?.commitment ?? null) !== null);
}, 200_000);
afterAll(() => town?.stop());

const garbage: Record<string, () => Uint8Array> = {
  'no bytes': () => new Uint8Array(0),
  'random bytes': () => Uint8Array.from({ length: 500 }, (_, k) => (k * 193) & 255),
  'text that is no JSON': () => bytesOf('hello'),
  'JSON of another shape': () => bytesOf('{"job":"x","round":-1}'),
  'deep nesting': () => bytesOf('['.repeat(30_000)),
  null: () => bytesOf('null'),
  'a message with a field too many': () => bytesOf(new TextDecoder().decode(encodeJson(claim())).replace('{', '{"extra":1,')),
};

function claim(changes: Partial<DeltaAnnouncement> = {}): DeltaAnnouncement {
  const solver = bob?.chain.address.toLowerCase() as Address;
  return {
    job,
    round: 0,
    slot: 1,
    stage: 0,
    globalRoot: ada?.roots.get(0) as Hash,
    checkpointsRoot: root(1),
    proposalRoot: root(2),
    deltaHash: root(3),
    solver,
    peer: 'mallory',
    ...changes,
  };
}

test.each(['receipt', 'checkpoint', 'global'])('garbage asked on %s is refused with a sentence', async (part) => {
  for (const [what, make] of Object.entries(garbage)) {
    const refusal = await mallory.mesh.ask('ada', topic(part), make()).catch((error: Error) => error);
    expect(refusal, what).toMatchObject({ name: 'PeerRefusedError' });
    expect((refusal as Error).message, what).toMatch(/receipt request|checkpoint request|request for a global state/);
  }
});

test('R3: a receipt is refused for another job, another start, bytes that nobody has, and bytes that do not fit', async () => {
  const ask = (changes: Partial<DeltaAnnouncement>) => mallory.mesh.ask('ada', topic('receipt'), encodeMessage(claim(changes)));
  await expect(ask({ job: job + 1n })).rejects.toThrow(`this peer keeps job ${job}`);
  await expect(ask({ globalRoot: root(9) })).rejects.toThrow('does not hold the state that round 1 starts from');
  await expect(ask({})).rejects.toThrow('is nowhere to be had');
  await expect(ask({ deltaHash: await mallory.blobs.put(bytesOf('not a delta')) })).rejects.toThrow(/^delta: /);
});

test('R4: a checkpoint is shown to nobody who was not drawn', async () => {
  if (!bob) throw new Error('the town is empty');
  const { chain } = bob;
  const ask = async (slot: number, changes: Partial<CheckpointRequest> = {}) => {
    const auditor = chain.address.toLowerCase() as Address;
    const request = { job, round: 0, slot, stage: 0 as const, checkpoint: 1, attempt: 0, auditor, peer: 'mallory', ...changes };
    return mallory.mesh.ask('ada', topic('checkpoint'), encodeMessage({ ...request, signature: await signText(chain, checkpointRequestText(request)) }));
  };
  await expect(ask(0)).rejects.toThrow('this checkpoint is not under audit by you');
  await expect(ask(1)).rejects.toThrow("is not this peer's");
  // Another's name, or another's request passed on: even the right auditor's words are good for its own peer only.
  await expect(ask(0, { auditor: root(5).slice(0, 42) as Address })).rejects.toThrow('not signed by its auditor');
  await expect(ask(0, { peer: 'bob' })).rejects.toThrow('not signed by its auditor for the peer that asks');
  await expect(mallory.mesh.ask('ada', topic('global'), bytesOf('{"round":7}'))).rejects.toThrow('does not hold the state of round 8');
});

test('what is over a limit is not sent by our own code and not read from anyone else', async () => {
  const tooLong = new Uint8Array(networkLimits.publishBytes + 1);
  await expect(mallory.mesh.publish(topic('here'), tooLong)).rejects.toMatchObject({ name: 'MessageTooLargeError' });
  await mallory.wire.publish(topic('here'), tooLong);
  await expect(mallory.mesh.ask('ada', topic('receipt'), new Uint8Array(networkLimits.askBytes + 1))).rejects.toMatchObject({ name: 'MessageTooLargeError' });
});

test('a loss that its reporter did not sign is not shown; one that it signed is', async () => {
  if (!bob || !ada) throw new Error('the town is empty');
  const report = { job, round: 0, slot: 1, stage: 0 as const, step: 0, loss: 0.001, accuracy: null, reporter: bob.chain.address.toLowerCase() as Address };
  const forged = await signText(ada.chain, lossReportText(report));
  const own = await signText(bob.chain, lossReportText(report));
  losses.length = 0;
  await mallory.mesh.publish(topic('loss'), encodeMessage({ ...report, signature: forged }));
  await mallory.mesh.publish(topic('loss'), encodeMessage({ ...report, signature: `0x${'00'.repeat(65)}` }));
  await mallory.mesh.publish(topic('loss'), encodeMessage({ ...report, loss: 0.5, signature: own }));
  await mallory.mesh.publish(topic('loss'), encodeMessage({ ...report, signature: own }));
  await expect.poll(() => losses.length).toBe(1);
  expect(losses).toEqual([{ round: 0, slot: 1, loss: 0.001, accuracy: null }]);
});

test('H5: a chunk that was tampered with is refused, and taken from an honest peer', async () => {
  const chunk = tinyData().manifest.chunks[0] as Hash;
  const honest = (await requestor?.node.blobs.get(chunk)) as Uint8Array;
  const tampered = honest.slice();
  tampered[5] = (tampered[5] as number) ^ 1;
  await mallory.store.write(chunk, tampered);
  const nora = town.net.connect('nora');
  const others = ['requestor', 'ada', 'bob'];
  town.net.setHubUp(false);
  for (const name of others) town.net.setOnline(name, false);
  await expect(nora.blobs.get(chunk, { from: ['mallory'] })).rejects.toThrow(/peer mallory: .*(hash|other bytes)/);
  for (const name of others) town.net.setOnline(name, true);
  expect(await nora.blobs.get(chunk, { from: ['mallory', 'requestor'] })).toEqual(honest);
  town.net.setHubUp(true);
});

test('after all of it the job ends as if nobody had spoken', { timeout: 240_000 }, async () => {
  const stolen = encodePresence({ address: bob?.chain.address.toLowerCase() as Address, peer: 'mallory' });
  const parts = ['here', 'delta', 'loss'];
  for (const part of parts) for (const make of Object.values(garbage)) await mallory.mesh.publish(topic(part), make());
  // Lies in the right shape: she is Bob, and Bob's delta is hers.
  await mallory.mesh.publish(topic('here'), stolen);
  await mallory.mesh.publish(topic('delta'), encodeMessage(claim()));
  letBobTrain();
  const view = await town.until(job, 'finished', ({ phase }) => phase === 'finished', 200_000);
  expect(view.rounds[0]?.slots.map(({ phase }) => phase)).toEqual(['paid', 'paid']);
  expect(await town.rootsOf([requestor, ada, bob] as Citizen[], 1)).toHaveLength(1);
});
