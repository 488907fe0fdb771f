/** `npm run draws`. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'scripts/draws.ts' });
