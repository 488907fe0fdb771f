/** `npm run draws [-- NUMBER]`: so many draws of honest work (200 unless told), and not one mismatch. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..');
const draws = Number(process.argv[2] ?? 200);
if (!Number.isInteger(draws) || draws < 5 || draws % 5 !== 0) {
  process.stderr.write(`the number of draws is a multiple of 5 (the job has 5 slots), not ${process.argv[2]}\n`);
  process.exit(2);
}
const child = spawn(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), 'run', '--project', 'unit', '--retry=0', 'swarm/peer/honestDraws.test.ts'], {
  cwd: ROOT,
  stdio: 'inherit',
  env: { ...process.env, TUTTI_DRAWS: String(draws) },
});
child.once('close', (code) => process.exit(code ?? 1));
