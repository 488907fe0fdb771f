/** An operation's body as people write it: reads are a, b, c, ...; what is used twice has a line of its own. */
import type { DType, Operation } from '#engine/program/program.ts';

const SIGNS: Readonly<Record<string, string>> = { add: '+', sub: '−', mul: '×', div: '÷', iadd: '+', isub: '−', imul: '×' };

export const readName = (read: number) => (read < 26 ? String.fromCharCode(97 + read) : `r${read}`);

export function formulaOf({ body, results, reduce }: Pick<Operation, 'body' | 'results' | 'reduce'>): readonly string[] {
  const uses = body.map(() => 0);
  // From the end: what nothing needs is not written down.
  for (const result of results) uses[result] = 1;
  for (const [k, line] of [...body.entries()].reverse()) if ('args' in line && uses[k]) for (const arg of line.args) uses[arg] = (uses[arg] ?? 0) + 1;
  const lines: string[] = [];
  const words: string[] = [];
  body.forEach((line, k) => {
    const said =
      'args' in line
        ? applied(
            line.op,
            line.args.map((arg) => words[arg] ?? ''),
          )
        : line.op === 'read'
          ? readName(line.read)
          : line.op === 'axis'
            ? `i${line.axis}`
            : constant(line.dtype, line.bits);
    if ('args' in line && (uses[k] as number) > 1) {
      words.push(`t${k}`);
      lines.push(`t${k} = ${said}`);
    } else words.push(said);
  });
  const result = results.map((at) => words[at] ?? '').join(reduce === 'mac' ? ' × ' : ', ');
  return [...lines, { none: result, sum: `sum of ${result}`, mac: `sum of ${result}`, max: `largest of ${result}`, argmax: `place of the largest of ${result}` }[reduce]];
}

function applied(op: string, args: readonly string[]): string {
  const sign = SIGNS[op];
  return sign ? `(${args.join(` ${sign} `)})` : `${op}(${args.join(', ')})`;
}

function constant(dtype: DType, bits: number): string {
  const value = new Float32Array(Uint32Array.of(bits).buffer)[0] as number;
  if (dtype === 'f32') return String(Number(value.toPrecision(9)) === Number(value.toPrecision(6)) ? Number(value.toPrecision(6)) : value);
  return String(dtype === 'i32' ? bits | 0 : bits >>> 0);
}
