/**
 * Operations without a reduction that follow each other over the same number of elements become one kernel, where each
 * reads the others' results only at its own element: an optimizer's update of a tensor and its moments is one pass.
 */
import { expandBody } from '#engine/numerics/expandBody.ts';
import type { Operation, Program } from '#engine/program/program.ts';
import { emitBody } from './emitBody.ts';
import { emitAxes, emitStore, type Kernel, shell } from './emitKernel.ts';
import { emitRead, isPlain, type OffsetOf, readsOwnElement } from './emitRead.ts';

/** Buffers that `Env` has room for. */
const MOST_BUFFERS = 20;
/** Body lines of one kernel: beyond, compiling takes longer than a dispatch saves. */
const MOST_LINES = 400;

const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);

export interface FusedMap {
  readonly operation: Operation;
  /** In the Program, counted from the first of the group. */
  readonly number: number;
  readonly watched: boolean;
  /** Somebody outside the group wants the tensor. */
  readonly stored: boolean;
}

/** Numbers of consecutive operations that one kernel can do; most groups have one member. */
export function groupMaps(program: Program): number[][] {
  const groups: number[][] = [];
  let open: Group | null = null;
  program.operations.forEach((operation, number) => {
    if (open?.admits(operation)) {
      open.add(operation);
      (groups.at(-1) as number[]).push(number);
      return;
    }
    open = operation.reduce === 'none' ? new Group(program, operation) : null;
    groups.push([number]);
  });
  return groups;
}

const linesOf = ({ body, results }: Operation) => expandBody(body, results).body.length;

class Group {
  private readonly program: Program;
  private readonly members: Operation[];
  private readonly elements: number;
  private lines: number;

  constructor(program: Program, first: Operation) {
    this.program = program;
    this.members = [first];
    this.elements = product(first.shape);
    this.lines = linesOf(first);
  }

  add(operation: Operation): void {
    this.members.push(operation);
    this.lines += linesOf(operation);
  }

  admits(operation: Operation): boolean {
    if (operation.reduce !== 'none' || product(operation.shape) !== this.elements) return false;
    const all = [...this.members, operation];
    const buffers = new Set(all.flatMap(({ out, reads }) => [out, ...reads.map((read) => read.tensor)]));
    if (this.lines + linesOf(operation) > MOST_LINES || buffers.size > MOST_BUFFERS) return false;
    // What is written here may be read at the own element only, and so may a state that is written over in place.
    const outs = new Set(all.map(({ out }) => out));
    const touchy = new Set([...outs, ...this.program.state.filter(({ next }) => outs.has(next)).map(({ tensor }) => tensor)]);
    return all.every((one) => one.reads.every((read) => !touchy.has(read.tensor) || isOwn(one, read)));
  }
}

/** One load at the flat element number, always inside. */
const isOwn = (operation: Operation, read: Operation['reads'][number]) => readsOwnElement(operation, read) && isPlain(read, operation.shape);

export function emitMaps(members: readonly FusedMap[], offsetOf: OffsetOf): Kernel {
  const invocations = product((members[0] as FusedMap).operation.shape);
  const resultOf = new Map<number, string>();
  const loaded = new Map<number, string>();
  const code: string[] = [];
  members.forEach((member, m) => {
    const { operation } = member;
    const number = member.number === 0 ? 'env.number' : `(env.number + ${member.number}u)`;
    const lines = operation.reads.map((read, k) => {
      if (!isOwn(operation, read)) return emitRead(read, { value: `x${k}`, offset: offsetOf(read.tensor), extents: operation.shape, number }, (earlier) => `x${earlier}`);
      const known = resultOf.get(read.tensor) ?? loaded.get(read.tensor);
      if (known) return `let x${k} = ${known};\n`;
      const name = `w${loaded.size}`;
      loaded.set(read.tensor, name);
      code.push(`let ${name} = arena[u32(${offsetOf(read.tensor)}) + i];\n`);
      return `let x${k} = ${name};\n`;
    });
    const needsAxes = operation.reads.some((read) => !isOwn(operation, read)) || operation.body.some(({ op }) => op === 'axis');
    const body = emitBody(operation, 'x', 'v');
    code.push(`var r${m} = 0u;\n{\n${needsAxes ? emitAxes(operation.shape, 'i') : ''}${lines.join('')}${body.code}r${m} = ${body.results[0]};\n}\n`);
    resultOf.set(operation.out, `r${m}`);
    if (member.stored) code.push(emitStore({ offsetOf, watched: false, resultType: 'u32' }, operation.out, 'i', `r${m}`));
  });
  return shell(invocations, code.join('') + emitWatch(members));
}

/** One test for all that are watched: software devices do what a branch holds whether it is taken or not. */
function emitWatch(members: readonly FusedMap[]): string {
  const watched = members.flatMap(({ watched: isWatched, stored, number }, m) => (isWatched && stored ? [{ result: `r${m}`, number: `env.number + ${number}u` }] : []));
  const last = watched.at(-1);
  if (!last) return '';
  const first = watched.slice(0, -1).reduceRight((rest, { result, number }) => `select(${rest}, ${number}, special(${result}))`, last.number);
  return `if (${watched.map(({ result }) => `special(${result})`).join(' | ')}) { atomicMin(&status[0], ${first}); }\n`;
}
