/** WGSL that fetches one read: addresses, guards, gathers. */
import type { Affine, Operation, Read } from '#engine/program/program.ts';
import { coefficients, numeratorRange, rowMajorStrides } from '#engine/numerics/readChunk.ts';

/** Name of the variable that holds a buffer's first word in the arena. */
export type OffsetOf = (buffer: number) => string;

export const axisName = (axis: number) => `a${axis}`;

/** `value` names the read's word; gathers out of range are reported. */
export interface ReadTarget {
  readonly value: string;
  readonly offset: string;
  readonly extents: readonly number[];
  /** The operation's number in the Program. */
  readonly number?: string;
}

function linear(affine: Affine, axes: number): string {
  const parts: string[] = affine.offset === 0 ? [] : [`${affine.offset}`];
  coefficients(affine, axes).forEach((coefficient, axis) => {
    if (coefficient === 1) parts.push(axisName(axis));
    else if (coefficient !== 0) parts.push(`${axisName(axis)} * (${coefficient})`);
  });
  return parts.length ? parts.join(' + ') : '0';
}

/** Whether every affine coordinate is proven inside its view, and there is no gather. */
export function isPlain(read: Read, extents: readonly number[]): boolean {
  return read.index.every((index, d) => {
    if ('gather' in index || index.div !== 1) return false;
    const { low, high } = numeratorRange(index, extents);
    return low >= 0 && high < (read.view[d] as number);
  });
}

/** Address of an affine read, of its numerators where indices are divided: base + sum over axes of step * axis. */
export function stepsOf(read: Pick<Read, 'view' | 'index'>, axes: number): { base: number; steps: number[] } {
  const strides = rowMajorStrides(read.view);
  const steps = Array.from({ length: axes }, () => 0);
  let base = 0;
  read.index.forEach((index, d) => {
    if ('gather' in index) return;
    const stride = strides[d] as number;
    base += index.offset * stride;
    coefficients(index, axes).forEach((coefficient, axis) => {
      steps[axis] = (steps[axis] as number) + coefficient * stride;
    });
  });
  return { base, steps };
}

/** Whether the read's address is the flat number of the operation's output element, wherever it is inside its view. */
export function readsOwnElement({ shape }: Operation, read: Read): boolean {
  if (read.index.some((index) => 'gather' in index || index.div !== 1)) return false;
  const { base, steps } = stepsOf(read, shape.length);
  const own = rowMajorStrides(shape);
  return base === 0 && shape.every((extent, axis) => extent === 1 || steps[axis] === own[axis]);
}

/** One address expression; only for plain reads. */
export function plainAddress(read: Read, offset: string, axes: number): string {
  const { base, steps } = stepsOf(read, axes);
  return [offset, ...(base ? [`${base}`] : []), ...steps.flatMap((step, axis) => (step ? [`${axisName(axis)} * (${step})`] : []))].join(' + ');
}

export function emitRead(read: Read, target: ReadTarget, earlier: (read: number) => string): string {
  const { value, offset, extents, number = 'env.number' } = target;
  const axes = extents.length;
  if (isPlain(read, extents)) return `let ${value} = arena[${plainAddress(read, offset, axes)}];\n`;
  const strides = rowMajorStrides(read.view);
  const lines: string[] = [];
  const conditions: string[] = [];
  const address: string[] = [offset];
  read.index.forEach((index, d) => {
    const name = `${value}_${d}`;
    const size = read.view[d] as number;
    if ('gather' in index) {
      lines.push(`let ${name} = bitcast<i32>(${earlier(index.gather)});\n`);
      lines.push(`if (${name} < 0 || ${name} >= ${size}) { atomicMin(&status[1], ${number}); }\n`);
      conditions.push(`${name} >= 0`, `${name} < ${size}`);
    } else {
      const { low, high } = numeratorRange(index, extents);
      const numerator = linear(index, axes);
      if (index.div === 1) {
        lines.push(`let ${name} = ${numerator};\n`);
      } else {
        const power = Math.log2(index.div);
        lines.push(`let ${name}_n = ${numerator};\nlet ${name} = ${Number.isInteger(power) ? `${name}_n >> ${power}u` : `floor_div(${name}_n, ${index.div})`};\n`);
        if (index.exact) conditions.push(`${name} * ${index.div} == ${name}_n`);
      }
      if (Math.floor(low / index.div) < 0) conditions.push(`${name} >= 0`);
      if (Math.floor(high / index.div) >= size) conditions.push(`${name} < ${size}`);
    }
    address.push(`${name} * ${strides[d]}`);
  });
  // A load from elsewhere that is then dropped is cheaper than a branch.
  const inside = conditions.map((condition) => `(${condition})`).join(' & ');
  if (inside) lines.push(`let ${value}_in = ${inside};\nlet ${value} = select(${read.fill}u, arena[select(${offset}, ${address.join(' + ')}, ${value}_in)], ${value}_in);\n`);
  else lines.push(`let ${value} = arena[${address.join(' + ')}];\n`);
  return lines.join('');
}

/** Reads by number, in order, so that gathers find theirs. */
export function emitReads(operation: Operation, offsetOf: OffsetOf, prefix: string): string {
  const extents = [...operation.shape, ...operation.extents];
  return operation.reads.map((read, k) => emitRead(read, { value: `${prefix}${k}`, offset: offsetOf(read.tensor), extents }, (earlier) => `${prefix}${earlier}`)).join('');
}
