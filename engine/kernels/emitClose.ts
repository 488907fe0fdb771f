/** What becomes of the sums of a laid-out mac: at the end of a block, and at the end of all. */
import { axisName } from './emitRead.ts';
import { emitSecondLook, exponentsFrom } from './emitSecondLook.ts';
import { type Cell, guardCell, type MacKernel, type MacPlace, storeCells } from './macCells.ts';
import { partOf, QUAD, quadAt, wordAt } from './quads.ts';
import { type MacTiling, placeOffset } from './tileMac.ts';

const range = (count: number) => Array.from({ length: count }, (_, k) => k);
const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);
const plus = (name: string, constant: number) => (constant === 0 ? name : `${name} + ${constant}`);
const scaled = (name: string, step: number) => (step === 1 ? name : `${name} * ${step}`);

/** What becomes of the cells' sums at the end of a block. */
export function emitClose(kernel: MacKernel, cells: readonly Cell[], place: MacPlace): string {
  const { tiling, format } = kernel;
  const split = tiling.splits > 1;
  const keep = keeper(kernel, cells, place);
  if (!format.exponents) {
    return keep((cell) => {
      const result = format.blockResult(`acc${cell.name}`, `m0_${cell.row}`, `m1_${cell.column}`);
      return split ? result : `${format.add}(total${cell.name}, ${result})`;
    });
  }
  const { lowest, highest, bias } = format.exponents;
  const scales = range(tiling.rows.tile).map((row) => `let k0_${row} = m0_${row} - ${bias * 2 ** 23}u;\n`);
  const scale = ({ row, column }: Cell) => `k0_${row} + m1_${column}`;
  const scaledResult = keep((cell) => (split ? `scale_whole(acc${cell.name}, ${scale(cell)})` : `add_scaled(total${cell.name}, acc${cell.name}, ${scale(cell)})`));
  const tiled = [tiling.rows, tiling.columns] as const;
  const fold = (pick: string) => tiled.map(({ tile }, factor) => range(tile).reduce((all, at) => (at ? `${pick}(${all}, m${factor}_${at})` : `m${factor}_0`), '')).join(' + ');
  const wild = `wild = wild | (${fold('min')} < ${lowest * 2 ** 23}u) | (${fold('max')} > ${highest * 2 ** 23}u);\n`;
  return `${emitExponents(kernel, 0)}${emitExponents(kernel, 1)}${wild}${scales.join('')}${scaledResult}`;
}

type Keep = (resultOf: (cell: Cell, at: number) => string) => string;

/** Results of a block: to the totals, or to memory where blocks are split. */
function keeper(kernel: MacKernel, cells: readonly Cell[], place: MacPlace): Keep {
  if (kernel.tiling.splits === 1) return (resultOf) => cells.map((cell, at) => `total${cell.name} = ${resultOf(cell, at)};\n`).join('');
  return (resultOf) => storeCells(kernel, cells, `${place.blockResults} + block * ${product(kernel.operation.shape)}`, resultOf);
}

/** The block's exponent fields of the tile's rows, or columns: m0_0, m0_1, ... */
function emitExponents({ operands, tiling }: MacKernel, factor: 0 | 1): string {
  const side = factor ? tiling.columns : tiling.rows;
  const { exponentSteps, steps } = operands[factor];
  const [begin, step] =
    'perWords' in exponentSteps
      ? [`(b${factor} >> ${Math.log2(exponentSteps.perWords)}u)`, (steps[side.axis] ?? 0) / exponentSteps.perWords]
      : [scaled('block', exponentSteps.block), exponentSteps.axes[side.axis] ?? 0];
  const addressOf = (at: number) => plus(`g${factor} + ${begin}`, placeOffset(side, at) * step);
  return range(side.tile)
    .map((at) => {
      const quad = `h${factor}_${at - (at % QUAD)}`;
      const inFours = tiling.loads?.[factor] === 'places';
      const loaded = inFours && at % QUAD === 0 ? `let ${quad} = ${quadAt(addressOf(at))};\n` : '';
      const field = `${inFours ? partOf(quad, at) : wordAt(addressOf(at), tiling.loads !== null)} & INF`;
      // Beyond the end any word may lie there: it must not look wild.
      const outside = side.last + placeOffset(side, at) >= side.extent ? `${axisName(side.axis)} >= ${side.extent - placeOffset(side, at)}` : null;
      return `${loaded}let m${factor}_${at} = ${outside ? `select(${field}, 0x3f800000u, ${outside})` : field};\n`;
    })
    .join('');
}

/** Where the exponents of the tile's rows and columns begin. */
export function emitExponentStart({ operation, operands, format }: MacKernel, place: MacPlace): string {
  if (!format.exponents) return '';
  const starts = operands.map((operand, factor) => `let g${factor} = ${exponentsFrom(operation, operand, place.copies[factor as 0 | 1])};\n`);
  return `var wild = false;\n${starts.join('')}`;
}

/** Sums at zero, before the first block. */
export function emitZeros(cells: readonly Cell[], { splits }: MacTiling): string {
  return cells.map(({ name }) => `var acc${name} = 0.0;\n${splits > 1 ? '' : `var total${name} = 0u;\n`}`).join('');
}

/** After the last block: results to memory, but where blocks are split, as the second pass does that. Then a second look. */
export function emitResults(kernel: MacKernel, cells: readonly Cell[], place: MacPlace): string {
  const { operation, tiling, format } = kernel;
  if (tiling.splits > 1) return format.exponents ? emitSecondLook(kernel, place) : '';
  const wordOf = ({ name }: Cell) => (format.exponents ? `flush(total${name})` : `total${name}`);
  const watch = (cell: Cell) => guardCell(tiling, cell, `if (special(total${cell.name})) { atomicMin(&status[0], env.number); }\n`);
  const watches = place.watched && format.sharedExponent ? cells.map(watch).join('') : '';
  return `${storeCells(kernel, cells, place.offsetOf(operation.out), wordOf)}${watches}${emitSecondLook(kernel, place)}`;
}
