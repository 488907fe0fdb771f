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
import { inQuads, type Loads, loadsOf, partOf, PARTS, QUAD, quadOf, wholeQuads, wordAt } from './quads.ts';
import { advance, type Odometer, startAt, termLoops } from './termLoops.ts';

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

/** Both operands of a mac as mantissas. */
export function layMantissas(operation: Operation, operands: readonly [LaidOperand, LaidOperand], profile: BlockProfile): readonly [LaidOperand, LaidOperand] {
  return [mantissasOf(operation, operands[0], profile, false), mantissasOf(operation, operands[1], profile, true)];
}

/** Whether they are neither too big nor used too little. */
export function areWorthLaying(operation: Operation, mantissas: readonly [LaidOperand, LaidOperand]): boolean {
  const products = product(operation.shape) * product(operation.extents);
  return mantissas.every(({ words }) => words <= MOST_WORDS) && (mantissas[0].words + mantissas[1].words) * LEAST_USES <= products * 2;
}

/**
 * Mantissas are [row][term], then exponents [row][block], where terms come in fours; else [term][row] and [block][row], so
 * that neighbours read neighbours. Columns are so wherever they come in fours themselves.
 */
function mantissasOf(operation: Pick<Operation, 'shape' | 'extents'>, operand: LaidOperand, profile: BlockProfile, isColumns: boolean): LaidOperand {
  const { shape, extents } = operation;
  if (isInStretches(operation, operand, BLOCK_FORMATS[profile].block)) return inStretches(operand, profile);
  const rowShape = shape.map((extent, axis) => (operand.steps[axis] ? extent : 1));
  const rows = product(rowShape);
  const terms = product(extents);
  const blocks = Math.ceil(terms / BLOCK_FORMATS[profile].block);
  const byRow = terms % QUAD === 0 && !(isColumns && (rowShape.findLast((extent) => extent > 1) ?? 1) % QUAD === 0);
  const blocksOfRow = byRow ? wholeQuads(blocks) : blocks;
  const rowSteps = rowMajorStrides(rowShape).map((stride, axis) => (rowShape[axis] === 1 ? 0 : stride));
  const steps = [...rowSteps.map((step) => (byRow ? step * terms : step)), ...rowMajorStrides(extents).map((stride) => (byRow ? stride : stride * rows))];
  const exponentSteps = { block: byRow ? 1 : rows, axes: rowSteps.map((step) => (byRow ? step * blocksOfRow : step)) };
  const exponentsAt = rows * terms;
  const key = JSON.stringify([operand.key, operand.base, operand.steps, rowShape, extents, byRow]);
  return { ...operand, key, words: exponentsAt + rows * blocksOfRow, base: 0, steps, rows, byRow, exponentsAt, exponentSteps };
}

/**
 * Whether each block is a stretch of the operand as it lies, from a multiple of its length on, and rows share so many of them
 * that it is worth to walk over them: channels of a picture, which each tap of a filter meets again.
 */
function isInStretches({ shape, extents }: Pick<Operation, 'shape' | 'extents'>, { base, steps, words }: LaidOperand, block: number): boolean {
  const inner = extents.findLastIndex((extent) => extent > 1);
  const rows = product(shape.filter((_, axis) => steps[axis] !== 0));
  const others = steps.filter((_, axis) => axis !== shape.length + inner && ([...shape, ...extents][axis] as number) > 1);
  const areWhole = [extents[inner] ?? 0, base, words, ...others].every((count) => count % block === 0);
  return inner >= 0 && steps[shape.length + inner] === 1 && areWhole && words * 2 <= rows * product(extents);
}

/** The mantissas of all its words, in their order. */
function inStretches(operand: LaidOperand, profile: BlockProfile): LaidOperand {
  const { operation, from } = oneRowOf(operand);
  const { block } = BLOCK_FORMATS[profile];
  const row = mantissasOf(operation, from, profile, false);
  return { ...row, base: operand.base, steps: operand.steps, exponentSteps: { perWords: block } };
}

/** An operand as a row of terms. */
const oneRowOf = (operand: LaidOperand) => ({ operation: { shape: [1], extents: [operand.words] }, from: { ...operand, base: 0, steps: [0, 1] } });

/** One invocation a row and block, or four blocks. A block that holds something not finite is NaN as a whole, and said in status[2]. */
export function emitMantissas(mac: Operation, laid: LaidOperand, to: LaidOperand, profile: BlockProfile, source: string, target: string): Kernel {
  const { operation, from } = 'perWords' in to.exponentSteps ? oneRowOf(laid) : { operation: mac, from: laid };
  return emitRows(operation, from, to, profile, source, target);
}

