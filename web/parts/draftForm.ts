/** The posting form's state, and what it becomes. */
import { parseEther } from 'viem/utils';
import type { DataSource, JobDraft, ModelSource } from '#web/tab/tabModel.ts';
import type { IconName } from './Icon.tsx';

export type Preset = 'mnist-dense' | 'mnist-cnn' | 'text' | 'own';
type Loss = Extract<ModelSource, { kind: 'layers-model' }>['loss'];

export interface DraftForm {
  readonly preset: Preset;
  readonly title: string;
  readonly textFile: File | null;
  readonly modelFile: File | null;
  /** Text of `modelFile`. */
  readonly topology: string;
  readonly weightFiles: readonly File[];
  readonly loss: Loss;
  readonly ownData: 'csv' | 'images' | 'text' | 'link' | 'mnist';
  readonly csvFile: File | null;
  readonly csvTarget: string;
  readonly imageFiles: readonly File[];
  readonly linkAddress: string;
  readonly linkHash: string;
  readonly linkFormat: 'csv' | 'text' | 'zip';
  readonly optimizer: 'sgd' | 'momentum' | 'adam';
  readonly learningRate: number;
  readonly batch: number;
  readonly slots: number;
  readonly rounds: number;
  readonly stepsPerRound: number;
  readonly checkpointEvery: number;
  readonly roundSeconds: number;
  readonly auditPercent: number;
  readonly price: number;
  readonly auditFee: number;
  readonly stake: number;
  readonly minMemoryMb: number;
  readonly minMegaMacs: number;
  readonly licence: string;
}

export const PRESETS: readonly { readonly name: Preset; readonly title: string; readonly words: string; readonly icon: IconName }[] = [
  { name: 'mnist-dense', title: 'Digits, dense net', words: '10 000 handwritten digits, a net of 784, 192 and 10.', icon: 'digits' },
  { name: 'mnist-cnn', title: 'Digits, small CNN', words: 'The same digits, two convolutions.', icon: 'picture' },
  { name: 'text', title: 'Text, character transformer', words: 'Learns to go on with any text file of yours.', icon: 'text' },
  { name: 'own', title: 'Your own model', words: 'A TensorFlow.js layers model on your data.', icon: 'cube' },
];

const TITLES: Readonly<Record<Preset, string>> = {
  'mnist-dense': 'Handwritten digits, dense net',
  'mnist-cnn': 'Handwritten digits, small CNN',
  text: 'A text, letter by letter',
  own: 'My model',
};
type Pace = Pick<DraftForm, 'batch' | 'stepsPerRound' | 'checkpointEvery' | 'roundSeconds' | 'learningRate'>;
const PACE: Readonly<Record<Preset, Pace>> = {
  'mnist-dense': { batch: 64, stepsPerRound: 200, checkpointEvery: 20, roundSeconds: 240, learningRate: 0.003 },
  'mnist-cnn': { batch: 32, stepsPerRound: 40, checkpointEvery: 10, roundSeconds: 400, learningRate: 0.003 },
  text: { batch: 8, stepsPerRound: 40, checkpointEvery: 10, roundSeconds: 400, learningRate: 0.003 },
  own: { batch: 16, stepsPerRound: 40, checkpointEvery: 10, roundSeconds: 400, learningRate: 0.002 },
};

export function firstForm(): DraftForm {
  return {
    preset: 'mnist-dense',
    title: TITLES['mnist-dense'],
    textFile: null,
    modelFile: null,
    topology: '',
    weightFiles: [],
    loss: 'sparseCategoricalCrossentropy',
    ownData: 'csv',
    csvFile: null,
    csvTarget: '',
    imageFiles: [],
    linkAddress: '',
    linkHash: '',
    linkFormat: 'csv',
    optimizer: 'adam',
    slots: 2,
    rounds: 4,
    ...PACE['mnist-dense'],
    auditPercent: 50,
    price: 2,
    auditFee: 1,
    stake: 20,
    minMemoryMb: 64,
    minMegaMacs: 0,
    licence: 'free to use for this job',
  };
}

