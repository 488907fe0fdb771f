/** `npm start`. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'scripts/start.ts' });
