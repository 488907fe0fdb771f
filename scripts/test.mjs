/** `npm test`. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'scripts/test.ts', system: true });
