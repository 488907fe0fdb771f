/** `npm run conformance`. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'scripts/conformance.ts', system: true });
