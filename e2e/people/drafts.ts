/** Jobs as a person would post them, by the names of the command line. */
import { parseEther } from 'viem';
import type { JobDraft } from '#web/tab/tabModel.ts';

export type DemoJob = 'mnist-dense' | 'mnist-cnn' | 'text';
export const DEMO_JOBS: readonly DemoJob[] = ['mnist-dense', 'mnist-cnn', 'text'];

const PACE: Readonly<Record<DemoJob, Pick<JobDraft, 'batch' | 'stepsPerRound' | 'checkpointEvery' | 'roundSeconds' | 'optimizer'>>> = {
  'mnist-dense': { batch: 64, stepsPerRound: 200, checkpointEvery: 20, roundSeconds: 240, optimizer: { kind: 'adam', learningRate: 0.003 } },
  'mnist-cnn': { batch: 32, stepsPerRound: 40, checkpointEvery: 10, roundSeconds: 400, optimizer: { kind: 'adam', learningRate: 0.003 } },
  text: { batch: 8, stepsPerRound: 40, checkpointEvery: 10, roundSeconds: 400, optimizer: { kind: 'adam', learningRate: 0.003 } },
};

export function draftOf(
  job: DemoJob,
  options: { readonly slots: number; readonly rounds: number; readonly text?: { readonly name: string; readonly content: string }; readonly change?: Partial<JobDraft> },
): JobDraft {
  const { slots, rounds, text } = options;
  if (job === 'text' && !text) throw new Error('--job text needs --file FILE, a text to learn from');
  return {
    title: { 'mnist-dense': 'Handwritten digits, dense net', 'mnist-cnn': 'Handwritten digits, small CNN', text: `Text: ${text?.name}` }[job],
    model: { kind: 'preset', name: job },
    data: job === 'text' && text ? { kind: 'text', file: text.content, name: text.name } : { kind: 'mnist' },
    slots,
    rounds,
    auditRate: 0.5,
    maxPriceWei: parseEther('2'),
    auditFeeWei: parseEther('1'),
    stakePerSlotWei: parseEther('20'),
    minMacsPerSecond: 1,
    minMemoryBytes: 1,
    licence: 'for tests',
    ...PACE[job],
    ...options.change,
  };
}
