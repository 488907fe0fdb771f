import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CHANGES_ORDER, REWRITE_NAMES } from './rewriteWgsl.ts';

interface Row {
  readonly attack: string;
  readonly profile: string;
  readonly sites: number;
  readonly mismatches: number;
}

// In a process of its own: Dawn's threads outlive what they were asked for.
test('N2, N4, N4e on a device: what WGSL permits changes no bit, but the order inside a block of f12; without fences bits change', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tutti-hostile-'));
  try {
    const json = join(folder, 'out.json');
    const { status, stderr } = spawnSync(process.execPath, [join(import.meta.dirname, '../../../scripts/hostile.ts'), '--small', '--json', json], { encoding: 'utf8' });
    expect({ status, stderr: status === 0 ? '' : stderr }).toEqual({ status: 0, stderr: '' });
    const { rows } = JSON.parse(readFileSync(json, 'utf8')) as { rows: readonly Row[] };
    expect(rows.filter(({ sites }) => sites === 0).map(({ attack, profile }) => `${attack}, ${profile}`)).toEqual(['split fma, e11']);
    const changed = rows.filter(({ mismatches }) => mismatches > 0).map(({ attack, profile }) => `${attack}, ${profile}`);
    const unfenced = ['no fences, then fuse', 'no fences, then flush and change the sign of zero'];
    const ofF12 = [...REWRITE_NAMES.filter((name) => CHANGES_ORDER.has(name)), ...unfenced].map((attack) => `${attack}, f12`);
    expect(changed).toEqual([...ofF12, ...unfenced.map((attack) => `${attack}, e11`)]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