/** Title and pace of the preset, save for what the person has typed. */
export function withPreset(form: DraftForm, preset: Preset): DraftForm {
  const before: Partial<DraftForm> = { ...PACE[form.preset], title: TITLES[form.preset] };
  const after: Partial<DraftForm> = { ...PACE[preset], title: TITLES[preset] };
  const untouched = Object.entries(after).filter(([name]) => form[name as keyof DraftForm] === before[name as keyof DraftForm]);
  return { ...form, ...Object.fromEntries(untouched), preset };
}

/** What is missing, in words, or null. */
export function checkDraft(form: DraftForm): string | null {
  const numbers = [
    form.learningRate,
    form.batch,
    form.slots,
    form.rounds,
    form.stepsPerRound,
    form.checkpointEvery,
    form.roundSeconds,
    form.auditPercent,
    form.price,
    form.auditFee,
    form.stake,
    form.minMemoryMb,
    form.minMegaMacs,
  ];
  if (numbers.some((value) => !Number.isFinite(value))) return 'Some number is empty: fill in every field.';
  if (form.stepsPerRound % form.checkpointEvery !== 0) return `A checkpoint every ${form.checkpointEvery} steps does not divide ${form.stepsPerRound} steps a round.`;
  if (form.preset === 'text' && !form.textFile) return 'Choose a text file to learn from.';
  if (form.preset !== 'own') return null;
  if (form.topology === '') return 'Choose the model.json of your model, or paste its text.';
  if (form.ownData === 'csv' && !form.csvFile) return 'Choose a CSV file.';
  if (form.ownData === 'csv' && form.csvTarget === '') return 'Name the column that is to be predicted.';
  if (form.ownData === 'images' && form.imageFiles.length === 0) return 'Choose a folder or a zip of pictures.';
  if (form.ownData === 'text' && !form.textFile) return 'Choose a text file to learn from.';
  if (form.ownData === 'link' && form.linkAddress.trim() === '') return 'Give the address of the data, or its CID.';
  if (form.ownData === 'link' && /^https?:/i.test(form.linkAddress.trim()) && form.linkHash.trim() === '')
    return 'A link needs the SHA-256 of its bytes, so that nobody can change them. `sha256sum FILE` prints it.';
  if (form.ownData === 'link' && form.linkFormat === 'csv' && form.csvTarget === '') return 'Name the column that is to be predicted.';
  return null;
}

export function toDraft(form: DraftForm): JobDraft {
  const { title, batch, slots, rounds, stepsPerRound, checkpointEvery, roundSeconds, licence } = form;
  return {
    title,
    batch,
    slots,
    rounds,
    stepsPerRound,
    checkpointEvery,
    roundSeconds,
    licence,
    model: form.preset === 'own' ? { kind: 'layers-model', topology: form.topology, weights: form.weightFiles, loss: form.loss } : { kind: 'preset', name: form.preset },
    data: dataOf(form),
    optimizer: { kind: form.optimizer, learningRate: form.learningRate },
    auditRate: form.auditPercent / 100,
    maxPriceWei: parseEther(String(form.price)),
    auditFeeWei: parseEther(String(form.auditFee)),
    stakePerSlotWei: parseEther(String(form.stake)),
    minMacsPerSecond: Math.round(form.minMegaMacs * 1e6),
    minMemoryBytes: form.minMemoryMb * 1e6,
  };
}

function dataOf(form: DraftForm): DataSource {
  const kind = form.preset === 'own' ? form.ownData : form.preset === 'text' ? 'text' : 'mnist';
  switch (kind) {
    case 'text':
      return { kind, file: form.textFile as File, name: form.textFile?.name ?? 'text' };
    case 'csv':
      return { kind, file: form.csvFile as File, target: form.csvTarget };
    case 'images':
      return { kind, files: form.imageFiles };
    case 'link':
      return { kind, address: form.linkAddress, hash: form.linkHash, format: form.linkFormat, target: form.csvTarget };
    case 'mnist':
      return { kind };
  }
}
