/**
 * SPEC N4 and N4e for operands that are laid out: each invocation computes a tile of outputs in registers, so that a loaded
 * factor serves a row of them. Order inside an output never changes; blocks of terms may be split over invocations,
 * as their results are added in a second pass, in order.
 */
import { emitClose, emitExponentStart, emitResults, emitZeros } from './emitClose.ts';
import { emitAxes, emitStore, type Kernel, shell } from './emitKernel.ts';
import { axisName } from './emitRead.ts';
import { emitPoison } from './emitSecondLook.ts';
import { type Cell, macCells, type MacKernel, type MacPlace } from './macCells.ts';
import { inQuads, partOf, QUAD, wordAt } from './quads.ts';
import { advance, type Odometer, startAt, type TermLoop, termLoops } from './termLoops.ts';
import { placeOffset } from './tileMac.ts';

const range = (count: number) => Array.from({ length: count }, (_, k) => k);
const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);
const plus = (name: string, constant: number) => (constant === 0 ? name : `${name} + ${constant}`);
const scaled = (name: string, step: number) => (step === 1 ? name : `${name} * ${step}`);

export function emitMac(kernel: MacKernel, place: MacPlace): Kernel {
  const { operation, tiling } = kernel;
  const walk = walkOf(kernel);
  const loops = termLoops(operation, walk.operands);
  const terms = product(operation.extents);
  const cells = macCells(tiling);
  const counts = [8, 4, 2, 1].filter((count) => count < 8 || cells.length <= 8);
  // One loop has nothing to carry into, so its length need not be a multiple.
  const unroll = counts.find((count) => loops.length === 1 || (loops.at(-1) as TermLoop).extent % count === 0) ?? 1;
  const sides = [tiling.rows, tiling.columns];
  const tiles = operation.shape.map((extent, axis) => sides.find((tiled) => tiled.axis === axis)?.tiles ?? extent);
  const invocations = product(tiles) * tiling.splits;
  const writer = { kernel, walk, loops, cells, unroll };
  const body = [
    emitTileAxes(tiles, kernel),
    emitStart(writer, place, product(tiles)),
    emitZeros(cells, tiling),
    emitBlocks(writer, terms, place),
    emitResults(kernel, cells, place),
  ];
  return shell(invocations, body.join(''), tiling.loads ? 'quads' : 'words');
}

/** Invocations that stand side by side along the columns, before the next rows come. */
const SIDE_BY_SIDE = 8;
/** Words of columns that caches do not hold. */
const BIG_COLUMNS = 2 ** 20;

/** Where an invocation's tile begins. Of a big operand, a few columns serve all rows before the next ones do: their words then stay in the nearest caches. */
function emitTileAxes(tiles: readonly number[], { tiling, operands }: MacKernel): string {
  const number = tiling.splits > 1 ? `(i % ${product(tiles)}u)` : 'i';
  const runs = [tiling.rows, tiling.columns].filter(({ run }) => run > 1);
  const nameOf = (axis: number) => (runs.some((side) => side.axis === axis) ? `run_${axisName(axis)}` : axisName(axis));
  const begin = runs.map(({ axis, run }) => `let ${axisName(axis)} = run_${axisName(axis)} * ${run};\n`).join('');
  const last = tiles.length - 1;
  const abreast = (tiles[last] ?? 1) / SIDE_BY_SIDE;
  const isWorthIt = operands[1].words > BIG_COLUMNS && tiling.columns.axis === last && Number.isInteger(abreast) && abreast > 1;
  if (!isWorthIt) return emitAxes(tiles, number, nameOf) + begin;
  const names = ['far', ...tiles.slice(0, -1).map((_, axis) => nameOf(axis)), 'near'];
  const axes = emitAxes([abreast, ...tiles.slice(0, -1), SIDE_BY_SIDE], number, (axis) => names[axis] as string);
  return `${axes}let ${nameOf(last)} = far * ${SIDE_BY_SIDE} + near;\n${begin}`;
}

interface Writer {
  readonly kernel: MacKernel;
  /** The same, with addresses counted in fours where an operand is loaded so. */
  readonly walk: MacKernel;
  readonly loops: readonly TermLoop[];
  readonly cells: readonly Cell[];
  readonly unroll: number;
}

function walkOf(kernel: MacKernel): MacKernel {
  const { loads } = kernel.tiling;
  const counted = (factor: 0 | 1) => (loads && loads[factor] !== 'words' ? inQuads(kernel.operands[factor]) : kernel.operands[factor]);
  return { ...kernel, operands: [counted(0), counted(1)] };
}

