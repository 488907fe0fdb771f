/** `npm run bench:court`. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'bench/courtFigures.ts' });
