import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHANGES_ORDER, REWRITE_NAMES } from './rewriteWgsl.ts';

interface Row {
  readonly attack: string;
  readonly target: string;
  readonly sites: number;
  readonly mismatches: number;
}

// In a process of its own: Dawn's threads outlive what they were asked for.
test('N2, N4, N4e on a device: what WGSL permits changes no bit, but the order inside a block of f12 that is not guarded; without fences bits change', () => {
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
    const unfenced = ['no fences, then fuse', 'no fences, then flush and change the sign of zero'];
    const looked = 'look through guards, then re-bracket';
    const changed = [
      ...[...reorders, looked, ...unfenced].map((attack) => `${attack}, f12`),
      ...[looked, ...unfenced].map((attack) => `${attack}, f12 guarded`),
      ...unfenced.map((attack) => `${attack}, e11`),
    ];
    expect(named(rows.filter(({ mismatches }) => mismatches > 0))).toEqual(changed);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
