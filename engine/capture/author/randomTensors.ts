/** A draw of random numbers in a Program: Philox (SPEC N7), stretched and shifted. */
import type { Graph } from '../graph/graph.ts';
import { LoopBuilder } from '../graph/loopBuilder.ts';
import type { Source, Value } from '../graph/node.ts';
import { sizeOf } from '../graph/node.ts';
import type { Distribution } from './randomDraws.ts';

const LABEL = 'random numbers, ';

export const isRandom = (source: Source) => source.kind === 'loop' && source.label.what.startsWith(LABEL);

/** The first two words of Philox4x32-10 with key = seed and counter = (step, element, stream, 0). */
function philoxWords(loop: LoopBuilder, seed: Value, step: Value, stream: number): readonly [number, number] {
  const u32 = (value: number) => loop.constant('u32', value);
  const at = (k: number) => loop.read(seed, [{ terms: [], offset: k, div: 1, exact: false }]);
  const key = [at(0), at(1)] as const;
  let [c0, c1, c2, c3] = [loop.read(step, []), loop.op('i2u', loop.axis(0)), u32(stream), u32(0)];
  for (let round = 0; round < 10; round++) {
    const k0 = round === 0 ? key[0] : loop.op('iadd', key[0], u32(Math.imul(round, 0x9e3779b9)));
    const k1 = round === 0 ? key[1] : loop.op('iadd', key[1], u32(Math.imul(round, 0xbb67ae85)));
    const [m0, m1] = [u32(0xd2511f53), u32(0xcd9e8d57)];
    const [hi0, lo0, hi1, lo1] = [loop.op('umulhi', m0, c0), loop.op('imul', m0, c0), loop.op('umulhi', m1, c2), loop.op('imul', m1, c2)];
    c0 = loop.op('ixor', loop.op('ixor', hi1, c1), k0);
    c1 = lo1;
    c2 = loop.op('ixor', loop.op('ixor', hi0, c3), k1);
    c3 = lo0;
  }
  return [c0, c1];
}

/** 24 bits of a word as f32 in [0, 1). */
function unit(loop: LoopBuilder, word: number, shift = 0): number {
  const bits = loop.op('ushr', word, loop.constant('u32', 8));
  const whole = shift === 0 ? bits : loop.op('iadd', bits, loop.constant('u32', shift));
  return loop.op('mul', loop.op('u2f', whole), loop.f32(2 ** -24));
}

/** `stream`: number of the draw in its step. */
export function randomTensor(graph: Graph, seed: Value, step: Value, stream: number, shape: readonly number[], { kind, scale, offset, dtype }: Distribution): Value {
  const loop = new LoopBuilder([sizeOf(shape)]);
  const [first, second] = philoxWords(loop, seed, step, stream);
  let line = unit(loop, first);
  if (kind === 'normal') {
    // Box and Muller; the logarithm's argument is in (0, 1].
    const radius = loop.op('sqrt', loop.op('mul', loop.f32(-2), loop.op('log', unit(loop, first, 1))));
    line = loop.op('mul', radius, loop.op('cos', loop.op('mul', loop.f32(2 * Math.PI), unit(loop, second))));
  }
  const stretched = loop.op('mul', line, loop.f32(scale));
  return graph.loop(`${LABEL}${kind}`, dtype, shape, loop.finish('none', dtype === 'int32' ? wholeNumber(loop, stretched, offset) : loop.op('add', stretched, loop.f32(offset))));
}

/** Cut off as tfjs cuts, towards zero. From zero on the offset is added after that: a rounded sum could reach the end, which is not to be drawn. */
function wholeNumber(loop: LoopBuilder, stretched: number, offset: number): number {
  if (offset < 0) return loop.op('f2i', loop.op('add', stretched, loop.f32(offset)));
  return loop.op('iadd', loop.op('f2i', stretched), loop.i32(offset));
}