/** First addresses p0 and p1, and counters of the loops but the outermost. */
function emitStart({ kernel, walk, loops }: Writer, place: MacPlace, tileCount: number): string {
  const { operation, tiling } = kernel;
  const start = walk.operands.map((operand, factor) => {
    const copy = place.copies[factor as 0 | 1];
    return [
      plus((tiling.loads?.[factor] ?? 'words') === 'words' ? copy : `(${copy} >> 2u)`, operand.base),
      ...operation.shape.flatMap((extent, axis) => (extent === 1 || !operand.steps[axis] ? [] : [startStep(axis, operand.steps[axis])])),
    ].join(' + ');
  });
  const exponents = emitExponentStart(kernel, place);
  if (tiling.splits === 1) {
    return (
      exponents +
      start.map((address, factor) => `var p${factor} = ${address};\n`).join('') +
      loops
        .slice(1)
        .map((_, k) => `var c${k + 1} = 0;\n`)
        .join('')
    );
  }
  const { code, added } = startAt(loops, 'first_term');
  return `${exponents}let first_block = i32(i / ${tileCount}u) * ${tiling.blocksPerSplit};\nlet first_term = first_block * ${kernel.format.block};\n${code}${start.map((address, factor) => `var p${factor} = ${[address, ...(added[factor] ?? [])].join(' + ')};\n`).join('')}`;
}

/** Where it begins along an axis is a multiple of four, if addresses are counted in fours. */
const startStep = (axis: number, step: number) => (Number.isInteger(step) ? scaled(axisName(axis), step) : `${axisName(axis)} / ${1 / step}`);

function emitBlocks(writer: Writer, terms: number, place: MacPlace): string {
  const { tiling, format } = writer.kernel;
  const split = tiling.splits > 1;
  const blocks = Math.ceil(terms / format.block);
  const places = emitBlockPlaces(writer, place);
  const close = emitClose(writer.kernel, writer.cells, place) + writer.cells.map(({ name }) => `acc${name} = 0.0;\n`).join('');
  if (blocks === 1) return `let block = ${split ? 'first_block' : '0'};\n${places}${emitBlock(writer, terms, terms, blocks)}${close}`;
  const [first, end] = split ? ['first_block', `min(first_block + ${tiling.blocksPerSplit}, ${blocks})`] : ['0', `${blocks}`];
  return `for (var block = ${first}; block < ${end}; block++) {\n${places}${emitBlock(writer, format.block, terms % format.block || format.block, blocks)}${close}}\n`;
}

/** Where a block's terms begin in their copy, for who finds its exponent by that. */
function emitBlockPlaces({ kernel }: Writer, place: MacPlace): string {
  const { operands, tiling } = kernel;
  return ([0, 1] as const)
    .filter((factor) => 'perWords' in operands[factor].exponentSteps)
    .map((factor) => {
      const inFours = (tiling.loads?.[factor] ?? 'words') !== 'words';
      return `let b${factor} = ${inFours ? `p${factor} * ${QUAD}` : `p${factor}`} - ${place.copies[factor]};\n`;
    })
    .join('');
}

/** The terms of a block of `full` terms; `last` in the last one. Profiles with shared exponents go over them twice. */
function emitBlock(writer: Writer, full: number, last: number, blocks: number): string {
  const { rows, columns } = writer.kernel.tiling;
  const walk = (pass: Pass) => {
    const stride = strideOf(writer);
    if (full === last) return emitTerms(writer, full, pass);
    // Where the last block is whole strides too, one loop serves all blocks: half the code to compile.
    if (last % stride === 0)
      return `let rounds_${pass} = select(${full / stride}, ${last / stride}, block == ${blocks - 1});\nfor (var t = 0; t < rounds_${pass}; t++) {\n${emitChunk(writer, stride, pass)}}\n`;
    return `if (block < ${blocks - 1}) {\n${emitTerms(writer, full, pass)}} else {\n${emitTerms(writer, last, pass)}}\n`;
  };
  if (!writer.kernel.format.sharedExponent) return walk('multiply');
  const places = ['p0', 'p1', ...writer.loops.slice(1).map((_, k) => `c${k + 1}`)];
  const largest = [rows, columns].flatMap(({ tile }, factor) => range(tile).map((at) => `var m${factor}_${at} = 0u;\n`)).join('');
  return `${largest}${places.map((name) => `let start_${name} = ${name};\n`).join('')}${walk('largest')}${places.map((name) => `${name} = start_${name};\n`).join('')}${walk('multiply')}`;
}

type Pass = 'largest' | 'multiply';

