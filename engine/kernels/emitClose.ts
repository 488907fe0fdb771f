/** What becomes of the sums of a laid-out mac: at the end of a block, and at the end of all. */
import { rowMajorStrides } from '#engine/numerics/readChunk.ts';
import { axisName } from './emitRead.ts';
import { type Cell, type MacKernel, type MacPlace, storeCells } from './macCells.ts';
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
  const ordinary = keep((cell) => (split ? `scale_whole(acc${cell.name}, ${scale(cell)})` : `add_scaled(total${cell.name}, acc${cell.name}, ${scale(cell)})`));
  const tiled = [tiling.rows, tiling.columns] as const;
  const fold = (pick: string) => tiled.map(({ tile }, factor) => range(tile).reduce((all, at) => (at ? `${pick}(${all}, m${factor}_${at})` : `m${factor}_0`), '')).join(' + ');
  // Once a total may be huge, it stays with the careful way.
  const wild = `wild = wild | (${fold('min')} < ${lowest * 2 ** 23}u) | (${fold('max')} > ${highest * 2 ** 23}u);\n`;
  return `${emitExponents(kernel, 0)}${emitExponents(kernel, 1)}${wild}if (wild) {\n${emitCareful(kernel, cells, keep)}} else {\n${scales.join('')}${ordinary}}\n`;
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
  const { block, axes } = operands[factor].exponentSteps;
  const addressOf = (at: number) => plus(`g${factor} + ${scaled('block', block)}`, placeOffset(side, at) * (axes[side.axis] ?? 0));
  return range(side.tile)
    .map((at) => {
      const name = `m${factor}_${at}`;
      if (tiling.loads?.[factor] !== 'places') return `let ${name} = ${wordAt(addressOf(at), tiling.loads !== null)} & INF;\n`;
      const quad = `h${factor}_${at - (at % QUAD)}`;
      return `${at % QUAD ? '' : `let ${quad} = ${quadAt(addressOf(at))};\n`}let ${name} = ${partOf(quad, at)} & INF;\n`;
    })
    .join('');
}

/** Rarely run, so a loop: written out, it would be most of what there is to compile. */
function emitCareful({ tiling, format }: MacKernel, cells: readonly Cell[], keep: Keep): string {
  const count = cells.length;
  const [rows, columns] = [tiling.rows.tile, tiling.columns.tile];
  const split = tiling.splits > 1;
  const result = format.blockResult('sums[n]', `fields[n / ${columns}]`, `fields[${rows} + n % ${columns}]`);
  const fields = [...range(rows).map((row) => `m0_${row}`), ...range(columns).map((column) => `m1_${column}`)];
  return `var sums: array<f32, ${count}>;
var fields: array<u32, ${rows + columns}>;
var kept: array<u32, ${count}>;
${cells.map(({ name }, n) => `sums[${n}] = acc${name};\n${split ? '' : `kept[${n}] = total${name};\n`}`).join('')}${fields.map((field, n) => `fields[${n}] = ${field};\n`).join('')}for (var n = 0; n < ${count}; n++) { kept[n] = ${split ? result : `${format.add}(kept[n], ${result})`}; }
${keep((_, n) => `kept[${n}]`)}`;
}

/** Where the exponents of the tile's rows and columns begin. */
export function emitExponentStart({ operation, operands, format }: MacKernel, place: MacPlace): string {
  if (!format.exponents) return '';
  const starts = operands.map(({ exponentSteps, exponentsAt }, factor) => {
    const axes = operation.shape.flatMap((extent, axis) => (extent === 1 || !exponentSteps.axes[axis] ? [] : [scaled(axisName(axis), exponentSteps.axes[axis])]));
    return `let g${factor} = ${[place.copies[factor as 0 | 1], `${exponentsAt}`, ...axes].join(' + ')};\n`;
  });
  return `var wild = false;\n${starts.join('')}`;
}

/** Sums at zero, before the first block. */
export function emitZeros(cells: readonly Cell[], { splits }: MacTiling): string {
  return cells.map(({ name }) => `var acc${name} = 0.0;\n${splits > 1 ? '' : `var total${name} = 0u;\n`}`).join('');
}

/** After the last block: results to memory. Where blocks are split, the second pass does that. */
export function emitResults(kernel: MacKernel, cells: readonly Cell[], place: MacPlace): string {
  const { operation, tiling, format } = kernel;
  if (tiling.splits > 1) return '';
  const stores = storeCells(kernel, cells, place.offsetOf(operation.out), ({ name }) => (format.exponents ? `flush(total${name})` : `total${name}`));
  return stores + emitPoison(kernel, place, tiling);
}

/** Only when some operand of this step is not finite: looks again at each output's terms, and makes it NaN. */
export function emitPoison({ operation, operands }: MacKernel, place: MacPlace, tiling: MacTiling | null): string {
  const extents = [...operation.shape, ...operation.extents];
  const rank = operation.shape.length;
  const strides = rowMajorStrides(operation.shape);
  const address = (factor: 0 | 1) =>
    [
      plus(place.copies[factor], operands[factor].base),
      ...extents.flatMap((_, axis) => (operands[factor].steps[axis] ? [scaled(axisName(axis), operands[factor].steps[axis])] : [])),
    ].join(' + ');
  const element = operation.shape.map((_, axis) => scaled(axisName(axis), strides[axis] as number)).join(' + ') || '0';
  const loops = operation.extents.map((extent, k) => `for (var ${axisName(rank + k)} = 0; ${axisName(rank + k)} < ${extent}; ${axisName(rank + k)}++) {\n`).join('');
  const report = place.watched ? `atomicMin(&status[0], env.number); ` : '';
  const word = (at: string) => wordAt(at, (tiling?.loads ?? null) !== null);
  const search = `var bad = false;\n${loops}bad = bad | special(${word(address(0))}) | special(${word(address(1))});\n${'}\n'.repeat(operation.extents.length)}if (bad) { ${report}${word(`${place.offsetOf(operation.out)} + ${element}`)} = NAN; }\n`;
  const tiled = (tiling ? [tiling.rows, tiling.columns] : []).filter(({ axis, tile, last, extent }) => axis >= 0 && (tile > 1 || last >= extent));
  const cells = tiled.reduceRight((inside, { axis, tile, run, apart, extent }) => {
    const name = axisName(axis);
    const offset = run === 1 ? `n_${name} * ${apart}` : `n_${name} / ${run} * ${apart} + n_${name} % ${run}`;
    return `for (var n_${name} = 0; n_${name} < ${tile}; n_${name}++) {\nlet at_${name} = ${name} + ${offset};\nif (at_${name} < ${extent}) {\nlet ${name} = at_${name};\n${inside}}\n}\n`;
  }, search);
  return `if (atomicLoad(&status[2]) != 0u) {\n${cells}}\n`;
}
