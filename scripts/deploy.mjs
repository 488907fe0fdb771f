/** `npm run deploy -- --rpc URL --key KEY [--out FILE]`. */
import { bootstrap } from './bootstrap.mjs';

await bootstrap({ script: 'scripts/deploy.ts' });
