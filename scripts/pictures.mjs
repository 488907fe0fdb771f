/** `npm run pictures`. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'scripts/pictures.ts', system: true });
