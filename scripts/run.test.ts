import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('every command of package.json that runs a file goes through run.mjs, which has a Node that takes TypeScript', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as { scripts: Record<string, string> };
  const byNode = Object.values(scripts).filter((command) => command.startsWith('node '));
  expect(byNode.length).toBeGreaterThan(15);
  expect(byNode.filter((command) => !/^node scripts\/run\.mjs (--system )?[\w/.-]+\.(ts|mjs)( |$)/.test(command))).toEqual([]);
  expect(Object.values(scripts).filter((command) => /\.ts\b/.test(command) && !byNode.includes(command))).toEqual([]);
});

test('a file gets its arguments, standard input and exit code, and standard output is its own', () => {
  const run = (args: readonly string[], input: string) => spawnSync(process.execPath, ['scripts/run.mjs', 'scripts/f32.ts', ...args], { encoding: 'utf8', input });
  expect(run(['--executor', 'reference'], 'mul 3f800000 40490fdb\nsqrt 40000000\n')).toMatchObject({ status: 0, stdout: '40490fdb\n3fb504f3\n' });
  expect(run(['--executor', 'abacus'], '')).toMatchObject({ status: 2, stdout: '' });
});
