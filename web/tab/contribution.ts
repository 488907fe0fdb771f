/** The jobs that this tab takes part in: one JobPeer each, bids and enlistments, and what to show of them. */
import { signal } from '@preact/signals';
import type { ChainClient } from '#swarm/chain/createChainClient.ts';
import { enlistAuditor } from '#swarm/chain/enlistAuditor.ts';
import { fundFromFaucet } from '#swarm/chain/fundFromFaucet.ts';
import { placeBid } from '#swarm/chain/placeBid.ts';
import { readAccount } from '#swarm/chain/readAccount.ts';
import { retireAuditor } from '#swarm/chain/retireAuditor.ts';
import { withdrawBid } from '#swarm/chain/withdrawBid.ts';
import { createJobPeer, type JobPeer } from '#swarm/peer/jobPeer.ts';
import type { PeerMeans, PeerProgress } from '#swarm/peer/peerContext.ts';
import type { JobView } from '#swarm/protocol/jobView.ts';
import type { PeerState } from '#swarm/rounds/peerState.ts';
import type { TabModel, WorkView } from './tabModel.ts';

export type Roles = Parameters<TabModel['contribute']>[0];

interface Means extends Omit<PeerMeans, 'job' | 'chain' | 'onState' | 'onProgress' | 'onLoss' | 'onGlobal'> {
  readonly onLoss: (job: bigint, report: Parameters<NonNullable<PeerMeans['onLoss']>>[0]) => void;
  readonly onGlobal: (job: bigint, report: Parameters<NonNullable<PeerMeans['onGlobal']>>[0]) => void;
  readonly speed: () => { readonly macsPerSecond: number; readonly memoryBytes: number };
}

const RETRY_SECONDS = 20;

export type Contribution = ReturnType<typeof createContribution>;

const sameAddress = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
const isOpen = (view: JobView) => view.phase === 'recruiting' || view.phase === 'running';

export function createContribution(means: Means) {
  const work = signal<readonly WorkView[]>([]);
  const peers = new Map<bigint, JobPeer>();
  const joining = new Set<bigint>();
  /** Jobs that could not be joined: tried again after a while, for stake comes free and slots are lost. */
  const refused = new Map<bigint, { readonly text: string; readonly time: number }>();
  let roles: Roles | null = null;

  const change = (job: bigint, how: Partial<WorkView>) => {
    const before = work.value.find((view) => view.job === job) ?? newWork(job);
    work.value = [...work.value.filter((view) => view.job !== job), { ...before, ...how }];
  };

  /** Takes part in whatever way the chain says this account does; harmless to call twice. */
  function startPeer(chain: ChainClient, job: bigint) {
    if (peers.has(job)) return;
    change(job, { phase: 'waiting', message: 'Looking at the job' });
    peers.set(
      job,
      createJobPeer({
        ...means,
        job,
        chain,
        verifies: ({ requestor }) => roles?.verify === true && (roles.job === undefined || roles.job === job) && !sameAddress(requestor, chain.address),
        journal: (text, bad) => {
          means.journal(`Job ${job}: ${text}`, bad);
          if (bad) change(job, { failure: text });
        },
        onState: (state) => change(job, describeState(state)),
        onProgress: (progress) => change(job, describeProgress(progress)),
        onLoss: (report) => {
          change(job, { loss: report.loss });
          means.onLoss(job, report);
        },
        onGlobal: (report) => {
          const known = work.value.find((view) => view.job === job) ?? newWork(job);
          const computedAlone = report.before ? [...known.computedAlone, report.round] : known.computedAlone;
          change(job, { roots: { ...known.roots, [report.round]: report.root }, computedAlone, failure: null });
          means.onGlobal(job, report);
        },
      }),
    );
  }

  async function join(chain: ChainClient, view: JobView) {
    if (!roles || joining.has(view.id)) return;
    joining.add(view.id);
    const { train, verify, priceWei } = roles;
    const has = view.bids.some(({ bidder }) => sameAddress(bidder, chain.address));
    const audits = view.auditors.some((auditor) => sameAddress(auditor, chain.address));
    try {
      if (!refused.has(view.id)) change(view.id, { phase: 'bidding', message: 'Offering this tab', failure: null });
      if ((await readAccount(chain)).balanceWei === 0n && chain.deployment.faucet) await fundFromFaucet(chain);
      const { terms } = view;
      if (train && !has) {
        const { macsPerSecond, memoryBytes } = means.speed();
        await placeBid(chain, {
          job: view.id,
          priceWei: priceWei ?? terms.maxPriceWei,
          macsPerSecond: BigInt(macsPerSecond),
          memoryBytes: BigInt(memoryBytes),
          stakeWei: terms.stakePerSlotWei,
        });
        means.journal(`Job ${view.id}: offered this tab for training.`, false);
      }
      // A peer at work takes its place again by itself.
      if (verify && !audits && !peers.has(view.id)) {
        await enlistAuditor(chain, { job: view.id });
        means.journal(`Job ${view.id}: offered this tab for checking others' work.`, false);
      }
      refused.delete(view.id);
      startPeer(chain, view.id);
    } catch (error) {
      const failure = error instanceof Error ? error.message : String(error);
      change(view.id, { phase: 'failed', message: 'This tab could not join; it tries again', failure });
      if (refused.get(view.id)?.text !== failure) means.journal(`Job ${view.id}: ${failure}`, true);
      refused.set(view.id, { text: failure, time: means.now() });
    } finally {
      joining.delete(view.id);
    }
  }

  return {
    work,
    startPeer,
    /** New roles; joins follow as jobs are seen. */
    setRoles(next: Roles | null) {
      roles = next;
    },
    /** Joins jobs that fit the roles, and takes up again what this account has promised before a reload. */
    async sync(chain: ChainClient, views: readonly JobView[]) {
      for (const view of views.filter(isOpen)) {
        const party =
          sameAddress(view.requestor, chain.address) ||
          view.bids.some(({ bidder }) => sameAddress(bidder, chain.address)) ||
          view.auditors.some((auditor) => sameAddress(auditor, chain.address));
        if (party) startPeer(chain, view.id);
        const wanted = roles && (roles.job === undefined || roles.job === view.id) && !sameAddress(view.requestor, chain.address);
        const failed = means.now() - (refused.get(view.id)?.time ?? 0) < RETRY_SECONDS;
        if (wanted && !failed && !hasJoined(roles, view, chain, peers.has(view.id))) await join(chain, view);
      }
    },
    async stop(chain: ChainClient, views: readonly JobView[]) {
      roles = null;
      refused.clear();
      for (const view of views.filter(isOpen)) {
        const bid = view.bids.find(({ bidder }) => sameAddress(bidder, chain.address));
        // A slot that is held ends by missing its next deadline; a waiting bid can be taken back at once.
        if (bid && bid.slot === null) await withdrawBid(chain, { job: view.id }).catch((error: unknown) => means.journal(String(error), true));
        if (view.auditors.some((auditor) => sameAddress(auditor, chain.address)))
          await retireAuditor(chain, { job: view.id }).catch((error: unknown) => means.journal(String(error), true));
        if (!sameAddress(view.requestor, chain.address)) {
          peers.get(view.id)?.stop();
          peers.delete(view.id);
          change(view.id, { phase: 'idle', message: 'Stopped' });
        }
      }
    },
    stopAll() {
      refused.clear();
      for (const peer of peers.values()) peer.stop();
      peers.clear();
      work.value = [];
    },
  };
}

