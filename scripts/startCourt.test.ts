import { afterAll, beforeAll, expect, test } from 'vitest';
import { evaluateScalar } from '#engine/numerics/evaluateScalar.ts';
import { BODY_OPS, type BodyOp } from '#engine/program/program.ts';
import { randomScalarCase } from './randomScalarCase.ts';
import { type CourtExecutor, startCourt } from './startCourt.ts';

let court: CourtExecutor;
beforeAll(async () => {
  court = await startCourt();
});
afterAll(() => court.stop());

test('N1 N2 N3 the deployed court gives the bits of the law for random and edge cases of every instruction', async () => {
  const next = randomScalarCase(20);
  const cases = Array.from({ length: 4000 }, (_, k) => next(BODY_OPS[k % BODY_OPS.length] as BodyOp));
  const given = await court.compute(cases);
  expect(given).toHaveLength(cases.length);
  const wrong = cases.filter(({ op, args }, k) => given[k] !== evaluateScalar(op, args));
  expect(wrong).toEqual([]);
});
