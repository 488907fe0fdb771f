/**
 * Which random numbers a step draws. tfjs makes them in JavaScript, seeded by one Math.random a tensor, so what a
 * recording sees are numbers. While a step is recorded Math.random gives a known number: its runs take turns with two,
 * after which the first number of a uniform sequence lies next to either end. Both sequences and the name of the
 * operation tell the distribution, of one number as of many.
 */
import { patch } from './patch.ts';
import type { Tf } from './tfjs.ts';
import { engineOf } from './tfjs.ts';

/** value = scale * standard + offset, whole numbers cut off; `standard` is uniform on [0, 1), or normal. */
export interface Distribution {
  readonly kind: 'uniform' | 'normal';
  readonly scale: number;
  readonly offset: number;
  readonly dtype: 'float32' | 'int32';
}

/** A tensor of random numbers, as tfjs made it. */
interface Draw {
  readonly kind: Distribution['kind'];
  readonly dtype: string;
  readonly numbers: ArrayLike<number>;
}

const SEEDS = [0.017_488_35, 0.072_697_61] as const;
const SUFFIX = '__op';
const KINDS: ReadonlyMap<string, Distribution['kind']> = new Map([
  ['randomUniform', 'uniform'],
  ['randomNormal', 'normal'],
]);
const USE = 'use tf.randomUniform, tf.randomNormal, dropout or noise layers';

function fixMathRandom(seed: number, onCall: () => void): () => void {
  return patch(
    Math,
    'random',
    () =>
      function random() {
        onCall();
        return seed;
      },
  );
}

/** The draws of one run of a step, in the order in which they are made. */
export class RandomDraws {
  /** Of the two seeds. */
  readonly turn: number;
  readonly list: Draw[] = [];
  private readonly where: () => string;
  /** Operations of tfjs in progress, innermost last. */
  private readonly operations: string[] = [];
  private isSeeded = false;

  /** `where`: the layer that is at work. */
  constructor(turn: number, where: () => string) {
    this.turn = turn % SEEDS.length;
    this.where = where;
  }

  private get operation(): string {
    return this.operations.at(-1) ?? '';
  }

  /** Until the function returned is called. */
  watch(tf: Tf): () => void {
    const { operations } = this;
    const undo = [
      patch(
        engineOf(tf),
        'startScope',
        (original) =>
          function startScope(...args) {
            const [name] = args;
            operations.push(typeof name === 'string' && name.endsWith(SUFFIX) ? name.slice(0, -SUFFIX.length) : '');
            return original.apply(this, args);
          },
      ),
      patch(
        engineOf(tf),
        'endScope',
        (original) =>
          function endScope(...args) {
            operations.pop();
            return original.apply(this, args);
          },
      ),
      fixMathRandom(SEEDS[this.turn] as number, () => this.called()),
    ];
    return () => undo.forEach((restore) => restore());
  }

  private called(): void {
    if (KINDS.has(this.operation)) {
      this.isSeeded = true;
      return;
    }
    const what = this.operation
      ? `tf.${this.operation} draws from a distribution that has no exact form`
      : 'Math.random is called inside the step, whose numbers would stay the same in every step';
    throw new Error(`${this.where()}: ${what}; ${USE}`);
  }

  /** Stands for the distribution of a draw while that is not known. */
  standardOf(draw: number): Distribution {
    const { kind, dtype } = this.list[draw] as Draw;
    return { kind, dtype: dtype as Distribution['dtype'], scale: 1, offset: 0 };
  }

  /** A tensor was made of numbers: the draw that it is, or null for any other. */
  written(numbers: ArrayLike<number>, dtype: string): number | null {
    const kind = KINDS.get(this.operation);
    if (!kind) return null;
    if (!this.isSeeded)
      throw new Error(
        `${this.where()}: tf.${this.operation} has a seed of its own, which gives the same numbers each step; leave the seed out, or make the tensor before the step`,
      );
    this.isSeeded = false;
    if (dtype !== 'float32' && !(dtype === 'int32' && kind === 'uniform'))
      throw new Error(`${this.where()}: tf.${this.operation} of dtype ${dtype} has no exact form; use float32, or int32 for tf.randomUniform`);
    return this.list.push({ kind, dtype, numbers: Array.from(numbers) }) - 1;
  }
}