function hasJoined(roles: Roles | null, view: JobView, chain: ChainClient, atWork: boolean): boolean {
  const bids = view.bids.some(({ bidder }) => sameAddress(bidder, chain.address));
  const audits = view.auditors.some((auditor) => sameAddress(auditor, chain.address));
  return (!roles?.train || bids) && (!roles?.verify || audits || atWork);
}

function newWork(job: bigint): WorkView {
  return {
    job,
    phase: 'idle',
    message: '',
    slot: null,
    round: 0,
    step: 0,
    stepsPerRound: 0,
    stepMs: 0,
    progress: null,
    loss: null,
    auditsDone: 0,
    failure: null,
    roots: {},
    computedAlone: [],
  };
}

function describeProgress({ doing, round, slot, step, bytes }: PeerProgress): Partial<WorkView> {
  const messages = {
    downloading: 'Fetching the program and the data',
    training: `Training round ${round + 1}`,
    sharing: `Putting round ${round + 1} together with the others`,
    auditing: `Checking a piece of round ${round + 1}, slot ${slot + 1}`,
  };
  return {
    phase: doing,
    message: messages[doing],
    round,
    progress: bytes ? { ...bytes, unit: 'pieces' } : null,
    ...(step && doing === 'training' ? { step: step.step, stepsPerRound: step.steps, stepMs: step.stepMs, loss: step.loss } : {}),
    ...(step && doing === 'auditing' ? { progress: { done: step.step, total: step.steps, unit: 'steps' } } : {}),
  };
}

const BUSY: Readonly<Record<string, WorkView['phase']>> = {
  getMaterial: 'downloading',
  getGlobal: 'downloading',
  train: 'training',
  commit: 'sharing',
  computeNext: 'sharing',
  audit: 'auditing',
};

function describeState(state: PeerState): Partial<WorkView> {
  const { view } = state;
  if (!view) return {};
  const slot = view.bids.find(({ bidder }) => sameAddress(bidder, state.me))?.slot ?? null;
  const auditsDone = Object.keys(state.attested).length;
  const busy = Object.keys(state.running)
    .map((key) => BUSY[key.split('/')[0] ?? ''])
    .find((phase) => phase !== undefined);
  const base = { slot, auditsDone };
  if (view.phase === 'finished') return { ...base, phase: 'finished', message: 'The job is done' };
  if (busy) return { ...base, phase: busy };
  const round = view.rounds[view.round];
  const message =
    view.phase === 'recruiting'
      ? 'Waiting for enough tabs'
      : slot === null
        ? 'Ready to check work when drawn'
        : round?.closed
          ? 'Waiting for the next round'
          : 'Waiting for the others';
  return { ...base, phase: 'waiting', message, round: view.round };
}
