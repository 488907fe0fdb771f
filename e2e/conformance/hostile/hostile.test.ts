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
    const named = (chosen: readonly Row[]) => chosen.map(({ attack, target }) => `${attack}, ${target}`).toSorted();
    const reorders = REWRITE_NAMES.filter((name) => CHANGES_ORDER.has(name));
    const of = (target: Row['target'], attacks: readonly string[]) => attacks.map((attack) => ({ attack, target }) as Row);
    // Nothing is left to fuse or to reorder where every sum is guarded.
    const idle = [...of('f12 guarded', ['fuse mul and add', 'split fma', ...reorders]), ...of('e11', ['split fma'])];
    expect(named(rows.filter(({ sites }) => sites === 0))).toEqual(named(idle));
    const always = [CHANGES_OVERFLOW, 'no fences, then fuse', 'no fences, then change the sign of zero'];
    const looked = 'look through the fences inside of sums, then re-bracket';
    const changed = [...of('f12', [...reorders, looked, ...always]), ...of('f12 guarded', [looked, ...always]), ...of('e11', always)];
    expect(named(rows.filter(({ mismatches }) => mismatches > 0))).toEqual(named(changed));
    expect(named(rows.filter(({ noticed }) => noticed === true))).toEqual(named(changed));
  } finally {
    rmSync(folder, { recursive: true });
  }
});
