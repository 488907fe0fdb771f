/**
 * `npm test`, once everything is installed: every check in order, with durations; the last line sums them up.
 * Arguments name the checks to run, e.g. `npm test -- types unit`.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Count, FAILED, runBoundaries, runForge, runLint, runStep, runVitest } from './runCheck.ts';

const CHECKS: readonly { readonly name: string; readonly run: () => Promise<Count> }[] = [
  { name: 'types', run: () => runStep('node_modules/typescript/bin/tsc', ['--build']) },
  { name: 'lint', run: runLint },
  { name: 'boundaries', run: runBoundaries },
  { name: 'contracts', run: runForge },
  { name: 'abi', run: () => runStep('contracts-abi/scripts/generateAbi.ts', ['--check']) },
  { name: 'unit', run: () => runVitest('unit') },
  { name: 'e2e', run: () => runVitest('e2e') },
];

const say = (text: string) => void process.stdout.write(`${text}\n`);
// The launcher was killed.
process.on('disconnect', () => process.exit(1));
process.channel?.unref();

const wanted = process.argv.slice(2);
const unknown = wanted.filter((name) => !CHECKS.some((check) => check.name === name));
if (unknown.length > 0) {
  process.stderr.write(`there is no check ${unknown.join(', ')}; there are ${CHECKS.map(({ name }) => name).join(', ')}\n`);
  process.exit(2);
}
await mkdir(join(import.meta.dirname, '..', '.cache', 'results'), { recursive: true });
const counts: { readonly name: string; readonly count: Count; readonly seconds: number }[] = [];
for (const { name, run } of CHECKS) {
  if (wanted.length > 0 && !wanted.includes(name)) continue;
  say(`\n== ${name}`);
  const start = performance.now();
  const count = await run().catch((error: unknown) => {
    say(error instanceof Error ? error.message : String(error));
    return FAILED;
  });
  const seconds = (performance.now() - start) / 1000;
  counts.push({ name, count, seconds });
  say(`== ${name}: ${count.passed} passed, ${count.failed} failed (${seconds.toFixed(1)} s)`);
}
say('');
for (const { name, count, seconds } of counts)
  say(`${name.padEnd(12)}${String(count.passed).padStart(6)} passed ${String(count.failed).padStart(4)} failed ${seconds.toFixed(1).padStart(8)} s`);
const sum = counts.reduce((total, { count }) => ({ passed: total.passed + count.passed, failed: total.failed + count.failed }), { passed: 0, failed: 0 });
process.exitCode = sum.failed === 0 ? 0 : 1;
say(`${sum.passed} passed, ${sum.failed} failed`);
