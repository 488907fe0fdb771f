/**
 * npm run -s capture -- FILE.mjs [--out p.tutti] [--profile f12|e11|e10] [--seed N] [--list]
 * Lowers the training step that FILE's default export makes with tfjs to a Program, and says what it is.
 */
import { writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import type { Authored } from '#engine/capture/captureAuthored.ts';
import { captureAuthored } from '#engine/capture/captureAuthored.ts';
import { loadTfjs } from '#engine/capture/loadTfjs.ts';
import { encodeProgram, PROFILES } from '#engine/program/encodeProgram.ts';
import { estimateCost } from '#engine/program/estimateCost.ts';
import { hashProgram } from '#engine/program/hashProgram.ts';
import type { Profile } from '#engine/program/program.ts';
import { validateProgram } from '#engine/program/validateProgram.ts';

const USAGE = 'npm run -s capture -- FILE.mjs [--out p.tutti] [--profile f12|e11|e10] [--seed N] [--list]';

/** What promises were refused that nobody waits for: an asynchronous operation inside the step (tf.whereAsync). */
let refused: Error | null = null;
process.on('unhandledRejection', (reason) => {
  process.exitCode = 1;
  refused ??= reason instanceof Error ? reason : new Error(JSON.stringify(reason));
});

/** Throws the first of them. Node tells of them once all that was waiting has run. */
async function refusedPromises(): Promise<void> {
  await new Promise(setImmediate);
  if (refused) throw refused;
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { out: { type: 'string' }, profile: { type: 'string', default: 'f12' }, seed: { type: 'string', default: '1' }, list: { type: 'boolean', default: false } },
  });
  const [file] = positionals;
  if (!file || positionals.length > 1) throw new Error(`give one file: ${USAGE}`);
  if (!PROFILES.includes(values.profile as Profile)) throw new Error(`there is no profile ${values.profile}: choose ${PROFILES.join(', ')}`);
  const seed = Number(values.seed);
  if (!/^\d+$/.test(values.seed) || seed > 0xffffffff) throw new Error(`--seed ${values.seed} is no whole number from 0 to 4294967295`);
  const loaded = (await import(pathToFileURL(resolve(file)).href)) as { default?: unknown };
  if (typeof loaded.default !== 'function') throw new Error(`${file} has no default export that is a function: export default (tf) => ({ model, optimizer, loss, batch })`);
  const tf = await loadTfjs();
  const { program } = await captureAuthored(tf, loaded.default as (given: typeof tf) => Authored, { seed, profile: values.profile as Profile });
  await refusedPromises();
  validateProgram(program);
  const bytes = encodeProgram(program);
  const cost = estimateCost(program);
  if (values.list)
    for (const { label, shape, reduce, extents } of program.operations)
      console.log(`${label}  [${shape.join(', ')}]${reduce === 'none' ? '' : ` ${reduce} over [${extents.join(', ')}]`}`);
  console.log(`operations ${program.operations.length}`);
  console.log(`parameters ${cost.parameters}`);
  console.log(`flops ${cost.flops}`);
  console.log(`peak memory ${cost.peakBytes} bytes`);
  console.log(`program ${bytes.length} bytes, profile ${program.profile}`);
  console.log(`hash 0x${Buffer.from(hashProgram(program)).toString('hex')}`);
  if (values.out) writeFileSync(values.out, bytes);
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
