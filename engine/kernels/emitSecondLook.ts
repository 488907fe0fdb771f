/**
 * What the tiles of a mac leave out, since it is rare and dear: operands that are not finite, which make an output NaN, and
 * blocks whose results are no ordinary numbers. Their outputs are computed once more, one by one.
 */
import { rowMajorStrides } from '#engine/numerics/readChunk.ts';
import type { Operation } from '#engine/program/program.ts';
import { emitAxes } from './emitKernel.ts';
import { axisName } from './emitRead.ts';
import type { LaidOperand } from './layOperand.ts';
import type { MacKernel, MacPlace } from './macCells.ts';
import { wordAt } from './quads.ts';
import type { MacTiling } from './tileMac.ts';

const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);
const scaled = (name: string, step: number) => (step === 1 ? name : `${name} * ${step}`);

/** Of the outputs of an invocation's tile, which name the axes where it begins. */
export function emitSecondLook(kernel: MacKernel, place: MacPlace): string {
  const { tiling, format } = kernel;
  const inFours = tiling.loads !== null;
  const isPoisoned = 'atomicLoad(&status[2]) != 0u';
  if (!format.exponents) return `if (${isPoisoned}) {\n${overCells(tiling, emitSearch(kernel, place, inFours))}}\n`;
  return `if (${tiling.splits > 1 ? 'wild' : `(${isPoisoned}) | wild`}) {\n${overCells(tiling, emitCareful(kernel, place))}}\n`;
}

/** Of one output whose axes have their names. */
export function emitPoison(kernel: MacKernel, place: MacPlace): string {
  return `if (atomicLoad(&status[2]) != 0u) {\n${emitSearch(kernel, place, false)}}\n`;
}

/** Where the exponents of a row's blocks begin, the row being that of the output whose axes have their names; or of all blocks. */
export function exponentsFrom({ shape }: Operation, { exponentSteps, exponentsAt }: LaidOperand, copy: string): string {
  if ('perWords' in exponentSteps) return `${copy} + ${exponentsAt}`;
  const axes = shape.flatMap((extent, axis) => (extent === 1 || !exponentSteps.axes[axis] ? [] : [scaled(axisName(axis), exponentSteps.axes[axis])]));
  return [copy, `${exponentsAt}`, ...axes].join(' + ');
}

/** Makes an output NaN where one of its terms is not finite. */
function emitSearch(kernel: MacKernel, place: MacPlace, inFours: boolean): string {
  const { shape, extents, out } = kernel.operation;
  const loops = extents.map((extent, k) => overTerms(axisName(shape.length + k), extent));
  const report = place.watched ? 'atomicMin(&status[0], env.number); ' : '';
  return `var bad = false;
${loops.join('')}bad = bad | special(${factor(kernel, place, 0, inFours)}) | special(${factor(kernel, place, 1, inFours)});
${'}\n'.repeat(loops.length)}if (bad) { ${report}${wordAt(`${place.offsetOf(out)} + ${elementOf(kernel.operation)}`, inFours)} = NAN; }
`;
}

const overTerms = (name: string, extent: number) => `for (var ${name} = 0; ${name} < ${extent}; ${name}++) {\n`;

/** All blocks of an output over mantissas, with results that may be tiny, huge or NaN; where blocks are split, its share of them. */
function emitCareful(kernel: MacKernel, place: MacPlace): string {
  const { operation, operands, tiling, format } = kernel;
  const { shape, extents, out } = operation;
  const inFours = tiling.loads !== null;
  const split = tiling.splits > 1;
  const [terms, blocks] = [product(extents), Math.ceil(product(extents) / format.block)];
  const [first, end] = split ? ['first_block', `min(first_block + ${tiling.blocksPerSplit}, ${blocks})`] : ['0', `${blocks}`];
  const field = (k: 0 | 1) => {
    const { exponentSteps } = operands[k];
    const at = 'perWords' in exponentSteps ? `((${placeOf(kernel, k)}) >> ${Math.log2(exponentSteps.perWords)}u)` : scaled('block', exponentSteps.block);
    return `${wordAt(`${exponentsFrom(operation, operands[k], place.copies[k])} + ${at}`, inFours)} & INF`;
  };
  const element = elementOf(operation);
  const keep = split ? `${wordAt(`${place.blockResults} + block * ${product(shape)} + ${element}`, inFours)} = result;\n` : `total = ${format.add}(total, result);\n`;
  const report = place.watched ? 'if (special(result)) { atomicMin(&status[0], env.number); }\n' : '';
  const store = `let result = select(total, NAN, bad);\n${report}${wordAt(`${place.offsetOf(out)} + ${element}`, inFours)} = result;\n`;
  return `${split ? '' : 'var total = 0u;\nvar bad = false;\n'}for (var block = ${first}; block < ${end}; block++) {
var sum = 0.0;
var field0 = 0u;
var field1 = 0u;
for (var r = block * ${format.block}; r < min(block * ${format.block} + ${format.block}, ${terms}); r++) {
${emitAxes(extents, 'u32(r)', (k) => axisName(shape.length + k))}let a = ${factor(kernel, place, 0, inFours)};
let b = ${factor(kernel, place, 1, inFours)};
field0 = ${field(0)};
field1 = ${field(1)};
${split ? '' : 'bad = bad | special(a) | special(b);\n'}sum = sum + bitcast<f32>(a) * bitcast<f32>(b);
}
let result = ${format.blockResult('sum', 'field0', 'field1')};
${keep}}
${split ? '' : store}`;
}

/** A factor's word, at the output and the term whose axes have their names. */
const factor = (kernel: MacKernel, place: MacPlace, k: 0 | 1, inFours: boolean) => wordAt(`${place.copies[k]} + ${placeOf(kernel, k)}`, inFours);

/** Where it lies in its copy. */
function placeOf({ operation, operands }: MacKernel, k: 0 | 1): string {
  const { base, steps } = operands[k];
  return [`${base}`, ...[...operation.shape, ...operation.extents].flatMap((_, axis) => (steps[axis] ? [scaled(axisName(axis), steps[axis])] : []))].join(' + ');
}

function elementOf({ shape }: Operation): string {
  const strides = rowMajorStrides(shape);
  return shape.map((_, axis) => scaled(axisName(axis), strides[axis] as number)).join(' + ') || '0';
}

/** `inside` for each output of a tile that is one: the tiled axes get the output's own numbers. */
function overCells({ rows, columns }: MacTiling, inside: string): string {
  const tiled = [rows, columns].filter(({ axis, tile, last, extent }) => axis >= 0 && (tile > 1 || last >= extent));
  return tiled.reduceRight((body, { axis, tile, run, apart, extent }) => {
    const name = axisName(axis);
    const offset = run === 1 ? `n_${name} * ${apart}` : `n_${name} / ${run} * ${apart} + n_${name} % ${run}`;
    return `for (var n_${name} = 0; n_${name} < ${tile}; n_${name}++) {\nlet at_${name} = ${name} + ${offset};\nif (at_${name} < ${extent}) {\nlet ${name} = at_${name};\n${body}}\n}\n`;
  }, inside);
}
