/** Walking over a mac's terms: ascending flat r as a few nested loops, and addresses that move on without divisions. */

import type { Operation } from '#engine/program/program.ts';

/** One loop; `steps` has what an address of each operand moves by. */
export interface TermLoop {
  readonly extent: number;
  readonly steps: readonly number[];
}

/** Over the terms of operands that are walked over together; innermost last. Neighbours whose steps fit are one loop. */
export function termLoops({ shape, extents }: Pick<Operation, 'shape' | 'extents'>, operands: readonly { readonly steps: readonly number[] }[]): TermLoop[] {
  const loops: TermLoop[] = [];
  extents.forEach((extent, k) => {
    if (extent === 1) return;
    const inner = operands.map(({ steps }) => steps[shape.length + k] as number);
    const outer = loops.at(-1);
    if (outer && outer.steps.every((step, operand) => step === (inner[operand] as number) * extent)) loops[loops.length - 1] = { extent: outer.extent * extent, steps: inner };
    else loops.push({ extent, steps: inner });
  });
  return loops.length ? loops : [{ extent: 1, steps: operands.map(() => 0) }];
}

export interface Odometer {
  /** One an operand. */
  readonly addresses: readonly string[];
  /** One a loop; the outermost is not counted. */
  readonly counters: readonly string[];
}

const plus = (name: string, constant: number) => (constant === 0 ? name : `${name} + ${constant}`);

/** Moves on by `count` innermost terms, carrying into outer loops with masks instead of branches. */
export function advance(loops: readonly TermLoop[], from: Odometer, count: number, tag: string): { code: string; next: Odometer } {
  const lines: string[] = [];
  const inner = loops.at(-1) as TermLoop;
  const addresses = from.addresses.map((address, operand) => plus(address, count * (inner.steps[operand] as number)));
  const counters = [...from.counters];
  let carry = `${count}`;
  for (let k = loops.length - 1; k > 0; k--) {
    const { extent, steps } = loops[k] as TermLoop;
    const outer = loops[k - 1] as TermLoop;
    lines.push(
      `let n${k}${tag} = ${counters[k]} + ${carry};\nlet w${k}${tag} = select(0, -1, n${k}${tag} == ${extent});\nlet d${k}${tag} = n${k}${tag} - (${extent} & w${k}${tag});\n`,
    );
    counters[k] = `d${k}${tag}`;
    addresses.forEach((_, operand) => {
      const jump = (outer.steps[operand] as number) - extent * (steps[operand] as number);
      if (jump) addresses[operand] += ` + (${jump} & w${k}${tag})`;
    });
    carry = `(1 & w${k}${tag})`;
  }
  addresses.forEach((address, operand) => lines.push(`let q${operand}${tag} = ${address};\n`));
  return { code: lines.join(''), next: { addresses: addresses.map((_, operand) => `q${operand}${tag}`), counters } };
}

/** Counters and addresses at the term numbered `first`: lines, with counters `c0`, `c1`, ..., and what is added to each operand's address. */
export function startAt(loops: readonly TermLoop[], first: string): { code: string; added: string[][] } {
  const lines: string[] = [];
  const added: string[][] = (loops[0] as TermLoop).steps.map(() => []);
  let inner = 1;
  for (let k = loops.length - 1; k >= 0; k--) {
    const { extent, steps } = loops[k] as TermLoop;
    const place = inner === 1 ? first : `(${first} / ${inner})`;
    // The outermost does not come round.
    lines.push(k === 0 ? `let c0 = ${place};\n` : `var c${k} = ${place} % ${extent};\n`);
    steps.forEach((step, operand) => {
      if (step) added[operand]?.push(step === 1 ? `c${k}` : !Number.isInteger(step) ? `c${k} / ${1 / step}` : `c${k} * ${step}`);
    });
    inner *= extent;
  }
  return { code: lines.join(''), added };
}
