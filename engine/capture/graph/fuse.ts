import type { Instruction } from '#engine/program/program.ts';
import { liveLoops } from './emitProgram.ts';
import { inlineRead } from './inlineRead.ts';
import type { Loop, Node } from './node.ts';
import { sizeOf } from './node.ts';
import { simplifyLoop } from './simplifyLoop.ts';

/** Well under the Program's limits (P4): a longer body helps no executor. */
const MAX_READS = 8;
const MAX_LINES = 48;

/** Rough cost of a line against an addition: divisions and the defined functions are sequences. */
const HEAVY = new Set<Instruction['op']>(['div', 'sqrt', 'exp', 'log', 'log1p', 'expm1', 'tanh', 'sigmoid', 'softplus', 'erf', 'sin', 'cos', 'pow', 'rsqrt']);
const FREE = new Set<Instruction['op']>(['const', 'read', 'axis']);

function costOf(loop: Loop): number {
  return loop.body.reduce((cost, { op }) => cost + (FREE.has(op) ? 0 : HEAVY.has(op) ? 20 : 1), 0);
}

/** A value that is only looked up elsewhere: transposition, slice, padding, broadcast. */
function isMovement(loop: Loop): boolean {
  return loop.reduce === 'none' && loop.body[loop.results[0] ?? 0]?.op === 'read';
}

function loopOf(node: Node): Loop {
  if (node.source.kind !== 'loop') throw new Error('only loops are fused');
  return node.source;
}

/** Elements read for one element written, one for each full-size operand. */
function trafficOf(loop: Loop): number {
  const size = Math.max(1, sizeOf(loop.shape));
  return loop.reads.reduce((sum, read) => sum + Math.min(1, read.node.size / size), 0);
}

function isWorthInlining(producer: Loop, users: readonly Loop[]): boolean {
  if (isMovement(producer)) return true;
  const size = sizeOf(producer.shape);
  const cost = costOf(producer);
  for (const user of users) {
    if (user.reduce === 'mac') return false;
    const evaluations = sizeOf(user.shape) * sizeOf(user.extents);
    if (evaluations > size && cost > 3) return false;
  }
  const copies = users.length;
  const traffic = trafficOf(producer);
  return copies === 1 || (cost * (copies - 1) <= 8 && traffic * copies <= traffic + 1 + copies);
}

function inlineAll(user: Loop, node: Node): Loop | null {
  let result: Loop | null = user;
  while (result?.reads.some((read) => read.node === node)) result = inlineRead(result, node);
  return result && result.reads.length <= MAX_READS && result.body.length <= MAX_LINES ? result : null;
}

/** Loops that compute the same thing become one. */
function mergeEqualLoops(loops: readonly Node[]): void {
  const seen = new Map<string, Node>();
  const replaced = new Map<Node, Node>();
  for (const node of loops) {
    let loop = loopOf(node);
    if (loop.reads.some((read) => replaced.has(read.node))) {
      loop = { ...loop, reads: loop.reads.map((read) => ({ ...read, node: replaced.get(read.node) ?? read.node })) };
      node.source = loop;
    }
    const reads = loop.reads.map((read) => [read.node.id, read.view, read.index, read.fill]);
    const key = JSON.stringify([loop.shape, loop.extents, loop.reduce, reads, loop.body, loop.results]);
    const first = seen.get(key);
    if (first) replaced.set(node, first);
    else seen.set(key, node);
  }
}

/** Which loops read a node; kept up to date while loops change. */
class Users {
  private readonly of = new Map<Node, Set<Node>>();

  constructor(loops: readonly Node[]) {
    for (const node of loops) for (const read of loopOf(node).reads) this.add(read.node, node);
  }
  private add(node: Node, user: Node): void {
    const users = this.of.get(node) ?? new Set();
    this.of.set(node, users.add(user));
  }
  list(node: Node): Node[] {
    return [...(this.of.get(node) ?? [])].sort((a, b) => a.id - b.id);
  }
  replace(user: Node, loop: Loop): void {
    for (const read of loopOf(user).reads) this.of.get(read.node)?.delete(user);
    user.source = loop;
    for (const read of loop.reads) this.add(read.node, user);
  }
  /** A loop that nothing reads any more reads nothing. */
  forget(node: Node): void {
    for (const read of loopOf(node).reads) this.of.get(read.node)?.delete(node);
  }
}

/**
 * Fewer, longer loops: equal ones are merged, and an elementwise value is computed where it is read when that saves
 * memory traffic and repeats little arithmetic. Bits do not change. `roots` (next states, outputs) stay tensors.
 */
export function fuse(roots: readonly Node[]): void {
  mergeEqualLoops(liveLoops(roots));
  const loops = liveLoops(roots);
  for (const node of loops) node.source = simplifyLoop(loopOf(node));
  const kept = new Set(roots);
  const usersOf = new Users(loops);
  for (const node of loops) {
    const producer = loopOf(node);
    if (kept.has(node) || producer.reduce !== 'none') continue;
    const users = usersOf.list(node);
    if (users.length === 0 || !isWorthInlining(producer, users.map(loopOf))) continue;
    const inlined = users.map((user) => inlineAll(loopOf(user), node));
    if (!isMovement(producer) && inlined.includes(null)) continue;
    users.forEach((user, k) => {
      const loop = inlined[k];
      if (loop) usersOf.replace(user, simplifyLoop(loop));
    });
    if (!inlined.includes(null)) usersOf.forget(node);
  }
}
