/** The presets as they are trained: real digits, real text, Adam; and what a person's own file captures. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Authored, captureAuthored } from '#engine/capture/captureAuthored.ts';
import { loadTfjs } from '#engine/capture/loadTfjs.ts';
import { mnistCnn } from '#engine/capture/presets/mnistCnn.ts';
import { mnistDense } from '#engine/capture/presets/mnistDense.ts';
import { SMALL_TRANSFORMER, textTransformer } from '#engine/capture/presets/textTransformer.ts';
import { loadDigits } from '#engine/capture/testing/digits.ts';
import type { Bits } from '#engine/program/executor.ts';
import type { Profile, Program } from '#engine/program/program.ts';
import type { Case } from './compareCase.ts';

export const PRESETS = ['mnist-dense', 'mnist-cnn', 'text'] as const;
export type PresetName = (typeof PRESETS)[number];

/** Rows of a batch, chosen so that a hundred steps take seconds on a software GPU. */
const BATCH: Readonly<Record<PresetName, number>> = { 'mnist-dense': 32, 'mnist-cnn': 8, text: 2 };
const ADAM = { kind: 'adam', learningRate: 0.002 } as const;
/** Any text would do; this one is written down for good, as roots depend on it. */
const TEXT = 'the quick brown fox jumps over the lazy dog and the small cat sat on a warm mat while it rained. ';

const floats = (values: Float32Array): Bits => new Uint32Array(values.slice().buffer);
const integers = (values: Int32Array): Bits => new Uint32Array(values.slice().buffer);

/** Bits of each input of a step; `columns` by name. */
function inputsOf(program: Program, step: number, columns: Readonly<Record<string, Bits>>): Bits[] {
  return program.inputs.map(({ source }) => {
    if (source.kind === 'column') return columns[source.column] ?? new Uint32Array(0);
    if (source.kind === 'seed') return Uint32Array.of(17, 42);
    if (source.kind === 'step') return Uint32Array.of(step);
    return floats(Float32Array.of(0.001));
  });
}

function digitColumns(batch: number): (step: number) => Record<string, Bits> {
  const { images, labels } = loadDigits(40);
  return (step) => {
    const image = new Float32Array(batch * 784);
    const label = new Int32Array(batch);
    for (let k = 0; k < batch; k++) {
      const row = (step * batch + k) % labels.length;
      image.set(images.subarray(row * 784, (row + 1) * 784), k * 784);
      label[k] = labels[row] as number;
    }
    return { image: floats(image), label: integers(label) };
  };
}

function textColumns(batch: number, length: number, vocabulary: readonly string[]): (step: number) => Record<string, Bits> {
  return (step) => ({
    tokens: Uint32Array.from({ length: batch * length }, (_, k) => vocabulary.indexOf(TEXT[((step * batch + Math.floor(k / length)) * 7 + (k % length)) % TEXT.length] as string)),
  });
}

export async function presetCase(name: PresetName, steps: number, profile: Profile): Promise<Case> {
  const tf = await loadTfjs();
  const options = { tf, batch: BATCH[name], seed: 1, optimizer: ADAM, profile };
  const vocabulary = [...new Set(TEXT)].sort();
  const captured =
    name === 'text'
      ? await textTransformer({ ...options, shape: { ...SMALL_TRANSFORMER, vocabulary: vocabulary.length } })
      : await (name === 'mnist-dense' ? mnistDense : mnistCnn)(options);
  const columnsAt = name === 'text' ? textColumns(options.batch, SMALL_TRANSFORMER.window + 1, vocabulary) : digitColumns(options.batch);
  return {
    name,
    program: captured.program,
    state: captured.state.map((slot) => slot.initial),
    steps: Array.from({ length: steps }, (_, step) => inputsOf(captured.program, step, columnsAt(step))),
  };
}

/** FILE as for `npm run -s capture`: its example batch is every step's. */
export async function fileCase(path: string, steps: number, profile: Profile): Promise<Case> {
  const loaded = (await import(pathToFileURL(resolve(path)).href)) as { default?: unknown };
  if (typeof loaded.default !== 'function') throw new Error(`${path} has no default export that is a function: export default (tf) => ({ model, optimizer, loss, batch })`);
  const tf = await loadTfjs();
  const { program, state, example } = await captureAuthored(tf, loaded.default as (given: typeof tf) => Authored, { seed: 1, profile });
  return { name: path, program, state: state.map((slot) => slot.initial), steps: Array.from({ length: steps }, (_, step) => inputsOf(program, step, example)) };
}

/** State root (H4: round 0, slot 0, step 100) after a hundred steps, by profile and preset. */
export function goldenRoots(): Readonly<Record<string, Readonly<Record<string, string>>>> {
  return JSON.parse(readFileSync(new URL('goldenRoots.json', import.meta.url), 'utf8')) as Record<string, Record<string, string>>;
}
