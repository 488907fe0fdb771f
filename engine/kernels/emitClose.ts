/** What becomes of the sums of a laid-out mac: at the end of a block, and at the end of all. */
import { rowMajorStrides } from '#engine/numerics/readChunk.ts';
import { axisName } from './emitRead.ts';
import { type Cell, elementOf, guardCell, type MacKernel, type MacPlace } from './macCells.ts';
import type { MacTiling } from './tileMac.ts';

const range = (count: number) => Array.from({ length: count }, (_, k) => k);
const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);
const plus = (name: string, constant: number) => (constant === 0 ? name : `${name} + ${constant}`);
const scaled = (name: string, step: number) => (step === 1 ? name : `${name} * ${step}`);

/** What becomes of the cells' sums at the end of a block. */
export function emitClose(kernel: MacKernel, cells: readonly Cell[], place: MacPlace): string {
  const { operation, operands, tiling, format } = kernel;
  const outputs = product(operation.shape);
  const split = tiling.splits > 1;
  const keep = (cell: Cell, result: string) =>
    split ? guardCell(tiling, cell, `arena[${place.blockResults} + block * ${outputs} + ${elementOf(kernel, cell)}] = ${result};\n`) : `total${cell.name} = ${result};\n`;
  if (!format.exponents) {
    return cells
      .map((cell) => {
        const result = format.blockResult(`acc${cell.name}`, `m0_${cell.row}`, `m1_${cell.column}`);
        return keep(cell, split ? result : `${format.add}(total${cell.name}, ${result})`);
      })
      .join('');
  }
  const { lowest, highest, bias } = format.exponents;
  const scales = range(tiling.rows.tile).map((row) => `let k0_${row} = m0_${row} - ${bias * 2 ** 23}u;\n`);
  const scale = ({ row, column }: Cell) => `k0_${row} + m1_${column}`;
  const ordinary = cells.map((cell) => keep(cell, split ? `scale_whole(acc${cell.name}, ${scale(cell)})` : `add_scaled(total${cell.name}, acc${cell.name}, ${scale(cell)})`));
  const tiled = [tiling.rows, tiling.columns] as const;
  const loads = tiled.flatMap(({ axis, tile, apart }, factor) => {
    const operand = operands[factor as 0 | 1];
    return range(tile).map((at) => `let m${factor}_${at} = arena[${plus(`g${factor} + block * ${operand.rows}`, at * apart * (operand.steps[axis] ?? 0))}] & INF;\n`);
  });
  const fold = (pick: string) => tiled.map(({ tile }, factor) => range(tile).reduce((all, at) => (at ? `${pick}(${all}, m${factor}_${at})` : `m${factor}_0`), '')).join(' + ');
  // Once a total may be huge, it stays with the careful way.
  const wild = `wild = wild | (${fold('min')} < ${lowest * 2 ** 23}u) | (${fold('max')} > ${highest * 2 ** 23}u);\n`;
  return `${loads.join('')}${wild}if (wild) {\n${emitCareful(kernel, cells, keep)}} else {\n${scales.join('')}${ordinary.join('')}}\n`;
}

/** Rarely run, so a loop: written out, it would be most of what there is to compile. */
function emitCareful({ tiling, format }: MacKernel, cells: readonly Cell[], keep: (cell: Cell, result: string) => string): string {
  const count = cells.length;
  const [rows, columns] = [tiling.rows.tile, tiling.columns.tile];
  const split = tiling.splits > 1;
  const result = format.blockResult('sums[n]', `fields[n / ${columns}]`, `fields[${rows} + n % ${columns}]`);
  const fields = [...range(rows).map((row) => `m0_${row}`), ...range(columns).map((column) => `m1_${column}`)];
  return `var sums: array<f32, ${count}>;
var fields: array<u32, ${rows + columns}>;
var kept: array<u32, ${count}>;
${cells.map(({ name }, n) => `sums[${n}] = acc${name};\n${split ? '' : `kept[${n}] = total${name};\n`}`).join('')}${fields.map((field, n) => `fields[${n}] = ${field};\n`).join('')}for (var n = 0; n < ${count}; n++) { kept[n] = ${split ? result : `${format.add}(kept[n], ${result})`}; }
${cells.map((cell, n) => keep(cell, `kept[${n}]`)).join('')}`;
}

/** Where the exponents of the tile's rows and columns begin. */
export function emitExponentStart({ operation, operands, format }: MacKernel, place: MacPlace): string {
  if (!format.exponents) return '';
  const starts = operands.map(({ steps, exponentsAt }, factor) => {
    const axes = operation.shape.flatMap((extent, axis) => (extent === 1 || !steps[axis] ? [] : [scaled(axisName(axis), steps[axis] as number)]));
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
  const stores = cells.map((cell) => {
    const result = format.exponents ? `flush(total${cell.name})` : `total${cell.name}`;
    return guardCell(tiling, cell, `arena[${place.offsetOf(operation.out)} + ${elementOf(kernel, cell)}] = ${result};\n`);
  });
  return stores.join('') + emitPoison(kernel, place, tiling);
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
  const search = `var bad = false;\n${loops}bad = bad | special(arena[${address(0)}]) | special(arena[${address(1)}]);\n${'}\n'.repeat(operation.extents.length)}if (bad) { ${report}arena[${place.offsetOf(operation.out)} + ${element}] = NAN; }\n`;
  const tiled = (tiling ? [tiling.rows, tiling.columns] : []).filter(({ axis, tile, last, extent }) => axis >= 0 && (tile > 1 || last >= extent));
  const cells = tiled.reduceRight((inside, { axis, tile, apart, extent }) => {
    const name = axisName(axis);
    return `for (var at_${name} = ${name}; at_${name} < min(${extent}, ${name} + ${tile * apart}); at_${name} += ${apart}) {\nlet ${name} = at_${name};\n${inside}}\n`;
  }, search);
  return `if (atomicLoad(&status[2]) != 0u) {\n${cells}}\n`;
}
