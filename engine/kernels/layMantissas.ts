/**
 * SPEC N4e, once an operand instead of once a product: mantissas of each block of terms, and the exponent that they share.
 * What a product then does with them is as short as in f12.
 */
import type { Operation } from '#engine/program/program.ts';
import { BLOCK_FORMATS } from '#engine/numerics/blockMac.ts';
import { rowMajorStrides } from '#engine/numerics/readChunk.ts';
import { emitAxes, type Kernel, shell } from './emitKernel.ts';
import { axisName } from './emitRead.ts';
import type { LaidOperand } from './layOperand.ts';
import { advance, type Odometer, startAt, termLoops } from './termLoops.ts';

/** Mantissas are [term][row], so that neighbours read neighbours; then exponents, [block][row]. */
type BlockProfile = keyof typeof BLOCK_FORMATS;

/** Words of one operand's mantissas. */
const MOST_WORDS = 2 ** 24;
/** Products that use a mantissa, on average over both operands: with fewer it is not worth its way through memory. */
const LEAST_USES = 4;
/** A power of two by which tiny blocks are lifted. */
const LIFT = 64;
/** Terms that are written out in a row. */
const STRIDE = 16;

const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);

/** Both operands of a mac as mantissas; null where that would be too big, or used too little. */
export function layMantissas(operation: Operation, operands: readonly [LaidOperand, LaidOperand], profile: BlockProfile): readonly [LaidOperand, LaidOperand] | null {
  const laid = [mantissasOf(operation, operands[0], profile), mantissasOf(operation, operands[1], profile)] as const;
  const products = product(operation.shape) * product(operation.extents);
  const isWorthIt = laid.every(({ words }) => words <= MOST_WORDS) && (laid[0].words + laid[1].words) * LEAST_USES <= products * 2;
  return isWorthIt ? laid : null;
}

function mantissasOf({ shape, extents }: Operation, operand: LaidOperand, profile: BlockProfile): LaidOperand {
  const rowShape = shape.map((extent, axis) => (operand.steps[axis] ? extent : 1));
  const rows = product(rowShape);
  const terms = product(extents);
  const strides = rowMajorStrides(rowShape);
  const steps = [...rowShape.map((extent, axis) => (extent === 1 ? 0 : (strides[axis] as number))), ...rowMajorStrides(extents).map((stride) => stride * rows)];
  const exponentsAt = rows * terms;
  const words = exponentsAt + rows * Math.ceil(terms / BLOCK_FORMATS[profile].block);
  return { ...operand, key: JSON.stringify([operand.key, operand.base, operand.steps, rowShape, extents]), words, base: 0, steps, rows, exponentsAt };
}

/** One invocation a row and block. A block that holds something not finite is NaN as a whole, and said in status[2]. */
export function emitMantissas({ shape, extents }: Operation, from: LaidOperand, to: LaidOperand, profile: BlockProfile, source: string, target: string): Kernel {
  const { bits, block } = BLOCK_FORMATS[profile];
  const terms = product(extents);
  const blocks = Math.ceil(terms / block);
  const writer: ChunkWriter = { loops: loopsOf(from, shape.length, extents), rows: to.rows, terms, target, chunk: Math.min(STRIDE, terms) };
  const count = Math.min(block, terms);
  const chunks = Math.ceil(count / writer.chunk);
  const start = startAt(writer.loops, 'first');
  const row = shape.flatMap((_, axis) => (from.steps[axis] ? [`${axisName(axis)} * ${from.steps[axis]}`] : []));
  const names = ['p', ...writer.loops.slice(1).map((_, k) => `c${k + 1}`)];
  const again = names.map((name) => `${name} = start_${name};\n`).join('');
  const over = (inside: string) => `for (var t = 0; t < left; t += ${writer.chunk}) {\n${inside}}\n`;
  const body = `let row = i % ${to.rows}u;
let block = i32(i / ${to.rows}u);
${emitAxes(
  shape.map((extent, axis) => (from.steps[axis] ? extent : 1)),
  'row',
)}let first = block * ${block};
let left = min(${block}, ${terms} - first);
${start.code}var p = ${[source, `${from.base}`, ...row, ...(start.added[0] ?? [])].join(' + ')};
${chunks > 1 ? names.map((name) => `let start_${name} = ${name};\n`).join('') : ''}var largest = 0u;
${chunks > 1 ? over(`let begin = t;\n${emitLoads(writer)}${emitLargest(writer)}`) : `let begin = 0;\n${emitLoads(writer)}${emitLargest(writer)}`}
let lost = largest == INF;
if (lost) { atomicOr(&status[2], 1u); }
let tiny = largest < ${(bits - 2) * 2 ** 23}u;
let up = select(0x3f800000u, ${(127 + LIFT) * 2 ** 23}u, tiny);
let scale = select(${(252 + bits) * 2 ** 23}u, ${(252 + bits - LIFT) * 2 ** 23}u, tiny) - largest;
var at = u32(${target}) + u32(first) * ${to.rows}u + row;
${chunks > 1 ? `${again}${over(`let begin = t;\n${emitLoads(writer)}${emitStores(writer)}`)}` : emitStores(writer)}
arena[u32(${target}) + ${to.exponentsAt}u + u32(block) * ${to.rows}u + row] = select(largest, 0x3f800000u, largest == 0u);
`;
  return shell(to.rows * blocks, body);
}

interface ChunkWriter {
  readonly loops: ReturnType<typeof termLoops>;
  readonly rows: number;
  readonly terms: number;
  readonly target: string;
  readonly chunk: number;
}

const loopsOf = (from: LaidOperand, rank: number, extents: readonly number[]) =>
  termLoops(
    extents,
    extents.map((_, k) => [from.steps[rank + k] as number]),
  );

/** Whether the last chunk may end before its `k`th term. */
const mayEnd = ({ terms, chunk }: ChunkWriter, k: number) => terms % chunk !== 0 && k >= terms % chunk;

/** Words b0, b1, ... of a chunk, 0 beyond the end; moves p and the counters on. */
function emitLoads(writer: ChunkWriter): string {
  const { loops, chunk } = writer;
  const lines: string[] = [];
  let now: Odometer = { addresses: ['p'], counters: loops.map((_, k) => `c${k}`) };
  for (let k = 0; k < chunk; k++) {
    const [address = ''] = now.addresses;
    lines.push(mayEnd(writer, k) ? `let b${k} = select(0u, arena[select(p, ${address}, begin + ${k} < left)], begin + ${k} < left);\n` : `let b${k} = arena[${address}];\n`);
    const moved = advance(loops, now, 1, `_${k}`);
    lines.push(moved.code);
    now = moved.next;
  }
  lines.push(`p = ${now.addresses[0]};\n`);
  now.counters.slice(1).forEach((counter, k) => lines.push(`c${k + 1} = ${counter};\n`));
  return lines.join('');
}

const emitLargest = ({ chunk }: ChunkWriter) => Array.from({ length: chunk }, (_, k) => `largest = max(largest, b${k} & INF);\n`).join('');

/** By one fenced addition that rounds to a whole number; tiny blocks, whose scale would be no f32, are lifted first. Both ways at once: software devices do both sides of a branch. */
function emitStores(writer: ChunkWriter): string {
  const { chunk, rows } = writer;
  const stores = Array.from({ length: chunk }, (_, k) => {
    const store = `arena[at + ${k * rows}u] = select(near_whole(b${k}, up, scale), NAN, lost);`;
    return mayEnd(writer, k) ? `if (begin + ${k} < left) { ${store} }\n` : `${store}\n`;
  });
  return `${stores.join('')}at += ${chunk * rows}u;\n`;
}
