/** One check of `npm test`, and what it counted. */
import { spawn } from 'node:child_process';
import { readFile, rm } from 'node:fs/promises';
import { join, relative } from 'node:path';
import { foundryTool } from './foundryTool.ts';

const ROOT = join(import.meta.dirname, '..');
const RESULTS = join(ROOT, '.cache', 'results');

export interface Count {
  readonly passed: number;
  readonly failed: number;
}

export const PASSED: Count = { passed: 1, failed: 0 };
export const FAILED: Count = { passed: 0, failed: 1 };

interface Outcome {
  readonly code: number;
  readonly stdout: string;
}

/** Runs a program from the root. `quiet` keeps its stdout, to be read, from the terminal. */
function run(command: string, args: readonly string[], quiet = false): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { cwd: ROOT, stdio: ['ignore', quiet ? 'pipe' : 'inherit', 'inherit'] });
    const pieces: Buffer[] = [];
    child.stdout?.on('data', (piece: Buffer) => pieces.push(piece));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code: code ?? 1, stdout: Buffer.concat(pieces).toString('utf8') }));
  });
}

const nodeScript = (path: string, args: readonly string[], quiet = false) => run(process.execPath, [join(ROOT, path), ...args], quiet);

/** A step that passes or fails as a whole. `path`: a script for Node, from the root. */
export async function runStep(path: string, args: readonly string[]): Promise<Count> {
  const { code } = await nodeScript(path, args);
  return code === 0 ? PASSED : FAILED;
}

/** oxlint is strict about code, biome about its form. */
export async function runLint(): Promise<Count> {
  const lint = await runStep('node_modules/oxlint/bin/oxlint', ['--type-aware', '--deny-warnings', '.']);
  const form = await runStep('node_modules/@biomejs/biome/bin/biome', ['format', '.']);
  return { passed: lint.passed + form.passed, failed: lint.failed + form.failed };
}

/** Which room imports which. It must have looked at something, and see a planted violation. */
export async function runBoundaries(): Promise<Count> {
  const { stdout } = await nodeScript(
    'node_modules/dependency-cruiser/bin/dependency-cruise.mjs',
    ['--config', '.dependency-cruiser.cjs', '--output-type', 'json', ...ROOMS],
    true,
  );
  const { summary } = JSON.parse(stdout) as { summary: { totalCruised: number; violations: readonly { from: string; to: string; rule: { name: string } }[] } };
  for (const { rule, from, to } of summary.violations) process.stdout.write(`${rule.name}: ${from} imports ${to}\n`);
  if (summary.totalCruised < LEAST_MODULES) process.stdout.write(`only ${summary.totalCruised} modules were looked at: the check is blind\n`);
  return summary.violations.length === 0 && summary.totalCruised >= LEAST_MODULES ? PASSED : FAILED;
}

const ROOMS = ['engine', 'swarm', 'relay', 'web', 'contracts-abi'];
const LEAST_MODULES = 100;

/** Errors are failures: a suite that does not load, and a project without a single test. */
export async function runVitest(project: string): Promise<Count> {
  const file = join(RESULTS, `${project}.json`);
  await rm(file, { force: true });
  const { code } = await nodeScript('node_modules/vitest/vitest.mjs', ['run', '--project', project, '--reporter=default', '--reporter=json', `--outputFile.json=${file}`]);
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return FAILED;
  const report = JSON.parse(text) as VitestReport;
  for (const line of failuresOf(report)) process.stdout.write(`${line}\n`);
  const broken = report.testResults.filter(isBroken).length;
  return checkedCount(report.numPassedTests, report.numFailedTests + broken, code);
}

interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly VitestFile[];
}

interface VitestFile {
  readonly name: string;
  readonly status: string;
  readonly message: string;
  readonly assertionResults: readonly { readonly fullName: string; readonly status: string; readonly failureMessages: readonly string[] }[];
}

/** It did not load, or what is done before its tests failed: no test of it has. */
const isBroken = ({ status, assertionResults }: VitestFile) => status === 'failed' && assertionResults.every((one) => one.status !== 'failed');

/** Said again where the reader looks last: a log that was cut keeps its end. A second try that passed may hide a race. */
function failuresOf(report: VitestReport): readonly string[] {
  return report.testResults.flatMap((file) => {
    const where = relative(ROOT, file.name);
    if (isBroken(file)) return [`FAILED ${where}: did not load, or what comes before its tests failed\n  ${file.message}`];
    return file.assertionResults
      .filter(({ failureMessages }) => failureMessages.length > 0)
      .map(
        ({ status, fullName, failureMessages }) =>
          `${status === 'failed' ? 'FAILED' : 'PASSED ON THE SECOND TRY'} ${where}: ${fullName}\n  ${failureMessages.join('\n').slice(0, LONGEST_FAILURE)}`,
      );
  });
}

/** Characters of a failed test's messages that are said again. */
const LONGEST_FAILURE = 2000;

export async function runForge(): Promise<Count> {
  const { code, stdout } = await run(foundryTool('forge'), ['test', '--json'], true);
  const line = stdout.split('\n').find((text) => text.startsWith('{'));
  if (!line) {
    process.stdout.write(stdout);
    return FAILED;
  }
  const suites = JSON.parse(line) as Record<string, { test_results: Record<string, { status: string; reason: string | null }> }>;
  const results = Object.entries(suites).flatMap(([suite, { test_results: tests }]) => Object.entries(tests).map(([name, test]) => ({ suite, name, ...test })));
  const failures = results.filter(({ status }) => status !== 'Success');
  for (const { suite, name, reason } of failures) process.stdout.write(`${suite} ${name}: ${reason ?? 'failed'}\n`);
  return checkedCount(results.length - failures.length, failures.length, code);
}

/** A runner that ran nothing, or that ended badly over passing tests, counts as a failure. */
function checkedCount(passed: number, failed: number, code: number): Count {
  if (passed + failed === 0) return FAILED;
  return failed === 0 && code !== 0 ? { passed, failed: 1 } : { passed, failed };
}
