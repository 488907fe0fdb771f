/** A tab in a chosen situation: its signals are fixed, its actions answer at once and write down what they were asked. */
import { signal } from '@preact/signals';
import type { DisputeView } from '#swarm/protocol/disputeView.ts';
import type { DeviceView, PreparedJob, TabModel, TrainedModel, WorkView } from '#web/tab/tabModel.ts';
import { fixtureDisputes } from './fixtureDisputes.ts';
import { card, ME, NOW, TUT } from './fixtureJobs.ts';

export type Scene = 'busy' | 'empty' | 'nogpu' | 'refused';

const GPU: DeviceView = {
  phase: 'ready',
  name: 'NVIDIA GeForce RTX 4070 (Chrome)',
  message: 'This graphics processor computes exactly: every test agreed with the reference to the last bit.',
  checks: [
    { name: 'Every kind of arithmetic', passed: true, detail: '4096 values compared, every bit equal' },
    { name: 'Matrix products', passed: true, detail: '1024 values compared, every bit equal' },
    { name: 'Hashes of states', passed: true, detail: 'made on the graphics processor: 1 MiB takes the graphics processor 3 ms, the processor 24 ms' },
  ],
  jobTests: [
    {
      operations: 61,
      pipelines: [
        { label: 'layer dense_1, product', values: 24, different: 0, first: null, guarded: true },
        { label: 'layer dense_1, gradient of the kernel', values: 0, different: 0, first: null, guarded: true },
        { label: 'adam', values: 36, different: 0, first: null, guarded: false },
      ],
    },
  ],
  macsPerSecond: 2.41e12,
  memoryBytes: 8e9,
};
const DEVICES: Readonly<Record<Scene, DeviceView>> = {
  busy: GPU,
  empty: {
    phase: 'checking',
    name: 'Looking for a graphics processor',
    message: 'Testing that this device computes exactly.',
    checks: [],
    jobTests: [],
    macsPerSecond: 0,
    memoryBytes: 0,
  },
  nogpu: {
    phase: 'none',
    name: 'CPU (reference)',
    message: 'This browser has no WebGPU. Chrome, Edge or Firefox on a desktop would help. Meanwhile this tab can post jobs, watch them, and audit small steps on its processor.',
    checks: [],
    jobTests: [],
    macsPerSecond: 3.1e6,
    memoryBytes: 1 << 30,
  },
  refused: {
    ...GPU,
    phase: 'refused',
    message: 'NVIDIA GeForce RTX 4070 (Chrome) does not compute exactly as Tutti needs, so it is not given work. An update of the graphics driver or another browser may help.',
    checks: [{ name: 'Every kind of arithmetic', passed: false, detail: 'exp gave 0x3f800001, the reference 0x3f800000' }],
  },
};

