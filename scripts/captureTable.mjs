/** `npm run capture:table`. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'scripts/captureTable.ts' });
