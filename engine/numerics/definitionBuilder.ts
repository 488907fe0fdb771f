/** Writes the instruction list of a defined function: each call appends one line and names it. */
import type { BodyOp, DType, Instruction } from '#engine/program/program.ts';

/** Lines 0 .. arity - 1 stand for the arguments; the instruction at `lines[k]` is line arity + k. */
export interface Definition {
  readonly arity: number;
  readonly lines: readonly Instruction[];
  readonly result: number;
}

const word = new DataView(new ArrayBuffer(4));

export class DefinitionBuilder {
  readonly lines: Instruction[] = [];
  readonly arity: number;

  constructor(arity: number) {
    this.arity = arity;
  }

  /** One primitive line. */
  do(op: BodyOp, ...args: number[]): number {
    return this.push({ op, args });
  }

  /** The f32 nearest to `value`. */
  f32(value: number): number {
    word.setFloat32(0, value);
    return this.push({ op: 'const', dtype: 'f32', bits: word.getUint32(0) });
  }

  bits(dtype: DType, bits: number): number {
    return this.push({ op: 'const', dtype, bits: bits >>> 0 });
  }

  /** Horner's rule, highest coefficient first. */
  polynomial(x: number, coefficientsHighFirst: readonly number[]): number {
    const [first, ...rest] = coefficientsHighFirst;
    return rest.reduce((sum, coefficient) => this.do('add', this.do('mul', sum, x), this.f32(coefficient)), this.f32(first ?? 0));
  }

  private push(line: Instruction): number {
    this.lines.push(line);
    return this.arity + this.lines.length - 1;
  }
}

export function define(arity: number, write: (b: DefinitionBuilder, ...args: number[]) => number): Definition {
  const builder = new DefinitionBuilder(arity);
  const result = write(builder, ...Array.from({ length: arity }, (_, k) => k));
  return { arity, lines: builder.lines, result };
}