/** Terms that are written out in a row. */
const strideOf = ({ unroll, loops }: Writer) => (unroll > 1 || loops.length === 1 ? unroll : 4);

/** `count` terms of every cell, from where the addresses are; counts within one block. */
function emitTerms(writer: Writer, count: number, pass: Pass): string {
  const stride = strideOf(writer);
  const rounds = Math.floor(count / stride);
  const rest = count % stride;
  const loop = rounds > 1 ? `for (var t = 0; t < ${rounds}; t++) {\n${emitChunk(writer, stride, pass)}}\n` : rounds === 1 ? `{\n${emitChunk(writer, stride, pass)}}\n` : '';
  return loop + (rest ? `{\n${emitChunk(writer, rest, pass)}}\n` : '');
}

/** Straight-line terms: names are let once, and only at the end go back to the variables. */
function emitChunk(writer: Writer, count: number, pass: Pass): string {
  const { kernel, loops, cells, unroll } = writer;
  const lines: string[] = [];
  let now: Odometer = { addresses: ['p0', 'p1'], counters: loops.map((_, k) => `c${k}`) };
  const sums = new Map(cells.map(({ name }) => [name, `acc${name}`]));
  const repeats = loops.some((loop) => loop.extent > 1 && loop.steps.includes(0));
  for (let k = 0; k < count; k++) {
    const within = k % unroll;
    for (const factor of [0, 1] as const) lines.push(...emitFactors(writer, factor, now.addresses[factor] as string, k, pass));
    for (const { row, column, name } of pass === 'multiply' ? cells : []) {
      lines.push(`let s${name}_${k} = ${kernel.format.term(sums.get(name) ?? '', `x0_${row}_${k}`, `x1_${column}_${k}`, repeats)};\n`);
      sums.set(name, `s${name}_${k}`);
    }
    if (within === unroll - 1) {
      const moved = advance(loops, now, unroll, `_${k}`);
      lines.push(moved.code);
      now = moved.next;
    }
  }
  if (pass === 'multiply') for (const [name, sum] of sums) lines.push(`acc${name} = ${sum};\n`);
  now.addresses.forEach((address, factor) => lines.push(`p${factor} = ${address};\n`));
  now.counters.slice(1).forEach((counter, k) => lines.push(`c${k + 1} = ${counter};\n`));
  return lines.join('');
}

/** The tile's factors at the `k`th term of a chunk: x0_0_k, x0_1_k, ... of rows, x1_... of columns. */
function emitFactors({ kernel, walk, loops, unroll }: Writer, factor: 0 | 1, address: string, k: number, pass: Pass): string[] {
  const { rows, columns, loads } = kernel.tiling;
  const side = factor ? columns : rows;
  const how = loads?.[factor] ?? 'words';
  const within = k % unroll;
  const rowStep = walk.operands[factor].steps[side.axis] ?? 0;
  const termStep = (loops.at(-1) as TermLoop).steps[factor] as number;
  const addressOf = (at: number, term: number) => plus(address, term * termStep + placeOffset(side, at) * rowStep);
  return range(side.tile).map((at) => {
    const [firstAt, firstTerm] = how === 'places' ? [at - (at % QUAD), within] : how === 'terms' ? [at, within - (within % QUAD)] : [at, within];
    const quad = `w${factor}_${firstAt}_${k - within + firstTerm}`;
    const loaded = how !== 'words' && firstAt === at && firstTerm === within ? `let ${quad} = arena[${addressOf(at, within)}];\n` : '';
    const word = how === 'words' ? wordAt(addressOf(at, within), loads !== null) : partOf(quad, how === 'places' ? at : within);
    const largest = `m${factor}_${at}`;
    if (pass === 'largest') return `${loaded}${largest} = max(${largest}, ${word} & INF);\n`;
    return `${loaded}let x${factor}_${at}_${k} = ${kernel.format.factor(word, largest)};\n`;
  });
}

/** Second pass of a split mac: adds an output's block results in order. */
export function emitBlockSum(kernel: MacKernel, place: MacPlace): Kernel {
  const { operation } = kernel;
  const outputs = product(operation.shape);
  const blocks = Math.ceil(product(operation.extents) / kernel.format.block);
  const body = `${emitAxes(operation.shape, 'i')}var total = 0u;
for (var block = 0u; block < ${blocks}u; block++) { total = ${kernel.format.add}(total, arena[u32(${place.blockResults}) + block * ${outputs}u + i]); }
${emitStore({ ...place, watched: place.watched && kernel.format.add === 'f_add' }, operation.out, 'i', 'total')}${emitPoison(kernel, place)}`;
  return shell(outputs, body);
}
