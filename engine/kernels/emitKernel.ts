/** One compute shader for one operation: each invocation gives one output element. (emitMac.ts has the usual mac.) */
import { MAC_BLOCK } from '#engine/numerics/mac.ts';
import { SUM_BLOCK } from '#engine/numerics/treeSum.ts';
import type { DType, Operation } from '#engine/program/program.ts';
import { arithmeticFor, type Words } from './arithmetic.wgsl.ts';
import { emitBody } from './emitBody.ts';
import { axisName, emitReads, type OffsetOf } from './emitRead.ts';
import type { Variant } from './macFormat.ts';

export const WORKGROUP = 64;
/** So many where there is much to do: on software devices each workgroup costs as much as some hundred instructions. */
const LARGE_WORKGROUP = 256;
/** Invocations from which workgroups are large; with fewer, they would be too few to share out. */
const LARGE_FROM = 4096;
/** Workgroups along one dimension of a dispatch, which every device takes. */
const MOST_IN_ROW = 65535;

export interface KernelPlace {
  readonly offsetOf: OffsetOf;
  /** A non-finite result ends the run (P6). */
  readonly watched: boolean;
  readonly resultType: DType;
  /** Of macs whose factors are computed one by one; default: fast. */
  readonly variant?: Variant;
}

export interface Kernel {
  readonly code: string;
  /** For `env.count`: kernels that differ only in how much there is to do have the same text. */
  readonly count: number;
  readonly workgroups: number;
  /** Where several uses share the dispatch: first workgroup and invocations of each (sharedShell.ts). */
  readonly shares?: readonly { readonly first: number; readonly count: number }[];
}

/** What each of so many invocations does, as the shell takes it. */
export interface Body {
  readonly invocations: number;
  readonly body: string;
  readonly words: Words;
}

/** Workgroups of a dispatch along x and y: hardly more than there are, as one with nothing to do costs software devices what any other costs. */
export function gridOf({ workgroups }: Pick<Kernel, 'workgroups'>): readonly [number, number] {
  const rows = Math.ceil(workgroups / MOST_IN_ROW);
  return [Math.ceil(workgroups / rows), rows];
}

const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);

/** Offset of the kernel's buffer `slot`. */
export const offsetName = (slot: number) => `o${slot}`;

/** Kernels that differ only in where their buffers are have the same text, and are compiled once. */
export function emitOffsets(body: string, record = 'env'): string {
  const slots = [...new Set([...body.matchAll(/\bo(\d+)\b/g)].map(([, slot]) => Number(slot)))].sort((a, b) => a - b);
  return slots.map((slot) => `let ${offsetName(slot)} = ${record}.at[${slot >> 2}].${'xyzw'[slot & 3]};\n`).join('');
}

export const workgroupOf = ({ invocations }: Pick<Body, 'invocations'>) => (invocations < LARGE_FROM ? WORKGROUP : LARGE_WORKGROUP);

/** `body` computes what the invocation numbered `i` does. */
export function shell(invocations: number, body: string, words: Words = 'words'): Kernel {
  const size = workgroupOf({ invocations });
  const code = `${arithmeticFor(body, words)}
@compute @workgroup_size(${size})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let i = id.x + id.y * env.row * ${size}u;
  if (i >= env.count) { return; }
${emitOffsets(body)}${body}}
`;
  return { code, count: invocations, workgroups: Math.ceil(invocations / size) };
}

export const shellOf = ({ invocations, body, words }: Body) => shell(invocations, body, words);

/** `body` computes what invocation `lane` of the workgroup numbered `group` does; `shared` declares their memory. */
export function groupShell(groups: number, shared: string, body: string): Kernel {
  const code = `${arithmeticFor(body)}${shared}
@compute @workgroup_size(${WORKGROUP})
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let group = id.x + id.y * env.row;
  if (group >= env.count) { return; }
${emitOffsets(body)}${body}}
`;
  return { code, count: groups, workgroups: groups };
}

/** Of a reduction; fuseMaps.ts has operations without. */
export function emitKernel(operation: Operation, place: KernelPlace): Kernel {
  if (operation.reduce === 'mac') return emitReduction(operation, place, generalMac);
  if (operation.reduce === 'sum') return emitReduction(operation, place, treeSum);
  return emitReduction(operation, place, largest);
}

/** Axes from the flat number `element` (u32). Divisions are dear on software GPUs: one an axis, none by a power of two. */
export function emitAxes(shape: readonly number[], element: string, nameOf = axisName): string {
  const lines: string[] = [];
  let rest = element;
  const outermost = shape.findIndex((extent) => extent > 1);
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] as number;
    const name = nameOf(axis);
    if (extent === 1) {
      lines.push(`let ${name} = 0;\n`);
      continue;
    }
    if (axis === outermost) {
      lines.push(`let ${name} = i32(${rest});\n`);
      continue;
    }
    const power = Math.log2(extent);
    const next = `e${axis}`;
    lines.push(
      Number.isInteger(power)
        ? `let ${next} = ${rest} >> ${power}u;\nlet ${name} = i32(${rest} & ${extent - 1}u);\n`
        : `let ${next} = ${rest} / ${extent}u;\nlet ${name} = i32(${rest} - ${next} * ${extent}u);\n`,
    );
    rest = next;
  }
  return lines.join('');
}

export function emitStore(place: KernelPlace, out: number, element: string, value: string): string {
  const check = place.watched ? `if (special(${value})) { atomicMin(&status[0], env.number); }\n` : '';
  return `arena[u32(${place.offsetOf(out)}) + ${element}] = ${value};\n${check}`;
}

