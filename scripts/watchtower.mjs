/** `npm run watchtower`. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'scripts/watchtower.ts' });
