import { afterEach, expect, test } from 'vitest';
import { buildTown, type Town } from './testing/town.ts';

let town: Town;
afterEach(() => town?.stop());

const SLOTS = 5;
/** `npm run draws` draws 200; every test run draws 40. */
const DRAWS = Number(process.env['TUTTI_DRAWS'] ?? 40);

test(`A2, A6: ${DRAWS} draws of honest work, and not one mismatch`, { timeout: 60_000 + DRAWS * 2000 }, async () => {
  town = await buildTown({ hurry: 4 });
  const requestor = await town.citizen('requestor');
  const job = await town.post(requestor, { slots: SLOTS, rounds: DRAWS / SLOTS, roundSeconds: 200 }, { stepsPerRound: 6, checkpointEvery: 2 });
  for (const name of ['vera', 'victor']) await town.verify(await town.citizen(name), job);
  for (let slot = 0; slot < SLOTS; slot++) await town.solve(await town.citizen(`solver ${slot}`), job);
  const view = await town.until(job, 'finished', ({ phase }) => phase === 'finished', 50_000 + DRAWS * 2000);

  const audits = view.rounds.flatMap(({ slots }) => slots.map(({ audit }) => audit));
  expect(audits.length).toBe(DRAWS);
  expect(audits.filter((audit) => audit?.phase !== 'matched')).toEqual([]);
  expect(new Set(audits.map((audit) => audit?.segment))).toEqual(new Set([0, 1, 2]));
  expect(view.challenges).toEqual([]);
  expect(view.escrowWei).toBe(0n);
});
