/** Reads whose value no result of an operation depends on. */
import type { Index, Operation } from './program.ts';

const FIRST: Index = { terms: [], offset: 0, div: 1, exact: false };

/** By number: reads that the results need, directly or to know where another of them reads. */
export function neededReads({ reads, body, results }: Pick<Operation, 'reads' | 'body' | 'results'>): ReadonlySet<number> {
  const needed = new Set<number>();
  const seen = new Set<number>();
  const lines = [...results];
  for (let line = lines.pop(); line !== undefined; line = lines.pop()) {
    const instruction = body[line];
    if (!instruction || seen.has(line)) continue;
    seen.add(line);
    if (instruction.op === 'read') needed.add(instruction.read);
    else if ('args' in instruction) lines.push(...instruction.args);
  }
  // A gather names an earlier read.
  for (let k = reads.length - 1; k >= 0; k--) {
    if (!needed.has(k)) continue;
    for (const index of reads[k]?.index ?? []) if ('gather' in index) needed.add(index.gather);
  }
  return needed;
}

/** The same operation, without gathers that no result needs (P3): such reads take the first element. */
export function withoutDeadGathers(operation: Operation): Operation {
  const needed = neededReads(operation);
  const reads = operation.reads.map((read, k) => (needed.has(k) ? read : { ...read, index: read.index.map((index) => ('gather' in index ? FIRST : index)) }));
  return { ...operation, reads };
}
