/** `npm run vectors`: writes the golden cases of the law. A change of these files is a change of the law. */
import { writeFileSync } from 'node:fs';
import { scalarVectors } from '#engine/numerics/scalarVectors.ts';

writeFileSync(new URL('../vectors/scalars.json', import.meta.url), `${JSON.stringify(scalarVectors(), null, 1)}\n`);