function emitRows({ shape, extents }: Pick<Operation, 'shape' | 'extents'>, from: LaidOperand, to: LaidOperand, profile: BlockProfile, source: string, target: string): Kernel {
  const { bits, block } = BLOCK_FORMATS[profile];
  const terms = product(extents);
  const blocks = Math.ceil(terms / block);
  const loads: Loads = to.byRow ? loadsOf({ shape, extents }, [from], 0, -1) : 'words';
  const walked = loads === 'terms' ? inQuads(from) : from;
  const writer: ChunkWriter = { loops: termLoops({ shape, extents }, [walked]), loads, byRow: to.byRow, rows: to.rows, terms, chunk: Math.min(STRIDE, terms) };
  const chunks = Math.ceil(Math.min(block, terms) / writer.chunk);
  const start = startAt(writer.loops, 'first');
  const row = shape.flatMap((_, axis) => (walked.steps[axis] ? [`${axisName(axis)} * ${walked.steps[axis]}`] : []));
  const names = ['p', ...writer.loops.slice(1).map((_, k) => `c${k + 1}`)];
  const again = names.map((name) => `${name} = start_${name};\n`).join('');
  const over = (inside: string) => `for (var t = 0; t < left; t += ${writer.chunk}) {\n${inside}}\n`;
  const oneBlock = `let first = block * ${block};
let left = min(${block}, ${terms} - first);
${start.code}var p = ${[loads === 'terms' ? `(${source} >> 2u)` : source, `${walked.base}`, ...row, ...(start.added[0] ?? [])].join(' + ')};
${chunks > 1 ? names.map((name) => `let start_${name} = ${name};\n`).join('') : ''}var largest = 0u;
${chunks > 1 ? over(`let begin = t;\n${emitLoads(writer)}${emitLargest(writer)}`) : `let begin = 0;\n${emitLoads(writer)}${emitLargest(writer)}`}
let lost = largest == INF;
if (lost) { atomicOr(&status[2], 1u); }
let tiny = largest < ${(bits - 2) * 2 ** 23}u;
let up = select(0x3f800000u, ${(127 + LIFT) * 2 ** 23}u, tiny);
let scale = select(${(252 + bits) * 2 ** 23}u, ${(252 + bits - LIFT) * 2 ** 23}u, tiny) - largest;
var at = u32(${target}) + ${to.byRow ? `row * ${terms}u + u32(first)` : `u32(first) * ${to.rows}u + row`};
${chunks > 1 ? `${again}${over(`let begin = t;\n${emitLoads(writer)}${emitStores(writer)}`)}` : emitStores(writer)}
let exponent = select(largest, 0x3f800000u, largest == 0u);
`;
  const axes = emitAxes(
    shape.map((extent, axis) => (from.steps[axis] ? extent : 1)),
    'row',
  );
  const rowAxes = `let row = i % ${to.rows}u;\n${axes}`;
  const exponents = `arena[u32(${target}) + ${to.exponentsAt}u + u32(block) * ${to.rows}u + row] = exponent;\n`;
  if (!to.byRow) return shell(to.rows * blocks, `${rowAxes}let block = i32(i / ${to.rows}u);\n${oneBlock}${exponents}`);
  const fours = wholeQuads(blocks) / QUAD;
  const body = `${rowAxes}let four = i32(i / ${to.rows}u);
var exponents = ${quadOf(() => '0u')};
for (var block = four * ${QUAD}; block < min(four * ${QUAD} + ${QUAD}, ${blocks}); block++) {
${oneBlock}${PARTS.map((part) => `${partOf('exponents', part)} = select(${partOf('exponents', part)}, exponent, (block & 3) == ${part});\n`).join('')}}
arena[(u32(${target}) >> 2u) + ${to.exponentsAt / QUAD}u + row * ${fours}u + u32(four)] = exponents;
`;
  return shell(to.rows * fours, body, 'quads');
}

interface ChunkWriter {
  readonly loops: ReturnType<typeof termLoops>;
  readonly loads: Loads;
  readonly byRow: boolean;
  readonly rows: number;
  readonly terms: number;
  readonly chunk: number;
}

/** Whether the last chunk may end before its `k`th term. */
const mayEnd = ({ terms, chunk }: ChunkWriter, k: number) => terms % chunk !== 0 && k >= terms % chunk;

/** Words b0, b1, ... of a chunk, 0 beyond the end; moves p and the counters on. */
function emitLoads(writer: ChunkWriter): string {
  const { loops, chunk, loads, byRow } = writer;
  const lines: string[] = [];
  let now: Odometer = { addresses: ['p'], counters: loops.map((_, k) => `c${k}`) };
  const stride = loads === 'terms' ? QUAD : 1;
  for (let k = 0; k < chunk; k += stride) {
    const end = mayEnd(writer, k);
    const address = end ? `select(p, ${now.addresses[0]}, begin + ${k} < left)` : (now.addresses[0] ?? '');
    const kept = (word: string) => (end ? `select(0u, ${word}, begin + ${k} < left)` : word);
    if (loads === 'terms') {
      lines.push(`let q${k} = arena[${address}];\n`);
      for (let part = 0; part < QUAD; part++) lines.push(`let b${k + part} = ${kept(partOf(`q${k}`, part))};\n`);
    } else lines.push(`let b${k} = ${kept(wordAt(address, byRow))};\n`);
    const moved = advance(loops, now, stride, `_${k}`);
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
  const { chunk, rows, byRow } = writer;
  const word = (k: number) => `select(near_whole(b${k}, up, scale), NAN, lost)`;
  const stores = Array.from({ length: byRow ? chunk / QUAD : chunk }, (_, n) => {
    const k = byRow ? n * QUAD : n;
    const store = byRow ? `arena[(at >> 2u) + ${n}u] = ${quadOf((part) => word(k + part))};` : `arena[at + ${k * rows}u] = ${word(k)};`;
    return mayEnd(writer, k) ? `if (begin + ${k} < left) { ${store} }\n` : `${store}\n`;
  });
  return `${stores.join('')}at += ${byRow ? chunk : chunk * rows}u;\n`;
}
