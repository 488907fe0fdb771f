/** `npm run size`. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'scripts/size.ts' });
