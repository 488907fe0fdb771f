import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { ATTACKS, TARGETS } from './attacks.ts';
import { hostileCases } from './hostileCases.ts';
import { passagesOf, type Row, withPassage } from './hostileTable.ts';
import { CHANGES_ORDER } from './rewriteWgsl.ts';

const documentOf = (file: string) => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8');
const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);

/** Words of results, which are known before a device is asked. */
const wordsOf = (target: (typeof TARGETS)[number]) =>
  hostileCases(target === 'f12 guarded' ? 'f12' : target).reduce((sum, { program, steps, state }) => {
    const sizeOf = (tensor: number) => product(program.tensors[tensor]?.shape ?? []);
    const outputs = program.outputs.reduce((all, { tensor }) => all + sizeOf(tensor), 0);
    return sum + outputs * steps.length + state.reduce((all, bits) => all + bits.length, 0);
  }, 0);

const row = (attack: string, target: Row['target'], mismatches: number): Row => ({
  attack,
  target,
  mismatches,
  shaders: 1,
  sites: 1,
  words: wordsOf(target),
  promised: 'survives',
  noticed: null,
  kept: true,
});

test('the table of NUMERICS names every rewrite and the words of today; npm run hostile holds the numbers that differ', () => {
  const numerics = documentOf('docs/NUMERICS.md');
  const table = /\| rewrite \|[^]*?\n(?=\n)/.exec(numerics)?.[0] ?? '';
  expect(table.split('\n')[0]).toBe(`| rewrite | ${TARGETS.map((target) => `${target}, of ${wordsOf(target)}`).join(' | ')} |`);
  for (const { name } of ATTACKS) expect(table).toContain(name);
  expect(documentOf('docs/DECISIONS.md')).toContain(` of ${wordsOf('f12')} words (\`npm run hostile\`)`);
});

test('a run that found something else finds its place in both documents', () => {
  const rows = TARGETS.flatMap((target) => ATTACKS.map(({ name }, k) => row(name, target, target === 'f12' && k > 7 ? 1000 + k : 0)));
  for (const passage of passagesOf(rows, CHANGES_ORDER)) {
    const document = documentOf(passage.file);
    const changed = withPassage(document, passage);
    expect(changed).not.toBe(document);
    expect(changed).toContain(passage.text);
    expect(withPassage(changed, passage)).toBe(changed);
    expect(() => withPassage('', passage)).toThrow(`${passage.file} has no place`);
  }
  const [table, sentence] = passagesOf(rows, CHANGES_ORDER);
  expect(table?.text.split('\n')[2]).toMatch(/^\| fuse mul and add; .*; reciprocals too small \| 0 \| 0 \| 0 \| 0 \|$/);
  expect(table?.text).toContain('| re-bracket sums | 1008 | 0 | 0 | 0 |');
  expect(sentence?.text).toBe(`1008 to 1010 of ${wordsOf('f12')} words (\`npm run hostile\`)`);
});
