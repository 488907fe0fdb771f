/** `npm run build`: dist/ and its hash. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'scripts/buildWebOnce.ts' });
