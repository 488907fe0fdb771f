/** The real tab behind `TabModel`: connects everything, then keeps the signals true. */
import { signal } from '@preact/signals';
import { proxy } from 'comlink';
import { isAddress, zeroAddress } from 'viem';
import { claimCredits } from '#swarm/chain/claimCredits.ts';
import type { ChainClient } from '#swarm/chain/createChainClient.ts';
import { delegateDisputes } from '#swarm/chain/delegateDisputes.ts';
import { deploymentId } from '#swarm/chain/deployment.ts';
import { fundFromFaucet } from '#swarm/chain/fundFromFaucet.ts';
import { readAccount } from '#swarm/chain/readAccount.ts';
import { readDelegate } from '#swarm/chain/readDelegate.ts';
import { readDisputeView } from '#swarm/chain/readDisputeView.ts';
import { watchBlocks } from '#swarm/chain/watchBlocks.ts';
import { encodeDelegation } from '#swarm/protocol/delegation.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { JobView } from '#swarm/protocol/jobView.ts';
import { parseJobSpec } from '#swarm/protocol/parseJobSpec.ts';
import { parseDatasetManifest } from '#swarm/protocol/parseDatasetManifest.ts';
import { connectTab } from './connectTab.ts';
import { connectInjectedWallet, reconnectInjectedWallet } from './connectInjectedWallet.ts';
import { createContribution } from './contribution.ts';
import { fetchLosses } from './fetchLosses.ts';
import { createJobBoard } from './jobBoard.ts';
import { openModel, readModel } from './modelOf.ts';
import { costWei, postDraft } from './postDraft.ts';
import { replayReceipt } from './replayReceipt.ts';
import { storagePeerStore } from './storagePeerStore.ts';
import { restoreTabKey } from './tabKey.ts';
import type { AccountView, DeviceView, JobCard, NetworkView, PreparedJob, TabModel } from './tabModel.ts';
import type { PreparedParts } from '#web/worker/prepareJob.ts';
import { type JobReader, newestRound } from './trainedState.ts';

const CHECKING: DeviceView = {
  phase: 'checking',
  name: 'Looking for a graphics processor',
  message: 'Testing that this device computes exactly.',
  checks: [],
  jobTests: [],
  macsPerSecond: 0,
  memoryBytes: 0,
};
const JOURNAL_LENGTH = 200;
/** Whether this tab's account is an injected wallet's: kept, or a reload would work for another account. */
const WALLET_KEY = 'tutti.wallet';
const TRAFFIC_MS = 2000;
const LOSSES_MS = 15_000;

