/** `npm run vectors`: writes the golden cases of the law. A change of these files is a change of the law. */
import { writeFileSync } from 'node:fs';
import { scalarVectors } from '#engine/numerics/scalarVectors.ts';
import { courtVectors } from './courtVectors.ts';

for (const [name, cases] of Object.entries({ scalars: scalarVectors(), court: courtVectors() })) {
  writeFileSync(new URL(`../vectors/${name}.json`, import.meta.url), `${JSON.stringify(cases, null, 1)}\n`);
}
