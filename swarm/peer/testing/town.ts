/** A whole job in one process: a real chain, real peers on the memory mesh, the reference executor. Only time is short. */
import { parseEther } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { encodeProgram } from '#engine/program/encodeProgram.ts';
import { hashProgram } from '#engine/program/hashProgram.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { type ChainClient, createChainClient } from '#swarm/chain/createChainClient.ts';
import { enlistAuditor } from '#swarm/chain/enlistAuditor.ts';
import { fundFromFaucet } from '#swarm/chain/fundFromFaucet.ts';
import { placeBid } from '#swarm/chain/placeBid.ts';
import { postJob } from '#swarm/chain/postJob.ts';
import { readJob } from '#swarm/chain/readJob.ts';
import { startAnvil, type TestChain } from '#swarm/chain/testing/startAnvil.ts';
import { httpBlobHub } from '#swarm/network/blobs/httpBlobHub.ts';
import { MemoryNet, type MemoryNode } from '#swarm/network/memoryMesh.ts';
import { buildDocket } from '#swarm/dispute/docket.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import type { JobSpec } from '#swarm/protocol/jobSpec.ts';
import type { JobTerms, JobView } from '#swarm/protocol/jobView.ts';
import { encodeJobSpec } from '#swarm/protocol/parseJobSpec.ts';
import { encodeGlobalState, globalRoot, initialGlobalState, sharedTensors } from '#swarm/training/globalState.ts';
import { tinyData, tinyProgram, tinySpec } from '#swarm/training/tinyNet.fixture.ts';
import { createJobPeer, type JobPeer } from '../jobPeer.ts';
import { localTrainingEngine } from '../localTrainingEngine.ts';
import type { PeerMeans } from '../peerContext.ts';
import { memoryStore } from '../peerStore.ts';
import type { TrainingEngine } from '../trainingEngine.ts';

export interface Citizen {
  readonly name: string;
  readonly chain: ChainClient;
  readonly node: MemoryNode;
  readonly journal: string[];
  /** Roots of G_r as this peer computed them. */
  readonly roots: Map<number, string>;
  readonly store: PeerMeans['store'];
  peer: JobPeer | null;
}

export interface Town {
  readonly chain: TestChain;
  readonly net: MemoryNet;
  readonly citizen: (name: string) => Promise<Citizen>;
  readonly post: (requestor: Citizen, changes?: Partial<JobTerms>, specChanges?: Partial<JobSpec>) => Promise<bigint>;
  /** Bids for a slot and goes to work. `engine` replaces the honest one. */
  readonly solve: (citizen: Citizen, job: bigint, engine?: TrainingEngine, means?: Partial<PeerMeans>) => Promise<void>;
  /** Enlists, and goes on checking work for as long as it has stake. */
  readonly verify: (citizen: Citizen, job: bigint, engine?: TrainingEngine, means?: Partial<PeerMeans>) => Promise<void>;
  /** Block time as this town's peers know it, seconds. */
  readonly now: () => number;
  readonly watch: (citizen: Citizen, job: bigint, engine?: TrainingEngine, means?: Partial<PeerMeans>) => void;
  readonly until: (job: bigint, what: string, reached: (view: JobView) => boolean, timeoutMs?: number) => Promise<JobView>;
  /** The roots of G_round that these people computed, each once. Waits for all: the chain may be done before the last of them is. */
  readonly rootsOf: (people: readonly Citizen[], round: number) => Promise<readonly string[]>;
  /** What everyone said last, and how far the job was when it was last looked at: for a test that failed. */
  readonly story: () => string;
  readonly stop: () => void;
}

export const honestEngine = (): TrainingEngine => localTrainingEngine({ training: referenceExecutor, outer: referenceExecutor });

/** What a citizen's salts come from. */
export const secretOf = (name: string): Uint8Array => new TextEncoder().encode(name.padEnd(32, '.'));

const BEAT_MS = 500;

