import { expect, test } from 'vitest';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import type { Bits, Executor } from '#engine/program/executor.ts';
import { runCase } from '../e2e/conformance/compareCase.ts';
import { endingCase } from '../e2e/conformance/kernelCases.ts';
import { verdictOn, verdictOnLaw } from './conformanceVerdict.ts';

const DIVERGES = endingCase('diverges in step 2', [
  { index: 0, factor: 2 },
  { index: 0, factor: 0.5 },
  { index: 3, factor: 2 ** 127 },
]);
const FINE = endingCase(
  'ends as it should',
  DIVERGES.steps.map((_, index) => ({ index, factor: 2 })),
);

/** Law-abiding, but for what it makes of the outputs of each run. */
function changed(change: (outputs: Bits[][]) => void, state: (bits: Bits[]) => void = () => {}): Executor {
  return {
    ...referenceExecutor,
    async prepare(program) {
      const run = await referenceExecutor.prepare(program);
      return {
        ...run,
        run: async (steps) => {
          const outputs = await run.run(steps);
          change(outputs);
          return outputs;
        },
        state: async () => {
          const bits = await run.state();
          state(bits);
          return bits;
        },
      };
    },
  };
}

const flip = (bits: Bits | undefined) => {
  if (bits) bits[0] = ((bits[0] as number) ^ 1) >>> 0;
};

test('P6 of a case that diverges there are the steps before, the state after them, and its root', async () => {
  const law = await runCase(referenceExecutor, DIVERGES);
  const shorter = await runCase(referenceExecutor, { ...DIVERGES, steps: DIVERGES.steps.slice(0, 2) });
  expect(law).toEqual({ ...shorter, error: expect.stringMatching(/^DivergedError: diverged at step 2, first at grow/) });
  expect(law.outputs.length).toBe(2);
  expect(verdictOn(DIVERGES, law, law)).toEqual({ kind: 'equal', cell: 'diverged at step 2', root: shorter.root, mismatches: 0, firstDifference: null });
});

test('a different bit before it diverges is a difference, in an output and in the state', async () => {
  const law = await runCase(referenceExecutor, DIVERGES);
  const inOutput = await runCase(
    changed((outputs) => flip(outputs[1]?.[0])),
    DIVERGES,
  );
  expect(verdictOn(DIVERGES, law, inOutput)).toMatchObject({ kind: 'differs', mismatches: 1, firstDifference: expect.stringMatching(/^step 1, /) });
  const inState = await runCase(
    changed(
      () => {},
      (bits) => flip(bits[0]),
    ),
    DIVERGES,
  );
  expect(verdictOn(DIVERGES, law, inState)).toMatchObject({ kind: 'differs', mismatches: 1, firstDifference: expect.stringMatching(/^state /) });
});

test('another ending is a difference: its kind, its step, its operation, and none', async () => {
  const law = await runCase(referenceExecutor, DIVERGES);
  const endings = [law.error?.replace('DivergedError', 'IndexError'), law.error?.replace('step 2', 'step 1'), law.error?.replace('grow', 'loss'), null];
  for (const error of endings) {
    expect(error).not.toBe(law.error);
    const verdict = verdictOn(DIVERGES, law, { ...law, error: error ?? null });
    expect(verdict).toMatchObject({ kind: 'differs', mismatches: 1, firstDifference: `the law: ${law.error}; here: ${error ?? 'no error'}` });
  }
  const fine = await runCase(referenceExecutor, FINE);
  expect(verdictOn(FINE, fine, { ...fine, outputs: fine.outputs.slice(0, 1), error: law.error })).toMatchObject({ kind: 'differs', mismatches: 1 });
});

test('where the law does no step nothing is compared, and nothing equal', async () => {
  const one = endingCase('diverges at once', [{ index: 3, factor: 2 ** 64 }]);
  const law = await runCase(referenceExecutor, one);
  for (const verdict of [verdictOnLaw(law), verdictOn(one, law, law)]) {
    expect(verdict).toMatchObject({ kind: 'not compared', root: '', mismatches: 1, firstDifference: expect.stringContaining('Lower the learning rate') });
  }
});
