import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { PROFILES } from '#engine/program/encodeProgram.ts';
import type { Profile } from '#engine/program/program.ts';
import { STACKS, type StackName } from '../e2e/conformance/openStack.ts';
import { requireWritable } from './requireWritable.ts';
import { wholeOption } from './wholeOption.ts';

export const USAGE = `npm run conformance -- [--json out.json] [FILE.mjs ...] [--steps 100] [--profile ${PROFILES.join('|')}] [--random 24] [--stacks ${STACKS.join(',')}]`;

export interface ConformanceOptions {
  readonly json: string | undefined;
  readonly steps: number;
  readonly random: number;
  readonly profile: Profile;
  readonly stacks: readonly StackName[];
  readonly files: readonly string[];
}

/** All that can be known to be wrong before the work. Errors: in plain words. */
export function conformanceOptions(args: readonly string[]): ConformanceOptions {
  const { values, positionals: files } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      json: { type: 'string' },
      steps: { type: 'string', default: '100' },
      profile: { type: 'string', default: 'f12' },
      random: { type: 'string', default: '24' },
      stacks: { type: 'string', default: STACKS.join(',') },
    },
  });
  const profile = PROFILES.find((one) => one === values.profile);
  if (!profile) throw new Error(`there is no profile ${values.profile}: choose ${PROFILES.join(', ')}`);
  const stacks = new Set(values.stacks.split(',').map(stackOf));
  for (const file of files) requireFile(file);
  if (values.json !== undefined) requireWritable('--json', values.json);
  return { json: values.json, steps: wholeOption('steps', values.steps, 1), random: wholeOption('random', values.random, 0), profile, stacks: [...stacks], files };
}

function stackOf(name: string): StackName {
  const found = STACKS.find((one) => one === name);
  if (!found) throw new Error(`there is no stack ${name}: choose ${STACKS.join(', ')}`);
  return found;
}

function requireFile(path: string): void {
  if (!statSync(path, { throwIfNoEntry: false })?.isFile()) throw new Error(`there is no file ${path}. Check its path, from the folder in which the command runs.`);
}
