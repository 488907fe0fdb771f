import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { scalarVectors } from './scalarVectors.ts';

test('N1, N2, N3 the law still gives its golden cases, bit for bit', () => {
  const golden = JSON.parse(readFileSync(new URL('../../vectors/scalars.json', import.meta.url), 'utf8')) as unknown;
  expect(scalarVectors()).toEqual(golden);
});
