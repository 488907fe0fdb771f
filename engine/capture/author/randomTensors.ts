import { LoopBuilder } from '../graph/loopBuilder.ts';
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/node.ts';
import { sizeOf } from '../graph/node.ts';
import type { Tf } from './tfjs.ts';

/**
 * tfjs makes random tensors in JavaScript, seeded by one Math.random a tensor. While a step is recorded Math.random
 * gives this number, so a tensor's numbers are a known sequence, stretched and shifted: from that capture reads which
 * distribution was asked for, and writes the same one from Philox (SPEC N7). This one starts normal sequences beyond two
 * deviations, so that truncated ones differ from the first number on.
 */
const SENTINEL = 0.03856;

/** Replaces Math.random; the function returned puts it back. `onDraw` is told of every call. */
export function fixMathRandom(onDraw: () => void): () => void {
  const original = Math.random;
  Math.random = () => {
    onDraw();
    return SENTINEL;
  };
  return () => {
    Math.random = original;
  };
}

export interface Distribution {
  readonly kind: 'uniform' | 'normal';
  /** value = scale * standard + offset. */
  readonly scale: number;
  readonly offset: number;
}

/** Six digits: what was written in the model, without the rounding of float32. */
function tidyNumber(value: number): number {
  return Math.abs(value) < 1e-7 ? 0 : Number(value.toPrecision(6));
}

function fit(values: ArrayLike<number>, standard: ArrayLike<number>): { scale: number; offset: number } | null {
  let low = 0;
  let high = 0;
  for (let k = 0; k < standard.length; k++) {
    if ((standard[k] ?? 0) < (standard[low] ?? 0)) low = k;
    if ((standard[k] ?? 0) > (standard[high] ?? 0)) high = k;
  }
  if (low === high) return null;
  const scale = ((values[high] ?? 0) - (values[low] ?? 0)) / ((standard[high] ?? 0) - (standard[low] ?? 0));
  const offset = (values[low] ?? 0) - scale * (standard[low] ?? 0);
  for (let k = 0; k < standard.length; k++) {
    const expected = scale * (standard[k] ?? 0) + offset;
    if (Math.abs(expected - (values[k] ?? 0)) > 1e-5 * (Math.abs(scale) + Math.abs(offset))) return null;
  }
  return { scale: tidyNumber(scale), offset: tidyNumber(offset) };
}

/** Which distribution these numbers were drawn from. Only while Math.random is fixed. */
export function recognise(tf: Tf, values: ArrayLike<number>): Distribution | null {
  const uniform = fit(values, tf.randomUniform([values.length], 0, 1).dataSync());
  if (uniform) return { kind: 'uniform', ...uniform };
  const normal = fit(values, tf.randomNormal([values.length], 0, 1).dataSync());
  return normal && { kind: 'normal', ...normal };
}

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

/**
 * A random tensor that tfjs made from JavaScript, as a Philox draw of the same distribution.
 * Errors: a distribution that is neither uniform nor normal.
 */
export function randomTensor(tf: Tf, graph: Graph, seed: Value, step: Value, shape: readonly number[], values: ArrayLike<number>): Value {
  const distribution = recognise(tf, values);
  if (!distribution)
    throw new Error(
      `random numbers of an unknown distribution are made inside the step by ${graph.where.scope}: use tf.randomUniform, tf.randomNormal, dropout or noise layers without a seed of their own`,
    );
  const loop = new LoopBuilder([sizeOf(shape)]);
  const [first, second] = philoxWords(loop, seed, step, graph.streams++);
  let line = unit(loop, first);
  if (distribution.kind === 'normal') {
    // Box and Muller; the logarithm's argument is in (0, 1].
    const radius = loop.op('sqrt', loop.op('mul', loop.f32(-2), loop.op('log', unit(loop, first, 1))));
    line = loop.op('mul', radius, loop.op('cos', loop.op('mul', loop.f32(2 * Math.PI), unit(loop, second))));
  }
  const scaled = loop.op('add', loop.op('mul', line, loop.f32(distribution.scale)), loop.f32(distribution.offset));
  return graph.loop(`random numbers, ${distribution.kind}`, 'float32', shape, loop.finish('none', scaled));
}
