import { expect, test } from 'vitest';
import { caseLine, matrix, type ModelResult, type Report, summary, toJson } from './conformanceReport.ts';
import { type Verdict, verdictOnAll, verdictOnFailure, verdictOnLaw } from './conformanceVerdict.ts';

const DIVERGED = 'DivergedError: diverged at step 2, first at loss: a value is no longer finite. Lower the learning rate or check the data.';
const outcome = (done: number, error: string | null = null) => ({ outputs: Array.from({ length: done }, () => []), state: [], root: '0x12', error });
const equal = verdictOnLaw(outcome(4));
const differs: Verdict = { kind: 'differs', cell: '3 differ', root: '0x13', mismatches: 3, firstDifference: 'step 0, loss [0]: the law 1, here 2' };
const gone = verdictOnFailure(new Error("Dawn's process ended (signal SIGKILL); it wrote nothing to stderr"));

const caseOf = (law: Verdict, done: number, stacks: Record<string, Verdict>): ModelResult => ({ model: 'm.mjs', profile: 'f12', steps: 4, done, law, stacks });
const reportOf = (one: ModelResult, random: Record<string, Verdict> = { dawn: equal }): Report => ({
  cases: [one],
  random: { count: 2, stacks: random },
  open: Object.keys(one.stacks),
  missing: ['deno'],
});
const rowOf = (report: Report) => matrix(report, ['dawn', 'deno']).split('\n')[1]?.trim().split(/ {2,}/);

test('all equal', () => {
  const report = reportOf(caseOf(equal, 4, { dawn: equal }));
  expect(matrix(report, ['dawn', 'deno']).replaceAll(/ +$/gm, '')).toBe(
    ['                     dawn   deno', 'm.mjs, f12, 4 steps  equal  missing', '2 random Programs    equal  missing'].join('\n'),
  );
  expect(summary(report)).toEqual({ lines: ['all equal on 1 stacks; missing: deno'], good: true });
  expect(JSON.parse(toJson(report))).toEqual({
    cases: [
      {
        model: 'm.mjs',
        profile: 'f12',
        steps: 4,
        stacks: { reference: { root: '0x12', mismatches: 0, firstDifference: null }, dawn: { root: '0x12', mismatches: 0, firstDifference: null } },
      },
    ],
    randomPrograms: { count: 2, mismatches: 0 },
    missing: ['deno'],
  });
});

test('a case that diverges is equal up to there, and says so', () => {
  const law = verdictOnLaw(outcome(2, DIVERGED));
  const report = reportOf(caseOf(law, 2, { dawn: law }));
  expect(rowOf(report)).toEqual(['m.mjs, f12, 4 steps', 'diverged at step 2', 'missing']);
  expect(caseLine(report.cases[0] as ModelResult)).toBe('m.mjs, f12, 4 steps (diverged at step 2), root 0x12: dawn equal');
  expect(summary(report)).toEqual({
    lines: [
      'm.mjs: diverged at step 2, and only what comes before was compared. To have all of it compared, take --steps 2, a lower learning rate or other data.',
      'all equal on 1 stacks; missing: deno',
    ],
    good: true,
  });
  expect(JSON.parse(toJson(report)).cases[0]).toMatchObject({ steps: 2, stacks: { reference: { root: '0x12', mismatches: 0, firstDifference: null } } });
});

test('a case in which no step was done is not equal', () => {
  const law = verdictOnLaw(outcome(0, DIVERGED));
  const report = reportOf(caseOf(law, 0, { dawn: law }));
  expect(rowOf(report)).toEqual(['m.mjs, f12, 4 steps', 'not compared', 'missing']);
  const { lines, good } = summary(report);
  expect(lines.join('\n')).toContain('Lower the learning rate');
  expect({ good, last: lines.at(-1) }).toEqual({ good: false, last: '1 in which nothing was compared; missing: deno' });
  expect(JSON.parse(toJson(report)).cases[0].stacks.dawn).toEqual({ root: '', mismatches: 1, firstDifference: expect.stringContaining('nothing could be compared') });
});

test('a stack that broke down is said to have, beside what others found', () => {
  const report = reportOf(caseOf(equal, 4, { dawn: gone, firefox: differs }), { dawn: verdictOnAll([equal, gone, gone]), firefox: verdictOnAll([equal, differs, differs]) });
  expect(rowOf(report)).toEqual(['m.mjs, f12, 4 steps', 'broke down', 'missing']);
  expect(report.random.stacks['firefox']).toEqual({ ...differs, mismatches: 6, cell: '6 differ' });
  expect(summary(report)).toEqual({
    lines: [expect.stringContaining("dawn broke down: Dawn's process ended (signal SIGKILL)"), '9 differences, 2 without a result; missing: deno'],
    good: false,
  });
  expect(JSON.parse(toJson(report)).randomPrograms).toEqual({ count: 2, mismatches: 8 });
});

test('nothing is equal where no stack was there, or the reference left its golden root', () => {
  const none = summary(reportOf(caseOf(equal, 4, {}), {}));
  expect(none).toEqual({ lines: ['no stack could be opened, so nothing was compared; missing: deno'], good: false });
  const law = verdictOnLaw(outcome(4), '0x99');
  expect(summary(reportOf(caseOf(law, 4, { dawn: equal })))).toEqual({
    lines: ['m.mjs: the reference no longer gives the golden root 0x99', '1 differences; missing: deno'],
    good: false,
  });
});