/** What tfjs draws itself with that seed: on [0, 1), or around 0 with deviation 1. */
function standardNumbers(tf: Tf, { kind, numbers }: Draw, turn: number): ArrayLike<number> {
  const unfix = fixMathRandom(SEEDS[turn] as number, () => undefined);
  try {
    return tf.tidy(() => (kind === 'uniform' ? tf.randomUniform([numbers.length], 0, 1) : tf.randomNormal([numbers.length], 0, 1)).dataSync());
  } finally {
    unfix();
  }
}

/** What the draws of two runs, which had either seed, were drawn from; null where the runs did not draw the same. */
export function distributionsOf(tf: Tf, before: RandomDraws, now: RandomDraws): Distribution[] | null {
  const isSame = before.turn !== now.turn && before.list.length === now.list.length && before.list.every((draw, k) => isAlike(draw, now.list[k] as Draw));
  if (!isSame) return null;
  return before.list.map((draw, k) => {
    const other = now.list[k] as Draw;
    const values = [...Array.from(draw.numbers), ...Array.from(other.numbers)];
    const standard = [...Array.from(standardNumbers(tf, draw, before.turn)), ...Array.from(standardNumbers(tf, other, now.turn))];
    const found = fit(draw, values, standard);
    if (!found)
      throw new Error(
        `random tensor ${k + 1} of the step, ${draw.kind}, ${draw.dtype}, of ${draw.numbers.length} numbers: its limits can't be told from its numbers. Limits of whole numbers have to be whole, and at most a million apart`,
      );
    return found;
  });
}

const isAlike = (a: Draw, b: Draw) => a.kind === b.kind && a.dtype === b.dtype && a.numbers.length === b.numbers.length;

function fit({ kind, dtype }: Draw, values: readonly number[], standard: readonly number[]): Distribution | null {
  if (values.length === 0) return { kind, dtype: dtype as 'float32', scale: 1, offset: 0 };
  const low = standard.indexOf(Math.min(...standard));
  const high = standard.indexOf(Math.max(...standard));
  const [least, most, from, to] = [values[low], values[high], standard[low], standard[high]] as [number, number, number, number];
  if (dtype === 'int32') return fitWhole(least, most, values, standard);
  const scale = (most - least) / (to - from);
  const offset = least - scale * from;
  // Limits of a uniform tensor, mean and deviation of a normal one: what was written in the model is short.
  for (const first of shortForms(offset, scale)) {
    for (const second of shortForms(kind === 'uniform' ? offset + scale : scale, scale)) {
      const tried = { kind, dtype: 'float32', offset: first, scale: kind === 'uniform' ? second - first : second } as const;
      if (explains(tried, values, standard)) return tried;
    }
  }
  return null;
}

/** The number itself last, after those of one to nine digits. */
function shortForms(value: number, scale: number): number[] {
  const digits = Array.from({ length: 9 }, (_, k) => Number(value.toPrecision(k + 1)));
  return [...new Set([...(Math.abs(value) <= 1e-6 * Math.abs(scale) ? [0] : []), ...digits, value])];
}

/** Within what rounding to float32 makes of both sides. */
function explains({ scale, offset }: Distribution, values: readonly number[], standard: readonly number[]): boolean {
  return values.every((value, k) => {
    const part = scale * (standard[k] as number);
    return Math.abs(part + offset - value) <= 2 ** -23 * (Math.abs(part) + Math.abs(value)) + 1e-30;
  });
}

function fitWhole(least: number, most: number, values: readonly number[], standard: readonly number[]): Distribution | null {
  for (const offset of [least, least - 1]) {
    for (const end of [most + 1, most, most + 2]) {
      const scale = end - offset;
      if (scale > 0 && values.every((value, k) => isNearly(value, offset + scale * (standard[k] as number), scale))) return { kind: 'uniform', dtype: 'int32', offset, scale };
    }
  }
  return null;
}

/** `exact` cut off, or the whole number beside it where float32 does not tell. */
function isNearly(value: number, exact: number, scale: number): boolean {
  const slack = 2 ** -23 * scale;
  return value === Math.trunc(exact - slack) || value === Math.trunc(exact + slack);
}
