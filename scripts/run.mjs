/** `node scripts/run.mjs [--system] FILE ARGS...`: makes this clone ready (with the browsers, if `--system`), then runs FILE, which may be TypeScript. */
import { bootstrap } from './bootstrap.mjs';

const given = process.argv.slice(2);
const system = given[0] === '--system';
const [script, ...args] = system ? given.slice(1) : given;
await bootstrap({ script, args, system });
