/**
 * SPEC N5 for sums of many terms into few elements: each level of the tree is a pass, in which an invocation adds one
 * block. (Where there are elements enough, emitKernel.ts walks the whole tree in one invocation.)
 */
import { SUM_BLOCK } from '#engine/numerics/treeSum.ts';
import type { Operation } from '#engine/program/program.ts';
import { emitBody } from './emitBody.ts';
import { emitAxes, emitStore, type Kernel, type KernelPlace, shell } from './emitKernel.ts';
import { emitReads } from './emitRead.ts';

const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);

/** Block results of the terms, as [block][element]. */
export function emitFirstSums(operation: Operation, place: KernelPlace, to: string): Kernel {
  const { shape, extents } = operation;
  const elements = product(shape);
  const terms = product(extents);
  const invocations = elements * Math.ceil(terms / SUM_BLOCK);
  const { code, results } = emitBody(operation, 'x', 'v');
  const termAxes = emitAxes([...shape.map(() => 1), ...extents], 'u32(r)')
    .split('\n')
    .slice(0, -1)
    .filter((line) => !shape.some((_, axis) => line.startsWith(`let a${axis} =`)));
  const body = `let block = i / ${elements}u;
let element = i - block * ${elements}u;
${emitAxes(shape, 'element')}let first = i32(block) * ${SUM_BLOCK};
var sum = 0u;
for (var r = first; r < min(first + ${SUM_BLOCK}, ${terms}); r++) {
${termAxes.join('\n')}
${emitReads(operation, place.offsetOf, 'x')}${code}sum = f_add(sum, ${results[0]});
}
arena[u32(${to}) + i] = sum;
`;
  return shell(invocations, body);
}

/** The next level: `count` block results of each element become fewer; one left is the result of the operation. */
export function emitNextSums(operation: Operation, place: KernelPlace, from: string, to: string, count: number): Kernel {
  const elements = product(operation.shape);
  const blocks = Math.ceil(count / SUM_BLOCK);
  const store = blocks === 1 ? emitStore(place, operation.out, 'i', 'sum') : `arena[u32(${to}) + i] = sum;\n`;
  const body = `let block = i / ${elements}u;
let element = i - block * ${elements}u;
let first = block * ${SUM_BLOCK}u;
var sum = 0u;
for (var k = first; k < min(first + ${SUM_BLOCK}u, ${count}u); k++) { sum = f_add(sum, arena[u32(${from}) + k * ${elements}u + element]); }
${store}`;
  return shell(elements * blocks, body);
}
