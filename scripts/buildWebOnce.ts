/** `npm run build`. The hash is `buildHash` of /api/config: anybody can compare it with a build of their own. */
import { buildHash } from '#relay/buildHash.ts';
import { buildWeb, DIST } from './buildWeb.ts';

await buildWeb();
process.stdout.write(`dist ${await buildHash(DIST)}\n`);