export interface TownOptions {
  readonly hurry?: number;
  /** In which work can be challenged after its round has closed, and before it is paid. */
  readonly windowSeconds?: number;
  readonly answerSeconds?: number;
  /** To begin a dispute, and for each side of it in all. */
  readonly challengeSeconds?: number;
  readonly stateFile?: string;
  /** Everyone reaches chain and hub through this origin, a relay's, once the chain stands. */
  readonly relay?: (chain: TestChain) => Promise<string>;
}

/** `hurry`: block time runs so many times as fast as the clock on the wall, so that waits of the rules are short. */
export async function buildTown({ hurry = 1, windowSeconds = 2, answerSeconds = 20 * hurry, challengeSeconds = 5 * hurry, stateFile, relay }: TownOptions = {}): Promise<Town> {
  const chain = await startAnvil({ windowSeconds, answerSeconds, challengeSeconds, withdrawSeconds: 5, payoutSeconds: 5 }, stateFile);
  const origin = (await relay?.(chain)) ?? null;
  const way = origin === null ? { rpcUrl: chain.rpcUrl } : { rpcUrl: `${origin}/api/rpc`, submitter: { url: `${origin}/api/submit` } };
  const began = Date.now() / 1000;
  const now = () => began + (Date.now() / 1000 - began) * hurry;
  let ahead = 0;
  const heartbeat = setInterval(() => {
    const behind = Math.floor(now() - Date.now() / 1000 - ahead);
    ahead += behind;
    const moved = behind > 0 ? chain.control.increaseTime({ seconds: behind }) : Promise.resolve();
    void moved.then(() => chain.control.mine({ blocks: 1 })).catch(() => undefined);
  }, BEAT_MS);
  const net = new MemoryNet();
  const everyone: Citizen[] = [];
  let last: JobView | null = null;

  const watch: Town['watch'] = (citizen, job, engine = honestEngine(), means = {}) => {
    citizen.peer = createJobPeer({
      job,
      chain: citizen.chain,
      mesh: citizen.node.mesh,
      blobs: citizen.node.blobs,
      engine,
      store: citizen.store,
      secret: secretOf(citizen.name),
      now,
      journal: (text, bad) => citizen.journal.push(`${bad ? '! ' : ''}${text}`),
      onGlobal: ({ round, root }) => citizen.roots.set(round, root),
      ...means,
    });
  };

  return {
    chain,
    net,
    now,
    watch,
    async citizen(name) {
      const account = privateKeyToAccount(generatePrivateKey());
      await chain.control.setBalance({ address: account.address, value: parseEther('10') });
      const client = await createChainClient({ ...way, account, deployment: chain.deployment });
      await fundFromFaucet(client);
      const citizen: Citizen = {
        name,
        chain: client,
        node: net.connect(name, undefined, origin === null ? undefined : httpBlobHub(origin, { sent: 0, received: 0 })),
        journal: [],
        roots: new Map(),
        store: memoryStore(),
        peer: null,
      };
      everyone.push(citizen);
      return citizen;
    },
    async post(requestor, changes = {}, specChanges = {}) {
      const job = await postTinyJob(requestor, changes, specChanges);
      watch(requestor, job);
      return job;
    },
    async solve(citizen, job, engine, means) {
      const { terms } = await readJob(citizen.chain, job);
      await placeBid(citizen.chain, { job, priceWei: terms.maxPriceWei, macsPerSecond: 10n ** 9n, memoryBytes: 1n << 30n, stakeWei: terms.stakePerSlotWei });
      watch(citizen, job, engine, means);
    },
    async verify(citizen, job, engine, means) {
      await enlistAuditor(citizen.chain, { job });
      watch(citizen, job, engine, { verifies: () => true, ...means });
    },
    async until(job, what, reached, timeoutMs = 150_000) {
      const reader = everyone[0]?.chain as ChainClient;
      const end = Date.now() + timeoutMs;
      for (;;) {
        const view = await readJob(reader, job);
        last = view;
        if (reached(view)) return view;
        if (Date.now() > end) throw new Error(`not reached: ${what}\n${tellStory(everyone, view)}`);
        await new Promise((resume) => setTimeout(resume, 200));
      }
    },
    async rootsOf(people, round) {
      const end = Date.now() + 30_000;
      while (people.some(({ roots }) => !roots.has(round))) {
        if (Date.now() > end)
          throw new Error(`not everyone has the state of round ${round}: ${people.map(({ name, roots }) => `${name} ${roots.get(round) ?? 'none'}`).join(', ')}`);
        await new Promise((resume) => setTimeout(resume, 100));
      }
      return [...new Set(people.map(({ roots }) => roots.get(round) as string))];
    },
    story: () => (last ? tellStory(everyone, last) : 'nobody has looked at a job yet'),
    stop() {
      clearInterval(heartbeat);
      for (const { peer } of everyone) peer?.stop();
      chain.stop();
    },
  };
}