/** Errors: the relay cannot be reached, or too many tabs are open; in words to show. */
export async function createTab(): Promise<TabModel> {
  const journal = signal<readonly { readonly time: number; readonly text: string; readonly bad: boolean }[]>([]);
  const note = (text: string, bad: boolean) => {
    journal.value = [{ time: Date.now(), text, bad }, ...journal.value].slice(0, JOURNAL_LENGTH);
  };
  const parts = await connectTab((error) => note(error.message, true));
  const { identity, mesh, blobs, worker } = parts;
  const device = signal(CHECKING);
  const network = signal<NetworkView>({ relay: 'connecting', chain: 'connecting', peers: [], sentBytes: 0, receivedBytes: 0 });
  const wallet = identity.storage.getItem(WALLET_KEY) === 'yes' ? await reconnectInjectedWallet(parts.deployment.chainId) : null;
  let chain: ChainClient = await parts.chainFor(wallet ?? identity.key);
  const account = signal<AccountView>({ address: chain.address, kind: wallet ? 'wallet' : 'tab key', balanceWei: 0n, stakedWei: 0n, creditWei: 0n, earnedWei: 0n, pendingWei: 0n });
  const board = createJobBoard(blobs, identity.storage, deploymentId(parts.deployment));
  const store = storagePeerStore(identity.storage);
  const showDevice = (view: DeviceView) => {
    if (view.phase !== device.value.phase) note(view.phase === 'ready' ? `${view.name} passed its self-test.` : view.message, view.phase !== 'ready');
    device.value = view;
  };
  const inspected = worker.host.inspect().then(showDevice);
  void worker.host.watchDevice(proxy(showDevice));
  const means = { mesh, blobs, engine: worker.engine, store, secret: identity.secret };
  const reader = (): JobReader => ({ ...means, chain });
  const chainClock = { time: Date.now() / 1000, seenAt: Date.now() };
  const contribution = createContribution({
    ...means,
    now: () => chainClock.time + (Date.now() - chainClock.seenAt) / 1000,
    journal: note,
    speed: () => device.value,
    onLoss: (job, report) => board.addLoss(job, report, cardOf(job)?.spec?.stepsPerRound ?? 1),
    onGlobal: (job, { round, state }) => void evaluateOwn(job, round, state),
  });
  const cardOf = (job: bigint) => board.jobs.value.find((card) => card.id === job);

  const isOwn = (view: JobView) => view.requestor.toLowerCase() === chain.address.toLowerCase();

  /** The requestor's tab tells how well the model does on rows that nobody trained on. */
  async function evaluateOwn(job: bigint, round: number, state: Uint8Array) {
    const card = cardOf(job);
    if (!card || !isOwn(card.view)) return;
    try {
      const spec = card.spec ?? parseJobSpec(await blobs.get(card.view.terms.specHash));
      if (!spec.testDataset) return;
      const manifest = parseDatasetManifest(await blobs.get(spec.testDataset));
      const chunks = await Promise.all(manifest.chunks.map((hash) => blobs.get(hash)));
      const handle = await worker.host.openTrained(await blobs.get(spec.model), state, spec.task);
      const accuracy = await worker.host.accuracy(handle, manifest, chunks);
      await worker.host.closeTrained(handle);
      if (accuracy !== null) board.addTestAccuracy(job, round, accuracy);
    } catch (error) {
      note(`The model after round ${round} could not be evaluated: ${error instanceof Error ? error.message : String(error)}`, true);
    }
  }

  /** A job that ended while this tab was away: its peer does not start again, and its last model was never measured. */
  const measured = new Set<bigint>();
  async function evaluateFinished({ id, view, testAccuracy }: JobCard) {
    const round = newestRound(view);
    if (view.phase !== 'finished' || !isOwn(view) || measured.has(id) || testAccuracy.some((one) => one.round === round)) return;
    measured.add(id);
    await readModel(reader(), id).then(
      ({ state }) => evaluateOwn(id, round, state),
      () => note(`The model of job ${id} is not to be had here any more, so its accuracy cannot be measured.`, true),
    );
  }

  /** Rounds that were trained while this tab was not listening. */
  const askedLosses = new Map<bigint, number>();
  async function catchUp({ id, view, curve, spec }: JobCard) {
    const missed = view.rounds.some(({ closed, round, slots }) => closed && slots.some(({ commitment }) => commitment) && !curve.some((point) => point.round === round));
    const asked = askedLosses.get(id) ?? Number.NEGATIVE_INFINITY;
    if (!missed || !spec || Date.now() - asked < LOSSES_MS) return;
    askedLosses.set(id, Date.now());
    for (const report of await fetchLosses(chain, view).catch(() => [])) board.addLoss(id, report, spec.stepsPerRound);
  }

  async function refresh() {
    await board.refresh(chain);
    const views = board.jobs.value.map((card) => card.view);
    const held = await readAccount(chain);
    const { earnedWei, pendingWei } = payOf(views, chain.address);
    account.value = { ...account.value, address: chain.address, balanceWei: held.balanceWei, stakedWei: held.stakedWei, creditWei: held.creditWei, earnedWei, pendingWei };
    await contribution.sync(chain, views);
    for (const card of board.jobs.value) {
      void evaluateFinished(card);
      void catchUp(card);
    }
  }
  let refreshing = Promise.resolve();
  const refreshInTurn = () => {
    refreshing = refreshing.then(refresh).catch((error: unknown) => note(error instanceof Error ? error.message : String(error), true));
    return refreshing;
  };

  let stopWatching = () => {};
  function watch() {
    stopWatching();
    stopWatching = watchBlocks(
      chain,
      ({ time }) => {
        chainClock.time = time;
        chainClock.seenAt = Date.now();
        network.value = { ...network.value, chain: 'connected' };
        void refreshInTurn();
      },
      { onError: () => (network.value = { ...network.value, chain: 'lost' }) },
    );
  }
  watch();

  const showPeers = () => {
    const peers = mesh.peers();
    const relay = peers.some(({ path }) => path === 'relay') ? 'connected' : network.value.relay === 'connecting' ? 'connecting' : 'lost';
    const { sent, received } = blobs.traffic();
    network.value = { ...network.value, relay, peers: peers.filter(({ path }) => path !== 'relay'), sentBytes: sent, receivedBytes: received };
  };
  mesh.onPeers(showPeers);
  setInterval(showPeers, TRAFFIC_MS);
  showPeers();

  const prepared = new WeakMap<PreparedJob, PreparedParts>();
  return {
    device,
    account,
    network,
    journal,
    jobs: board.jobs,
    work: contribution.work,
    async prepare(draft, onProgress) {
      const job = await worker.host.prepareJob(
        draft,
        proxy(onProgress),
        proxy((hash: Hash) => blobs.get(hash)),
      );
      const result: PreparedJob = { draft, estimate: { ...job.estimate, costWei: costWei(draft) } };
      prepared.set(result, job);
      return result;
    },
    async post(job, onProgress) {
      const jobParts = prepared.get(job);
      if (!jobParts) throw new Error('This draft has to be checked again before it is posted.');
      const id = await postDraft(chain, blobs, job.draft, jobParts, onProgress);
      note(`Job ${id} is posted; its bounty is in escrow.`, false);
      await refreshInTurn();
      return id;
    },
    async contribute(roles) {
      await inspected;
      contribution.setRoles(roles);
      await refreshInTurn();
    },
    stopContributing: () =>
      contribution.stop(
        chain,
        board.jobs.value.map((card) => card.view),
      ),
    async claim() {
      await claimCredits(chain);
      await refreshInTurn();
    },
    exportKey: () => identity.key,
    async restoreKey(text) {
      restoreTabKey(identity.storage, text);
      identity.storage.setItem(WALLET_KEY, 'no');
      // Salts, records and work rest on the key: everything begins anew with it.
      location.reload();
      await new Promise(() => undefined);
    },
    async connectWallet() {
      const next = await parts.chainFor(await connectInjectedWallet(parts.deployment.chainId));
      identity.storage.setItem(WALLET_KEY, 'yes');
      contribution.stopAll();
      chain = next;
      account.value = { ...account.value, address: next.address, kind: 'wallet' };
      watch();
      await refreshInTurn();
    },
    readStandIn: () => readDelegate(chain),
    async nameStandIn(text) {
      if (!isAddress(text, { strict: false })) throw new Error('An address is 0x and 40 hexadecimal digits.');
      await delegateDisputes(chain, { to: text });
      return encodeDelegation({ chainId: parts.deployment.chainId, account: chain.address, delegate: text, secret: identity.secret });
    },
    dismissStandIn: () => delegateDisputes(chain, { to: zeroAddress }),
    async fundFromFaucet() {
      await fundFromFaucet(chain);
      await refreshInTurn();
    },
    replay: (receipt, onProgress) => replayReceipt(reader(), receipt, device.value.name, onProgress),
    dispute: (id) => readDisputeView(chain, BigInt(id)),
    trained: (job) => openModel(reader(), worker.host, job),
    async downloadLayersModel(job) {
      const { modelBlob, state } = await readModel(reader(), job);
      return worker.host.exportLayersModel(modelBlob, state);
    },
    async downloadSafetensors(job) {
      const { modelBlob, state } = await readModel(reader(), job);
      return worker.host.exportSafetensors(modelBlob, state);
    },
  };
}

/** What the chain has decided for this account's slots, and what it has not yet. */
function payOf(views: readonly JobView[], address: string): { earnedWei: bigint; pendingWei: bigint } {
  let earnedWei = 0n;
  let pendingWei = 0n;
  for (const slot of views.flatMap((view) => view.rounds.flatMap((round) => round.slots))) {
    if (slot.commitment?.solver.toLowerCase() !== address.toLowerCase()) continue;
    if (slot.phase === 'paid') earnedWei += slot.payWei;
    else if (['committed', 'waiting', 'drawn', 'held'].includes(slot.phase)) pendingWei += slot.payWei;
  }
  return { earnedWei, pendingWei };
}
