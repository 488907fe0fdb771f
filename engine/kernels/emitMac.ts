/**
 * SPEC N4 and N4e for operands that are laid out: each invocation computes a tile of outputs in registers, so that a loaded
 * factor serves a row of them. Order inside an output never changes; blocks of terms may be split over invocations,
 * as their results are added in a second pass, in order.
 */
import { rowMajorStrides } from '#engine/numerics/readChunk.ts';
import type { Operation } from '#engine/program/program.ts';
import { emitAxes, type Kernel, type KernelPlace, shell } from './emitKernel.ts';
import { axisName } from './emitRead.ts';
import type { LaidOperand } from './layOperand.ts';
import type { MacFormat } from './macFormat.ts';
import { advance, type Odometer, startAt, type TermLoop, termLoops } from './termLoops.ts';
import type { MacTiling, TiledAxis } from './tileMac.ts';

export interface MacKernel {
  readonly operation: Operation;
  readonly operands: readonly [LaidOperand, LaidOperand];
  readonly tiling: MacTiling;
  readonly format: MacFormat;
}

/** Offsets of the two copies, and of the block results when blocks are split. */
export interface MacPlace extends KernelPlace {
  readonly copies: readonly [string, string];
  readonly blockResults: string;
}

const range = (count: number) => Array.from({ length: count }, (_, k) => k);
const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);
const plus = (name: string, constant: number) => (constant === 0 ? name : `${name} + ${constant}`);
const scaled = (name: string, step: number) => (step === 1 ? name : `${name} * ${step}`);

function loopsOf({ operation, operands }: MacKernel): TermLoop[] {
  const rank = operation.shape.length;
  return termLoops(
    operation.extents,
    operation.extents.map((_, k) => operands.map((operand) => operand.steps[rank + k] as number)),
  );
}

export function emitMac(kernel: MacKernel, place: MacPlace): Kernel {
  const { operation, tiling } = kernel;
  const loops = loopsOf(kernel);
  const terms = product(operation.extents);
  const cellCount = tiling.rows.tile * tiling.columns.tile;
  // One loop has nothing to carry into, so its length need not be a multiple.
  const unroll = [8, 4, 2, 1].find((count) => (loops.length === 1 || (loops.at(-1) as TermLoop).extent % count === 0) && (count < 8 || cellCount <= 8)) ?? 1;
  const tiles = operation.shape.map((extent, axis) => [tiling.rows, tiling.columns].find((tiled) => tiled.axis === axis)?.tiles ?? extent);
  const invocations = product(tiles) * tiling.splits;
  const cells = range(tiling.rows.tile).flatMap((row) => range(tiling.columns.tile).map((column) => ({ row, column, name: `${row}_${column}` })));
  const writer = { kernel, loops, cells, unroll };
  const split = tiling.splits > 1;
  const body = [
    emitAxes(tiles, split ? `(i % ${product(tiles)}u)` : 'i'),
    emitStart(writer, place),
    cells.map(({ name }) => `var acc${name} = 0.0;\n${split ? '' : `var total${name} = 0u;\n`}`).join(''),
    emitBlocks(writer, terms, place),
    split
      ? ''
      : cells
          .map((cell) =>
            guard(
              tiling,
              cell,
              `arena[${place.offsetOf(operation.out)} + ${elementOf(kernel, cell)}] = ${kernel.format.exponents ? `flush(total${cell.name})` : `total${cell.name}`};\n`,
            ),
          )
          .join(''),
    split ? '' : emitPoison(kernel, place, tiling),
  ];
  return { code: shell(invocations, body.join('')), invocations };
}

interface Writer {
  readonly kernel: MacKernel;
  readonly loops: readonly TermLoop[];
  readonly cells: readonly Cell[];
  readonly unroll: number;
}

interface Cell {
  readonly row: number;
  readonly column: number;
  readonly name: string;
}

/** First addresses p0 and p1, and counters of the loops but the outermost. */
function emitStart({ kernel, loops }: Writer, place: MacPlace): string {
  const { operation, operands, tiling } = kernel;
  const start = operands.map((operand, factor) =>
    [
      plus(place.copies[factor as 0 | 1], operand.base),
      ...operation.shape.flatMap((extent, axis) => (extent === 1 || !operand.steps[axis] ? [] : [scaled(axisName(axis), operand.steps[axis])])),
    ].join(' + '),
  );
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
  const tileCount = product(operation.shape.map((extent, axis) => [tiling.rows, tiling.columns].find((tiled) => tiled.axis === axis)?.tiles ?? extent));
  return `${exponents}let first_block = i32(i / ${tileCount}u) * ${tiling.blocksPerSplit};\nlet first_term = first_block * ${kernel.format.block};\n${code}${start.map((address, factor) => `var p${factor} = ${[address, ...(added[factor] ?? [])].join(' + ')};\n`).join('')}`;
}

function emitBlocks(writer: Writer, terms: number, place: MacPlace): string {
  const { tiling, format } = writer.kernel;
  const split = tiling.splits > 1;
  const blocks = Math.ceil(terms / format.block);
  const close = emitClose(writer, place) + writer.cells.map(({ name }) => `acc${name} = 0.0;\n`).join('');
  if (blocks === 1) return `let block = ${split ? 'first_block' : '0'};\n${emitBlock(writer, terms, terms, blocks)}${close}`;
  const [first, end] = split ? ['first_block', `min(first_block + ${tiling.blocksPerSplit}, ${blocks})`] : ['0', `${blocks}`];
  return `for (var block = ${first}; block < ${end}; block++) {\n${emitBlock(writer, format.block, terms % format.block || format.block, blocks)}${close}}\n`;
}