/** What is done before, with each term, and after. */
interface Reduction {
  readonly before: string;
  readonly each: (results: readonly string[]) => string;
  readonly after: string;
  /** Name of the result. */
  readonly result: string;
}

/** So few terms are written out: loop variables cost more. */
const MOST_UNROLLED = 9;

function emitLoops(operation: Operation, inside: string): string {
  const rank = operation.shape.length;
  const points = product(operation.extents);
  if (points <= MOST_UNROLLED) {
    return Array.from({ length: points }, (_, point) => {
      let rest = point;
      const axes = operation.extents
        .map((_, k) => k)
        .reverse()
        .map((k) => {
          const extent = operation.extents[k] as number;
          const line = `let ${axisName(rank + k)} = ${rest % extent};\n`;
          rest = Math.floor(rest / extent);
          return line;
        });
      return `{\n${axes.join('')}${inside}}\n`;
    }).join('');
  }
  const open = operation.extents.map((extent, k) => `for (var ${axisName(rank + k)} = 0; ${axisName(rank + k)} < ${extent}; ${axisName(rank + k)}++) {\n`);
  return open.join('') + inside + '}\n'.repeat(operation.extents.length);
}

function emitReduction(operation: Operation, place: KernelPlace, make: (operation: Operation, place: KernelPlace) => Reduction): Kernel {
  const invocations = product(operation.shape);
  const reduction = make(operation, place);
  const { code, results } = emitBody(operation, 'x', 'v');
  const inside = emitReads(operation, place.offsetOf, 'x') + code + reduction.each(results);
  const body = emitAxes(operation.shape, 'i') + reduction.before + emitLoops(operation, inside) + reduction.after + emitStore(place, operation.out, 'i', reduction.result);
  return shell(invocations, body);
}

/** N5: one accumulator a level; a full block moves up, and at the end what is left of each level. Adding to +0 changes nothing. */
function treeSum(operation: Operation): Reduction {
  const counts: number[] = [product(operation.extents)];
  while ((counts.at(-1) as number) > 1) counts.push(Math.ceil((counts.at(-1) as number) / SUM_BLOCK));
  const levels = Math.max(1, counts.length - 1);
  const names = Array.from({ length: levels }, (_, level) => level);
  const push = (level: number): string => {
    const add = `s${level} = f_add(s${level}, term);\n`;
    if (level + 1 >= levels) return add;
    return `${add}n${level} += 1u;\nif (n${level} == ${SUM_BLOCK}u) {\nterm = s${level};\ns${level} = 0u;\nn${level} = 0u;\n${push(level + 1)}}\n`;
  };
  const flushLevel = (level: number): string => (level + 1 >= levels ? '' : `if (n${level} > 0u) {\nterm = s${level};\ns${level} = 0u;\nn${level} = 0u;\n${push(level + 1)}}\n`);
  return {
    before: names.map((level) => `var s${level} = 0u;\nvar n${level} = 0u;\n`).join('') + 'var term = 0u;\n',
    each: ([value]) => `term = ${value};\n${push(0)}`,
    after: names.map(flushLevel).join(''),
    result: `s${levels - 1}`,
  };
}

/** N6. Integers are ordered through a key as f32 are. */
function largest(operation: Operation, place: KernelPlace): Reduction {
  const keyed: Record<DType, string> = { f32: 'key(term)', i32: '(term ^ SIGN)', u32: 'term' };
  const better = `let k = ${keyed[place.resultType]};\n${place.resultType === 'f32' ? 'let nan = is_nan(term);\n' : ''}`;
  const wins = place.resultType === 'f32' ? '!found_nan & (first | nan | (k > best_key))' : 'first | (k > best_key)';
  const mark = place.resultType === 'f32' ? 'found_nan = nan;\n' : '';
  return {
    before: 'var best = 0u;\nvar best_key = 0u;\nvar best_at = 0u;\nvar at = 0u;\nvar first = true;\nvar found_nan = false;\n',
    each: ([value]) => `let term = ${value};\n${better}if (${wins}) { best = term; best_key = k; best_at = at; ${mark}}\nfirst = false;\nat += 1u;\n`,
    after: '',
    result: operation.reduce === 'argmax' ? 'best_at' : 'best',
  };
}

const BLOCK_STEP = `n += 1u;
if (n == ${MAC_BLOCK}u) { total = f_add(total, flush(fence(acc))); acc = 0.0; n = 0u; }
`;

/** Factors are computed, so they are rounded and tested one by one. */
function generalMac(_: Operation, { variant }: KernelPlace): Reduction {
  const factor = (word: string) => `bitcast<f32>(round12(${word}))`;
  const term = (a: string, b: string) => (variant === 'guarded' ? `guarded_sum(acc, ${a}, ${b})` : `fma(${a}, ${b}, acc)`);
  return {
    before: 'var acc = 0.0;\nvar total = 0u;\nvar n = 0u;\nvar bad = false;\n',
    each: ([a = '', b = '']) => `bad = bad | special(${a}) | special(${b});\nacc = ${term(factor(a), factor(b))};\n${BLOCK_STEP}`,
    after: 'if (n > 0u) { total = f_add(total, flush(fence(acc))); }\nlet mac_result = select(total, NAN, bad);\n',
    result: 'mac_result',
  };
}

/** Moves a next state over the state. */
export function emitCopy(from: string, to: string, count: number): Kernel {
  return shell(count, `arena[u32(${to}) + i] = arena[u32(${from}) + i];\n`);
}
