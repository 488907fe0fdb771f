import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { Row } from './hostileTable.ts';
import { CHANGES_ORDER, CHANGES_OVERFLOW, REWRITE_NAMES } from './rewriteWgsl.ts';

// In a process of its own: Dawn's threads outlive what they were asked for.
test('N2, N4, N4e on a device: what WGSL permits changes no bit, but the order inside a block of f12 that is not guarded, and overflow; without fences bits change; self-tests notice', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tutti-hostile-'));
  try {
    const json = join(folder, 'out.json');
    const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, '../../../scripts/hostile.ts'), '--small', '--json', json], { encoding: 'utf8' });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    const { rows } = JSON.parse(readFileSync(json, 'utf8')) as { rows: readonly Row[] };
    const named = (chosen: readonly Row[]) => chosen.map(({ attack, target }) => `${attack}, ${target}`);
    const reorders = REWRITE_NAMES.filter((name) => CHANGES_ORDER.has(name));
    // Nothing is left to fuse or to reorder where every sum is guarded.
    expect(named(rows.filter(({ sites }) => sites === 0))).toEqual(['fuse mul and add', 'split fma', ...reorders].map((name) => `${name}, f12 guarded`).concat('split fma, e11'));
    const always = [CHANGES_OVERFLOW, 'no fences, then fuse', 'no fences, then change the sign of zero'];
    const looked = 'look through the fences inside of sums, then re-bracket';
    const changed = { f12: [...reorders, looked, ...always], 'f12 guarded': [looked, ...always], e11: always };
    const inOrder = rows.map(({ attack, target }) => `${attack}, ${target}`).filter((name) => Object.entries(changed).some(([target, attacks]) => attacks.some((attack) => name === `${attack}, ${target}`)));
    expect(inOrder.length).toBe(Object.values(changed).flat().length);
    expect(named(rows.filter(({ mismatches }) => mismatches > 0))).toEqual(inOrder);
    expect(rows.filter(({ mismatches, noticed }) => mismatches > 0 && noticed !== true)).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
