/** `npm run -s capture`. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'scripts/capture.ts' });
