/**
 * Operations without a reduction that follow each other over the same number of elements become one kernel, where each
 * reads the others' results only at its own element: an optimizer's update of a tensor and its moments is one pass.
 */
import { expandBody } from '#engine/numerics/expandBody.ts';
import type { Operation, Program, Read } from '#engine/program/program.ts';
import { emitBody } from './emitBody.ts';
import { type Body, emitAxes } from './emitKernel.ts';
import { emitRead, isPlain, type OffsetOf, plainAddress, readsOwnElement, stepsOf } from './emitRead.ts';
import { partOf, PARTS, QUAD, quadAt, quadOf, wordAt } from './quads.ts';

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
    if (!this.isRelated(operation)) return false;
    // What is written here may be read at the own element only, and so may a state that is written over in place.
    const outs = new Set(all.map(({ out }) => out));
    const touchy = new Set([...outs, ...this.program.state.filter(({ next }) => outs.has(next)).map(({ tensor }) => tensor)]);
    return all.every((one) => one.reads.every((read) => !touchy.has(read.tensor) || isOwn(one, read)));
  }

  /** Whether it has words in common with the others: updates of two parameters have not, and are joined otherwise (joinUpdates.ts). */
  private isRelated({ reads }: Operation): boolean {
    if (this.elements === 1) return true;
    const whole = (tensor: number) => product(this.program.tensors[tensor]?.shape ?? []) > 1;
    const known = new Set(this.members.flatMap((member) => [member.out, ...member.reads.map((read) => read.tensor)]).filter(whole));
    return reads.some(({ tensor }) => known.has(tensor));
  }
}

/** One load at the flat element number, always inside. */
const isOwn = (operation: Operation, read: Read) => readsOwnElement(operation, read) && isPlain(read, operation.shape);

const goesByAxes = ({ index }: Read) => index.some((one) => !('gather' in one) && one.terms.length > 0);

/** Elements from which memory is read and written in fours: the body is then written out four times, and takes as long to compile. */
const FOURS_FROM = 2 ** 14;

/** `mayBeInFours`: where the device is faster so (Tuning). */
export function emitMaps(members: readonly FusedMap[], mayBeInFours: boolean, offsetOf: OffsetOf): Body {
  const elements = product((members[0] as FusedMap).operation.shape);
  const isInFours = mayBeInFours && elements >= FOURS_FROM && members.every(({ operation }) => comesInFours(operation));
  return new MapsWriter(members, isInFours, offsetOf).write(elements);
}

/** Whether four elements after each other read one word, or four after each other, of every tensor. */
function comesInFours({ shape, reads, body }: Operation): boolean {
  const inner = innermost(shape);
  return inner >= 0 && (shape[inner] as number) % QUAD === 0 && body.every(({ op }) => op !== 'axis') && reads.every((read) => readInFours(read, shape) !== null);
}

const innermost = (shape: readonly number[]) => shape.findLastIndex((extent) => extent > 1);

function readInFours(read: Read, shape: readonly number[]): 'one word' | 'four words' | null {
  if (!isPlain(read, shape)) return null;
  const { base, steps } = stepsOf(read, shape.length);
  const inner = innermost(shape);
  if (steps[inner] === 0) return 'one word';
  const others = steps.filter((_, axis) => axis !== inner && (shape[axis] as number) > 1);
  return steps[inner] === 1 && [base, ...others].every((step) => step % QUAD === 0) ? 'four words' : null;
}

class MapsWriter {
  private readonly members: readonly FusedMap[];
  private readonly inFours: boolean;
  private readonly offsetOf: OffsetOf;
  private readonly parts: readonly number[];
  /** Names of what was computed, and of what was loaded at the own element, by tensor. */
  private readonly resultOf = new Map<number, string>();
  private readonly loaded = new Map<number, string>();
  private readonly code: string[] = [];

  constructor(members: readonly FusedMap[], inFours: boolean, offsetOf: OffsetOf) {
    this.members = members;
    this.inFours = inFours;
    this.offsetOf = offsetOf;
    this.parts = inFours ? PARTS : [0];
  }

