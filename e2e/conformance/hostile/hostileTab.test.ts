import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Told } from './hostileTab.ts';
import { CHANGES_ORDER, CHANGES_OVERFLOW } from './rewriteWgsl.ts';

// In a process of its own: Dawn's threads outlive what they were asked for.
test('N4 where a compiler changes the order of sums, a tab takes the guarded variant and gets the bits of the law; where that fails too, or overflow gives no Inf, no work', () => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, 'hostileTab.ts')], { encoding: 'utf8' });
  expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
  const { devices, jobs } = JSON.parse(stdout) as Told;

  expect(Object.keys(jobs)).toEqual([...CHANGES_ORDER, 'look through guards']);
  for (const name of CHANGES_ORDER) {
    expect(jobs[name]?.ending, name).toBe(0);
    expect(jobs[name]?.verdicts[0], name).toMatchObject({ different: 0, guarded: true });
  }
  expect(jobs['look through guards']?.ending).toMatch(/^a device does not compute this job exactly \(f12 product 33 x 200 x 17 \[\d+\]/);
  expect(jobs['look through guards']?.verdicts[0]).toMatchObject({ guarded: true });
  expect(jobs['look through guards']?.verdicts[0]?.different).toBeGreaterThan(0);

  const careful = expect.stringContaining('The careful variant is used here') as string;
  expect(devices['reorder sums']).toMatchObject({ phase: 'ready', product: { passed: true, detail: careful }, ending: 0 });
  // On the CPU, as there is no graphics processor that may work.
  expect(devices['look through guards']).toMatchObject({ phase: 'refused', product: { passed: false }, ending: 0 });
  expect(devices[CHANGES_OVERFLOW]).toMatchObject({ phase: 'refused', lines: { passed: false }, product: { passed: true }, ending: 0 });
});
