/** `npm run demo`. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'scripts/demo.ts', system: true });