/** What becomes of the cells' sums at the end of a block. */
function emitClose({ kernel, cells }: Writer, place: MacPlace): string {
  const { operation, operands, tiling, format } = kernel;
  const outputs = product(operation.shape);
  const split = tiling.splits > 1;
  const keep = (cell: Cell, result: string) =>
    split ? guard(tiling, cell, `arena[${place.blockResults} + block * ${outputs} + ${elementOf(kernel, cell)}] = ${result};\n`) : `total${cell.name} = ${result};\n`;
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
  const loads = tiled.flatMap(({ axis, tile, tiles }, factor) => {
    const operand = operands[factor as 0 | 1];
    return range(tile).map((at) => `let m${factor}_${at} = arena[${plus(`g${factor} + block * ${operand.rows}`, at * tiles * (operand.steps[axis] ?? 0))}] & INF;\n`);
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
function emitExponentStart({ operation, operands, format }: MacKernel, place: MacPlace): string {
  if (!format.exponents) return '';
  const starts = operands.map(({ steps, exponentsAt }, factor) => {
    const axes = operation.shape.flatMap((extent, axis) => (extent === 1 || !steps[axis] ? [] : [scaled(axisName(axis), steps[axis] as number)]));
    return `let g${factor} = ${[place.copies[factor as 0 | 1], `${exponentsAt}`, ...axes].join(' + ')};\n`;
  });
  return `var wild = false;\n${starts.join('')}`;
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
  const { rows, columns } = kernel.tiling;
  const steps = (loops.at(-1) as TermLoop).steps;
  const lines: string[] = [];
  let now: Odometer = { addresses: ['p0', 'p1'], counters: loops.map((_, k) => `c${k}`) };
  const sums = new Map(cells.map(({ name }) => [name, `acc${name}`]));
  const repeats = loops.some((loop) => loop.extent > 1 && loop.steps.includes(0));
  for (let k = 0; k < count; k++) {
    const within = k % unroll;
    ([rows, columns] as const).forEach((tiled, factor) => {
      const step = kernel.operands[factor as 0 | 1].steps[tiled.axis] ?? 0;
      for (let place = 0; place < tiled.tile; place++) {
        const word = `arena[${plus(now.addresses[factor] as string, within * (steps[factor] as number) + place * tiled.tiles * step)}]`;
        lines.push(
          pass === 'largest'
            ? `m${factor}_${place} = max(m${factor}_${place}, ${word} & INF);\n`
            : `let x${factor}_${place}_${k} = ${kernel.format.factor(word, `m${factor}_${place}`)};\n`,
        );
      }
    });
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

/** Cells beyond the end of a tiled axis compute something that is not kept. */
function guard({ rows, columns }: MacTiling, { row, column }: Cell, store: string): string {
  const checks = [[rows, row] as const, [columns, column] as const]
    .filter(([tiled, place]) => (place + 1) * tiled.tiles > tiled.extent)
    .map(([tiled, place]) => `${axisName(tiled.axis)} < ${tiled.extent - place * tiled.tiles}`);
  return checks.length ? `if (${checks.map((check) => `(${check})`).join(' & ')}) { ${store.trimEnd()} }\n` : store;
}

function elementOf({ operation, tiling }: MacKernel, { row, column }: Cell): string {
  const strides = rowMajorStrides(operation.shape);
  const moved = (tiled: TiledAxis, place: number) => (tiled.axis < 0 ? 0 : place * tiled.tiles * (strides[tiled.axis] as number));
  const axes = operation.shape.flatMap((extent, axis) => (extent === 1 ? [] : [scaled(axisName(axis), strides[axis] as number)]));
  return plus(axes.length ? axes.join(' + ') : '0', moved(tiling.rows, row) + moved(tiling.columns, column));
}

/** Only when some operand of this step is not finite: looks again at each output's terms, and makes it NaN. */
function emitPoison({ operation, operands }: MacKernel, place: MacPlace, tiling: MacTiling | null): string {
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
  const tiled = (tiling ? [tiling.rows, tiling.columns] : []).filter(({ axis, tile }) => axis >= 0 && tile > 1);
  const cells = tiled.reduceRight((inside, { axis, tiles, extent }) => {
    const name = axisName(axis);
    return `for (var at_${name} = ${name}; at_${name} < ${extent}; at_${name} += ${tiles}) {\nlet ${name} = at_${name};\n${inside}}\n`;
  }, search);
  return `if (atomicLoad(&status[2]) != 0u) {\n${cells}}\n`;
}

/** Second pass of a split mac: adds an output's block results in order. */
export function emitBlockSum(kernel: MacKernel, place: MacPlace): Kernel {
  const { operation } = kernel;
  const outputs = product(operation.shape);
  const blocks = Math.ceil(product(operation.extents) / kernel.format.block);
  const body = `${emitAxes(operation.shape, 'i')}var total = 0u;
for (var block = 0u; block < ${blocks}u; block++) { total = ${kernel.format.add}(total, arena[u32(${place.blockResults}) + block * ${outputs}u + i]); }
arena[u32(${place.offsetOf(operation.out)}) + i] = total;
${emitPoison(kernel, place, null)}`;
  return { code: shell(outputs, body), invocations: outputs };
}
