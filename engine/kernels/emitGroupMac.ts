/**
 * The same mac with its operands taken through workgroup memory: 8 x 8 invocations load a chunk of terms of their rows and
 * columns together, and each computes its register tile from there. What an output adds up, and in which order, is as in
 * emitMac.ts. Nothing returns before a barrier: rows and columns beyond the end load words that nobody keeps.
 */
import { emitClose, emitExponentStart, emitResults, emitZeros } from './emitClose.ts';
import { emitAxes, groupShell, type Kernel } from './emitKernel.ts';
import { axisName } from './emitRead.ts';
import { macCells, type MacKernel, type MacPlace } from './macCells.ts';
import { startAt, termLoops } from './termLoops.ts';
import { GROUP_SIDE, type TiledAxis } from './tileMac.ts';

/** Terms of a chunk: both profiles' blocks are whole chunks. An invocation loads the first and the second half of them. */
const CHUNK = 2 * GROUP_SIDE;
/** Terms that are written out in a row. */
const UNROLL = 4;

const range = (count: number) => Array.from({ length: count }, (_, k) => k);
const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);
const plus = (name: string, constant: number) => (constant === 0 ? name : `${name} + ${constant}`);

/** Rows or columns of a workgroup. */
const spanOf = ({ tile }: TiledAxis) => tile * GROUP_SIDE;

/** For a grouped tiling, of operands whose factors do not depend on their block. */
export function emitGroupMac(kernel: MacKernel, place: MacPlace): Kernel {
  const { operation, tiling } = kernel;
  const sides = [tiling.rows, tiling.columns] as const;
  const cells = macCells(tiling);
  const groups = operation.shape.map((extent, axis) => {
    const side = sides.find((one) => one.axis === axis);
    return side ? side.tiles / GROUP_SIDE : extent;
  });
  const count = product(groups);
  const body = [
    emitAxes(groups, tiling.splits > 1 ? `(group % ${count}u)` : 'group', (axis) => (sides.some((side) => side.axis === axis) ? `group_${axisName(axis)}` : axisName(axis))),
    'let lane_row = i32(lane >> 3u);\nlet lane_column = i32(lane & 7u);\n',
    sides.map((side, factor) => `let ${axisName(side.axis)} = group_${axisName(side.axis)} * ${spanOf(side)} + ${factor ? 'lane_column' : 'lane_row'};\n`).join(''),
    emitExponentStart(kernel, place),
    emitGroupStart(kernel, place),
    emitZeros(cells, tiling),
    emitBlocks(kernel, count, emitLoads(kernel), emitTerms(kernel), emitClose(kernel, cells, place) + cells.map(({ name }) => `acc${name} = 0.0;\n`).join('')),
    emitResults(kernel, cells, place),
  ];
  const shared = sides.map((side, factor) => `var<workgroup> tile${factor}: array<u32, ${CHUNK * spanOf(side)}>;\n`).join('');
  return groupShell(count * tiling.splits, shared, body.join(''));
}

/** First addresses p0 and p1 of the workgroup's rows and columns, and where in the workgroup's memory an invocation's begin. */
function emitGroupStart({ operation, operands, tiling }: MacKernel, place: MacPlace): string {
  const starts = ([tiling.rows, tiling.columns] as const).map((side, factor) => {
    const { base, steps } = operands[factor as 0 | 1];
    const axes = operation.shape.flatMap((extent, axis) => {
      const step = steps[axis] as number;
      if (extent === 1 || !step) return [];
      return [axis === side.axis ? `group_${axisName(axis)} * ${spanOf(side) * step}` : `${axisName(axis)} * ${step}`];
    });
    return `let p${factor} = ${[plus(place.copies[factor as 0 | 1], base), ...axes].join(' + ')};\n`;
  });
  return starts.join('');
}

