/**
 * Writes contracts-abi/*.ts from what forge compiled, after the court was given the law's definitions. `--check` writes nothing and fails where a file differs.
 * ABIs are constants, so that viem infers types; bytecode has a module of its own, imported only to deploy.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { foundryTool } from '../../scripts/foundryTool.ts';
import { generateDefinitions } from './generateDefinitions.ts';

const HERE = join(dirname(fileURLToPath(import.meta.url)), '..');
const ROOT = join(HERE, '..');
const OUT = join(ROOT, 'contracts', 'out');

/** Every contract that is deployed. */
const CONTRACTS = [
  'TuttiToken',
  'TuttiForwarder',
  'Faucet',
  'FutureBlockBeacon',
  'Vault',
  'Jobs',
  'Rounds',
  'Audits',
  'Challenges',
  'Lens',
  'Court',
  'Game',
  'GameFaults',
  'TuttiGovernor',
  'TimelockController',
];

interface Artifact {
  readonly abi: readonly Record<string, unknown>[];
  readonly bytecode: { readonly object: string };
}

function readArtifact(name: string): Artifact {
  return JSON.parse(readFileSync(join(OUT, `${name}.sol`, `${name}.json`), 'utf8')) as Artifact;
}

/** `internalType` says how Solidity names a type; nothing here reads it. */
function stripInternalTypes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(stripInternalTypes);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([key]) => key !== 'internalType')
      .map(([key, inner]) => [key, stripInternalTypes(inner)]),
  );
}

const HEADER = '// Generated from contracts/ by contracts-abi/scripts/generateAbi.ts. Do not edit.\n';
const constantName = (name: string) => `${name.charAt(0).toLowerCase()}${name.slice(1)}Abi`;

function generate(): Map<string, string> {
  const files = new Map<string, string>();
  const bytecodes: string[] = [];
  for (const name of CONTRACTS) {
    const artifact = readArtifact(name);
    const entries = (stripInternalTypes(artifact.abi) as unknown[]).map((entry) => `  ${JSON.stringify(entry)},`);
    files.set(`${constantName(name)}.ts`, `${HEADER}export const ${constantName(name)} = [\n${entries.join('\n')}\n] as const;\n`);
    bytecodes.push(`  ${name}: '${artifact.bytecode.object}',`);
  }
  files.set('bytecode.ts', `${HEADER}export const bytecode = {\n${bytecodes.join('\n')}\n} as const;\n`);
  return files;
}

function compile(): void {
  const run = spawnSync(foundryTool('forge'), ['build', '--root', ROOT], { cwd: ROOT, encoding: 'utf8' });
  if (run.status !== 0) throw new Error(`forge build failed:\n${run.stdout}${run.stderr}`);
}

const check = process.argv.includes('--check');
const stale = generateDefinitions(check);
compile();
for (const [name, text] of generate()) {
  const path = join(HERE, name);
  if (existsSync(path) && readFileSync(path, 'utf8') === text) continue;
  stale.push(name);
  if (!check) writeFileSync(path, text);
}
if (check && stale.length > 0) {
  process.stderr.write(`out of date: ${stale.join(', ')}. Run: npm run abi\n`);
  process.exitCode = 1;
} else {
  process.stdout.write(stale.length === 0 ? 'contracts-abi is up to date\n' : `wrote ${stale.join(', ')}\n`);
}