/** Everyone's last words and how far each slot got: what one wants to know when a job stands still. */
function tellStory(everyone: readonly Citizen[], view: JobView): string {
  const words = everyone.map(({ name, journal, peer }) =>
    [`${name}: running ${Object.keys(peer?.state().running ?? {}).join(' ') || 'nothing'}`, ...journal.slice(-12)].join('\n  '),
  );
  const slots = view.rounds.map(
    ({ round, closed, slots }) =>
      `round ${round}${closed ? ' closed' : ''}: ${slots.map(({ phase, audit }) => (audit ? `${phase}/${audit.phase} ${audit.attempt}` : phase)).join(', ')}`,
  );
  return [
    `${view.phase}, round ${view.round}, roots ${view.rounds.map(({ globalRoot }) => globalRoot?.slice(0, 8)).join(' ')}, auditors ${view.auditors.join(' ') || 'none'}`,
    ...words,
    ...slots,
  ].join('\n');
}

async function postTinyJob(requestor: Citizen, changes: Partial<JobTerms>, specChanges: Partial<JobSpec>): Promise<bigint> {
  const { blobs } = requestor.node;
  const program = tinyProgram(0.001);
  const data = tinyData();
  const shared = sharedTensors(program);
  const first = initialGlobalState(
    program,
    shared.map(({ elements }) => new Uint32Array(elements)),
  );
  const pin = { pin: true };
  for (const chunk of data.chunks) await blobs.put(chunk, pin);
  const slots = changes.slots ?? tinySpec.slots;
  const rounds = changes.rounds ?? 2;
  const spec: JobSpec = {
    ...tinySpec,
    ...specChanges,
    slots,
    rounds,
    programHash: toHash(hashProgram(program)),
    programBlob: await blobs.put(encodeProgram(program), pin),
    initialState: await blobs.put(encodeGlobalState(first), pin),
    initialRoot: globalRoot(first),
    dataset: await blobs.put(data.manifestBytes, pin),
  };
  const priced = {
    specHash: await blobs.put(encodeJobSpec(spec), pin),
    programHash: spec.programHash,
    datasetRoot: data.manifest.root,
    initialRoot: spec.initialRoot,
    docketRoot: buildDocket(program, spec, data.manifest).root,
    slots,
    rounds,
    segments: spec.stepsPerRound / spec.checkpointEvery,
    roundSeconds: 60,
    maxPriceWei: parseEther('2'),
    auditFeeWei: parseEther('1'),
    auditRate: 10_000,
    stakePerSlotWei: parseEther('20'),
    receiptsNeeded: 1,
    minMacsPerSecond: 1n,
    minMemoryBytes: 1n,
    ...changes,
  };
  const terms: JobTerms = { bountyWei: BigInt(slots * rounds) * (priced.maxPriceWei + priced.auditFeeWei), ...priced };
  return postJob(requestor.chain, { terms });
}
