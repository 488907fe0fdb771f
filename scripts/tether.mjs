/**
 * Runs a program that must not outlive its starter: `node tether.mjs PROGRAM ARGS...`. The starter holds this process's
 * stdin; when it closes, by intent or because the starter was killed, the program is asked to end, then made to.
 */
import { spawn } from 'node:child_process';

const PATIENCE_MS = 8000;
const [program, ...args] = process.argv.slice(2);
const child = spawn(program, args, { stdio: ['ignore', 'inherit', 'inherit'] });
child.on('error', (error) => {
  process.stderr.write(`${error.message}\n`);
  process.exit(127);
});
child.on('exit', (code) => process.exit(code ?? 1));

const end = () => {
  child.kill('SIGTERM');
  setTimeout(() => child.kill('SIGKILL'), PATIENCE_MS);
};
process.stdin.resume();
process.stdin.on('end', end);
process.stdin.on('error', end);
// Only the starter decides; a terminal's Ctrl-C goes to it.
for (const signal of ['SIGINT', 'SIGHUP']) process.on(signal, () => {});
process.on('SIGTERM', end);
