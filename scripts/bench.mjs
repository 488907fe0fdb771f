/** `npm run bench`. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'bench/runBench.ts', system: true });