  write(elements: number): Body {
    this.members.forEach((member, m) => this.writeMember(member, `r${m}`));
    const watch = emitWatch(this.members, (m) => this.parts.map((part) => `special(${this.partName(`r${m}`, part)})`).join(' | '));
    return { invocations: elements / this.parts.length, body: this.code.join('') + watch, words: this.inFours ? 'quads' : 'words' };
  }

  private writeMember({ operation, number, stored }: FusedMap, result: string): void {
    for (const { tensor } of operation.reads.filter((read) => isOwn(operation, read))) {
      if (this.resultOf.has(tensor) || this.loaded.has(tensor)) continue;
      const name = `w${this.loaded.size}`;
      this.loaded.set(tensor, name);
      this.code.push(`let ${name} = ${this.own(tensor)};\n`);
    }
    const needsAxes = operation.reads.some((read) => !isOwn(operation, read) && goesByAxes(read)) || operation.body.some(({ op }) => op === 'axis');
    const axes = needsAxes ? emitAxes(operation.shape, this.inFours ? `(i * ${QUAD}u)` : 'i') : '';
    // In order: a gather needs the word that it goes by.
    const reads = operation.reads.map((read, k) => (isOwn(operation, read) ? this.emitOwn(read, k, 0) : this.emitOther(operation, read, k, number)));
    const body = emitBody(operation, 'x', 'v');
    this.code.push(...this.parts.map((part) => `var ${this.partName(result, part)} = 0u;\n`), `{\n${axes}${reads.join('')}`);
    for (const part of this.parts) {
      const words = this.inFours ? operation.reads.map((read, k) => this.emitPart(operation, read, k, part)).join('') : '';
      this.code.push(`{\n${words}${body.code}${this.partName(result, part)} = ${body.results[0]};\n}\n`);
    }
    this.code.push('}\n');
    this.resultOf.set(operation.out, result);
    if (stored) this.code.push(`${this.own(operation.out)} = ${this.inFours ? quadOf((part) => this.partName(result, part)) : result};\n`);
  }

  private partName(name: string, part: number): string {
    return this.inFours ? `${name}_${part}` : name;
  }

  private own(tensor: number): string {
    return this.inFours ? `arena[(u32(${this.offsetOf(tensor)}) >> 2u) + i]` : `arena[u32(${this.offsetOf(tensor)}) + i]`;
  }

  /** What is read elsewhere than at the own element: a word x, or y for all four. */
  private emitOther({ shape }: Operation, read: Read, k: number, number: number): string {
    const offset = this.offsetOf(read.tensor);
    if (!this.inFours) {
      const target = { value: `x${k}`, offset, extents: shape, number: number === 0 ? 'env.number' : `(env.number + ${number}u)` };
      return emitRead(read, target, (earlier) => `x${earlier}`);
    }
    const address = plainAddress(read, offset, shape.length);
    return `let y${k} = ${readInFours(read, shape) === 'one word' ? wordAt(address, true) : quadAt(address)};\n`;
  }

  private emitOwn(read: Read, k: number, part: number): string {
    const result = this.resultOf.get(read.tensor);
    const word = this.loaded.get(read.tensor) ?? '';
    return `let x${k} = ${result ? this.partName(result, part) : this.inFours ? partOf(word, part) : word};\n`;
  }

  private emitPart(operation: Operation, read: Read, k: number, part: number): string {
    if (isOwn(operation, read)) return this.emitOwn(read, k, part);
    return `let x${k} = ${readInFours(read, operation.shape) === 'one word' ? `y${k}` : partOf(`y${k}`, part)};\n`;
  }
}

/** One test for all that are watched: software devices do what a branch holds whether it is taken or not. */
function emitWatch(members: readonly FusedMap[], isSpecial: (member: number) => string): string {
  const watched = members.flatMap(({ watched: isWatched, stored, number }, m) => (isWatched && stored ? [{ test: isSpecial(m), number: `env.number + ${number}u` }] : []));
  const last = watched.at(-1);
  if (!last) return '';
  const first = watched.slice(0, -1).reduceRight((rest, { test, number }) => `select(${rest}, ${number}, ${test})`, last.number);
  return `if (${watched.map(({ test }) => test).join(' | ')}) { atomicMin(&status[0], ${first}); }\n`;
}