const idle: WorkView = {
  job: 0n,
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
const WORK: readonly WorkView[] = [
  { ...idle, job: 3n, phase: 'training', message: 'Training round 5', slot: 1, round: 4, step: 74, stepsPerRound: 120, stepMs: 31.4, loss: 0.2214, auditsDone: 3 },
  { ...idle, job: 2n, phase: 'auditing', message: 'Checking a piece of round 2, slot 1', round: 1, progress: { done: 6, total: 10, unit: 'steps' }, auditsDone: 1 },
  { ...idle, job: 1n, phase: 'failed', message: 'This tab could not join', failure: 'This job needs 12 GB of GPU memory; this device has 8 GB.' },
];

export function fixtureTab(scene: Scene): { readonly tab: TabModel; readonly calls: unknown[][] } {
  const calls: unknown[][] = [];
  let standIn: string | null = null;
  const called =
    (name: string) =>
    async (...args: unknown[]) => {
      calls.push([name, ...args.filter((value) => typeof value !== 'function')]);
    };
  const busy = scene !== 'empty';
  const trainedModel: TrainedModel = {
    task: card(3n).spec?.task ?? { kind: 'digits', classes: [] },
    classify: async (features) => {
      calls.push(['classify', features.length, features.reduce((sum, value) => sum + value, 0) > 0]);
      return Float32Array.from({ length: 10 }, (_, k) => (k === 7 ? 0.91 : 0.01));
    },
    continueText: async (prompt, _length, onText) => {
      calls.push(['continueText', prompt]);
      for (const piece of [' thou', ' art', ' more', ' lovely']) onText(piece);
    },
    dispose: () => undefined,
  };
  const tab: TabModel = {
    device: signal(DEVICES[scene]),
    account: signal({
      address: ME,
      kind: 'tab key',
      balanceWei: busy ? 93n * TUT : 0n,
      stakedWei: busy ? 40n * TUT : 0n,
      creditWei: busy ? 5n * TUT : 0n,
      earnedWei: busy ? 12n * TUT : 0n,
      pendingWei: busy ? 4n * TUT : 0n,
    }),
    network: signal({
      relay: 'connected',
      chain: 'connected',
      peers: busy
        ? [
            { id: '12D3KooWAbcdefghijkQ7mR4tXy', path: 'direct' },
            { id: '12D3KooWZyxwvutsrqpK2nB8sLw', path: 'direct' },
            { id: '12D3KooWMnopqrstuvwH5pD3fGh', path: 'relayed' },
          ]
        : [],
      sentBytes: busy ? 5_431_200 : 0,
      receivedBytes: busy ? 48_112_031 : 0,
    }),
    jobs: signal(busy ? [card(3n), card(2n), card(1n), card(4n)] : []),
    work: signal(scene === 'busy' ? WORK : []),
    journal: signal(
      busy
        ? [
            { time: NOW * 1000, text: 'Job 3: handed in round 4, slot 2.', bad: false },
            { time: (NOW - 40) * 1000, text: 'Job 1: this job needs 12 GB of GPU memory; this device has 8 GB.', bad: true },
            { time: (NOW - 300) * 1000, text: 'NVIDIA GeForce RTX 4070 (Chrome) passed its self-test.', bad: false },
          ]
        : [],
    ),
    async prepare(draft, onProgress) {
      calls.push(['prepare', { ...draft, maxPriceWei: String(draft.maxPriceWei), auditFeeWei: String(draft.auditFeeWei), stakePerSlotWei: String(draft.stakePerSlotWei) }]);
      onProgress('Capturing one training step', 0.45);
      return {
        draft,
        estimate: {
          programHash: `0x${'5e'.repeat(32)}`,
          operations: 61,
          parameters: 101_770,
          flopsPerRound: 4.9e9,
          deltaBytesPerRound: 103_400,
          datasetBytes: 7_065_000,
          peakBytes: 4_812_000,
          costWei: 36n * TUT,
        },
      } satisfies PreparedJob;
    },
    async post(_job, onProgress) {
      calls.push(['post']);
      onProgress('Escrowing the bounty', 0.8);
      return 3n;
    },
    contribute: async (roles) => called('contribute')({ train: roles.train, verify: roles.verify }),
    stopContributing: called('stopContributing'),
    claim: called('claim'),
    exportKey: () => `0x${'ab'.repeat(32)}`,
    restoreKey: called('restoreKey'),
    connectWallet: async () => {
      throw new Error('This browser has no wallet. Install one, or go on with the key of this tab.');
    },
    readStandIn: async () => standIn,
    async nameStandIn(address) {
      calls.push(['nameStandIn', address]);
      standIn = address;
      return new Uint8Array([123, 125]);
    },
    async dismissStandIn() {
      calls.push(['dismissStandIn']);
      standIn = null;
    },
    fundFromFaucet: called('fundFromFaucet'),
    async replay(receipt, onProgress) {
      calls.push(['replay', receipt.round, receipt.slot, receipt.segment]);
      onProgress('Running 20 steps', 0.5);
      const claimed = `0x${'c4'.repeat(32)}` as const;
      const same = receipt.slot !== 1;
      return { verdict: same ? 'MATCH' : 'MISMATCH', claimed, computed: same ? claimed : `0x${'1f'.repeat(32)}`, steps: 20, device: GPU.name, milliseconds: 1840 };
    },
    async dispute(id) {
      const view = id === '4' ? midway(fixtureDisputes[0]) : fixtureDisputes.find((one) => one.id === id);
      if (!view) throw new Error(`There is no dispute ${id} on this chain.`);
      return view;
    },
    trained: async (job) => {
      calls.push(['trained', String(job)]);
      return trainedModel;
    },
    downloadLayersModel: async (job) => {
      calls.push(['downloadLayersModel', String(job)]);
      return [{ name: 'model.json', bytes: Uint8Array.of(123, 125) }];
    },
    downloadSafetensors: async (job) => {
      calls.push(['downloadSafetensors', String(job)]);
      return Uint8Array.of(1, 2, 3);
    },
  };
  return { tab, calls };
}

/** As the first one was seen after its segment was opened, while the challenger looks for the step. */
function midway(view: DisputeView | undefined): DisputeView | undefined {
  if (!view) return undefined;
  const walk = view.walk.filter(({ level }) => level !== 'position').map((level, k) => ({ ...level, chosen: k === 0 ? level.chosen : null, count: k < 3 ? level.count : null }));
  const moves = view.moves.slice(0, 2);
  const transactions = view.transactions.slice(0, 1 + moves.length);
  return { ...view, id: '4', moves, transactions, walk, phase: 'steps', turn: 'challenger', winner: null, ruling: null, operation: null, until: NOW };
}