function emitBlocks(kernel: MacKernel, count: number, loads: string, terms: string, close: string): string {
  const { operation, tiling, format } = kernel;
  const places = emitBlockPlaces(kernel);
  const all = product(operation.extents);
  const blocks = Math.ceil(all / format.block);
  const [most, last] = [format.block, all % format.block || format.block].map((length) => Math.ceil(length / CHUNK)) as [number, number];
  const first = tiling.splits > 1 ? `i32(group / ${count}u) * ${tiling.blocksPerSplit}` : '0';
  const end = tiling.splits > 1 ? `min(first_block + ${tiling.blocksPerSplit}, ${blocks})` : `${blocks}`;
  const chunks = most === last ? `${most}` : `select(${most}, ${last}, block == ${blocks - 1})`;
  return `let first_block = ${first};
for (var block = first_block; block < ${end}; block++) {
${places}for (var chunk = 0; chunk < ${chunks}; chunk++) {
let first_term = block * ${format.block} + chunk * ${CHUNK};
${loads}workgroupBarrier();
${terms}workgroupBarrier();
}
${close}}
`;
}

/** Where the terms of a block and an invocation's first row begin in their copy, for who finds its exponent by that. */
function emitBlockPlaces({ operation, operands, format }: MacKernel): string {
  const loops = termLoops(operation, operands);
  return ([0, 1] as const)
    .filter((factor) => 'perWords' in operands[factor].exponentSteps)
    .map((factor) => {
      const { base, steps } = operands[factor];
      const { code, added } = startAt(loops, `(block * ${format.block})`);
      const axes = operation.shape.flatMap((extent, axis) => (extent === 1 || !steps[axis] ? [] : [`${axisName(axis)} * ${steps[axis]}`]));
      return `var b${factor} = 0;\n{\n${code}b${factor} = ${[`${base}`, ...axes, ...(added[factor] ?? [])].join(' + ')};\n}\n`;
    })
    .join('');
}

/** A chunk of both operands, as [term][row]. Terms beyond the end are 0: a product of zeros changes no sum. */
function emitLoads(kernel: MacKernel): string {
  const { operation, operands, tiling } = kernel;
  const terms = product(operation.extents);
  const loops = termLoops(operation, operands);
  const inner = loops.at(-1)?.steps ?? [];
  return ([tiling.rows, tiling.columns] as const)
    .flatMap((side, factor) => {
      const step = operands[factor as 0 | 1].steps[side.axis] as number;
      // Neighbours in the workgroup load neighbours in memory.
      const [row, term] = (inner[factor] as number) < step ? ['lane_row', 'lane_column'] : ['lane_column', 'lane_row'];
      return [0, GROUP_SIDE].map((half) => {
        const { code, added } = startAt(loops, 'term');
        const address = [`p${factor}`, `${row} * ${step}`, ...(added[factor] ?? [])].join(' + ');
        const word = (place: number) => `arena[${plus('word', place * GROUP_SIDE * step)}]`;
        const stores = range(side.tile).map((place) => {
          const loaded = terms % CHUNK === 0 ? word(place) : `select(0u, ${word(place)}, term < ${terms})`;
          return `tile${factor}[${plus('slot', place * GROUP_SIDE)}] = ${loaded};\n`;
        });
        return `{\nlet term = first_term + ${plus(term, half)};\n${code}let word = ${address};\nlet slot = ${half ? `(${term} + ${half})` : term} * ${spanOf(side)} + ${row};\n${stores.join('')}}\n`;
      });
    })
    .join('');
}

/** The terms of a chunk for every cell, in order. */
function emitTerms({ tiling, format }: MacKernel): string {
  const cells = macCells(tiling);
  const sides = [tiling.rows, tiling.columns] as const;
  const lines = sides.map((side, factor) => `let t${factor} = t * ${spanOf(side)} + ${factor ? 'lane_column' : 'lane_row'};\n`);
  const sums = new Map(cells.map(({ name }) => [name, `acc${name}`]));
  for (const k of range(UNROLL)) {
    sides.forEach((side, factor) => {
      for (const at of range(side.tile))
        lines.push(`let x${factor}_${at}_${k} = ${format.factor(`tile${factor}[${plus(`t${factor}`, k * spanOf(side) + at * GROUP_SIDE)}]`, '')};\n`);
    });
    for (const { row, column, name } of cells) {
      lines.push(`let s${name}_${k} = ${format.term(sums.get(name) ?? '', `x0_${row}_${k}`, `x1_${column}_${k}`, false)};\n`);
      sums.set(name, `s${name}_${k}`);
    }
  }
  for (const [name, sum] of sums) lines.push(`acc${name} = ${sum};\n`);
  return `for (var t = 0; t < ${CHUNK}; t += ${UNROLL}) {\n${lines.join('')}}\n`;
}
