/** Replaces defined functions by their lists (SPEC N3), so that executors know primitive lines only. */
import type { Instruction } from '#engine/program/program.ts';
import { definitions } from './definitions.ts';

export interface ExpandedBody {
  readonly body: readonly Instruction[];
  readonly results: readonly number[];
}

/** Equal lines are written once: bodies are pure. */
export function expandBody(body: readonly Instruction[], results: readonly number[]): ExpandedBody {
  const lines: Instruction[] = [];
  const known = new Map<string, number>();
  const append = (line: Instruction): number => {
    const key = JSON.stringify(line);
    const at = known.get(key);
    if (at !== undefined) return at;
    lines.push(line);
    known.set(key, lines.length - 1);
    return lines.length - 1;
  };
  const placeOf: number[] = [];
  for (const line of body) {
    if (!('args' in line)) {
      placeOf.push(append(line));
      continue;
    }
    const args = line.args.map((arg) => placeOf[arg] as number);
    const definition = definitions[line.op];
    if (!definition) {
      placeOf.push(append({ op: line.op, args }));
      continue;
    }
    const inner = [...args];
    for (const part of definition.lines) {
      inner.push(append('args' in part ? { op: part.op, args: part.args.map((arg) => inner[arg] as number) } : part));
    }
    placeOf.push(inner[definition.result] as number);
  }
  return { body: lines, results: results.map((result) => placeOf[result] as number) };
}
