/**
 * npm run capture:table -- [--steps 50] [--only WORDS] [--out docs/COVERAGE.md]
 * Trains every model of the zoo three ways on the same data: captured, on the reference executor; in stock tfjs; in stock
 * tfjs with 12-bit operands. Writes the table. Exit code 1 where a model strays further than 12-bit operands explain.
 */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { Tf } from '#engine/capture/author/tfjs.ts';
import { captureAuthored } from '#engine/capture/captureAuthored.ts';
import { loadTfjs } from '#engine/capture/loadTfjs.ts';
import { explainedBound, followStock, worstDifference } from '#engine/capture/testing/followStock.ts';
import { REFUSALS } from '#engine/capture/testing/zoo/refusals.ts';
import { ZOO } from '#engine/capture/testing/zoo/zoo.ts';
import type { ZooModel } from '#engine/capture/testing/zoo/zooModel.ts';
import { estimateCost } from '#engine/program/estimateCost.ts';
import { readOptions } from './readOptions.ts';
import { requireWritable } from './requireWritable.ts';
import { wholeOption } from './wholeOption.ts';

const say = (text: string) => void process.stdout.write(`${text}\n`);
const small = (value: number) => value.toExponential(1);

interface Row {
  readonly text: string;
  readonly isFine: boolean;
}

async function rowOf(tf: Tf, model: ZooModel, steps: number): Promise<Row> {
  try {
    const { program, reference, stock, rounded } = await followStock(tf, model, steps);
    const [worst, bound] = [worstDifference(reference, stock), explainedBound(rounded, stock)];
    const sharp = worstDifference(reference.slice(0, 3), rounded.slice(0, 3));
    const isFine = worst <= bound;
    const first = stock[0] ?? Number.NaN;
    const last = stock[stock.length - 1] ?? Number.NaN;
    const cells = [
      model.name,
      isFine ? 'covered' : '**strays**',
      program.operations.length,
      estimateCost(program).parameters,
      `${first.toPrecision(3)} to ${last.toPrecision(3)}`,
      small(worst),
      small(bound),
      small(sharp),
    ];
    return { text: `| ${cells.join(' | ')} |`, isFine };
  } catch (error) {
    return { text: `| ${model.name} | **refused**: ${error instanceof Error ? error.message : String(error)} | | | | | | |`, isFine: false };
  }
}

async function refusalRows(tf: Tf): Promise<string[]> {
  const rows: string[] = [];
  for (const { name, author } of REFUSALS) {
    const message = await captureAuthored(tf, author).then(
      () => '**not refused**',
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
    rows.push(`| ${name} | ${message.replaceAll('|', '/')} |`);
  }
  return rows;
}

function introduction(steps: number): string {
  return `# What capture covers, model by model

Written by \`npm run capture:table\` (two to six minutes); a test of every \`npm test\` runs the same models for three steps. The models are in \`engine/capture/testing/zoo\`, one for each layer, option, activation, optimizer and loss.

Each is trained ${steps} steps from the same weights on the same data (five batches in turn), three ways:
- **captured**: the Program, profile f12, on the reference executor;
- **stock**: tfjs 4.22, CPU backend, float32;
- **stock with 12-bit operands**: the same, but the two operands of every product that capture lowers to \`mac\` are rounded to 12 bits (SPEC N4) before tfjs's own kernel gets them.

Columns: operations and parameters of the Program; stock's first and last loss; the **worst relative difference** of the captured loss from stock's over all steps (relative to the loss of that step, but no less than a thousandth of the first); the **bound**, what 12-bit operands explain: twice the worst difference of stock with 12-bit operands from plain stock, plus 1e-4; and **same operands**, the worst difference of the first three steps from stock with 12-bit operands. The last is the sharp one: it leaves only the order of f32 sums (1e-7), and now and then an operand that this makes round to the other neighbour (1e-5). Later such operands add up, so over all steps the bound is used.

Random numbers (dropout, noise, VAE, GAN): stock is fed the numbers that the Program's generator draws for that step (SPEC N7). Learning-rate schedules fall as 0.02 / (1 + step / 8).

Stock cannot differentiate dilated convolutions, conv3dTranspose and comparisons (thresholdedReLU); capture brings its own gradients, and for this table stock gets equivalent ones from its own kernels (a filter with zeros between its taps). Nor can it train normalisation without scale or centre: capture, and stock for this table, gives it a scale of ones and an offset of zeros. Two gradients of stock's CPU backend are wrong, so these models keep off them: nearest upsampling of more than one row (it reads dy with the strides of x), bilinear upsampling of pictures that are not square (it swaps height and width). The Program is right there.
`;
}

function options() {
  const { values } = parseArgs({ options: { steps: { type: 'string', default: '50' }, only: { type: 'string' }, out: { type: 'string' } } });
  const { only } = values;
  const out = values.out ?? (only === undefined ? 'docs/COVERAGE.md' : undefined);
  if (out !== undefined) requireWritable('--out', out);
  const families = ZOO.map(({ family, models }) => ({ family, models: models.filter(({ name }) => only === undefined || `${family} ${name}`.includes(only)) })).filter(
    ({ models }) => models.length > 0,
  );
  if (families.length === 0) throw new Error(`--only ${only}: no model of these families is named so: ${ZOO.map(({ family }) => family).join('; ')}`);
  return { steps: wholeOption('steps', values.steps, 1), families, out };
}

async function main(): Promise<void> {
  const { steps, families, out } = readOptions('npm run capture:table -- [--steps 50] [--only TEXT] [--out FILE.md]', options);
  const tf = await loadTfjs();
  await tf.setBackend('cpu');
  const lines: string[] = [introduction(steps)];
  let strays = 0;
  let count = 0;
  for (const { family, models } of families) {
    lines.push(`## ${family}`, '| model | | operations | parameters | loss | worst difference | bound | same operands |', '|---|---|---|---|---|---|---|---|');
    for (const model of models) {
      const row = await rowOf(tf, model, steps);
      say(row.text);
      lines.push(row.text);
      count++;
      if (!row.isFine) strays++;
    }
    lines.push('');
  }
  lines.push(
    '## Refused',
    'By name, with the layer (`step` outside of any) that used it. Those marked (stock) are what tfjs itself cannot train.',
    '',
    '| what | message |',
    '|---|---|',
  );
  lines.push(...(await refusalRows(tf)), '');
  say(`${count} models, ${strays} stray or are refused`);
  if (out !== undefined) writeFileSync(out, lines.join('\n'));
  if (strays > 0) process.exitCode = 1;
}

main().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
