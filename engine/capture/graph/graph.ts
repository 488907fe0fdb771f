import type { DType } from '#engine/program/program.ts';
import type { LoopParts } from './loopBuilder.ts';
import { LoopBuilder } from './loopBuilder.ts';
import type { Label, Leaf, Node, TfDtype, Value } from './node.ts';
import { programDtype, sizeOf } from './node.ts';

/** Everything recorded of one run of the step, with the scope that says who is speaking. */
export class Graph {
  readonly nodes: Node[] = [];
  /** Names that tfjs has for the variables that optimizers update. */
  readonly updates = new Set<string>();
  private readonly scopes: Omit<Label, 'what'>[];

  /** `scope` is what operations outside of any layer are labelled with. */
  constructor(scope: string) {
    this.scopes = [{ scope, part: '' }];
  }

  get where(): Omit<Label, 'what'> {
    return this.scopes[this.scopes.length - 1] ?? { scope: 'step', part: '' };
  }

  /** Runs `inside` with its operations labelled `scope, part`. */
  within<T>(where: Omit<Label, 'what'>, inside: () => T): T {
    this.scopes.push(where);
    try {
      return inside();
    } finally {
      this.scopes.pop();
    }
  }

  private node(dtype: DType, size: number, source: Node['source']): Node {
    const node: Node = { id: this.nodes.length, dtype, size, source };
    this.nodes.push(node);
    return node;
  }

  leaf(name: string, shape: readonly number[], dtype: TfDtype, as: DType = programDtype(dtype)): Value {
    const source: Leaf = { kind: 'leaf', name, shape };
    return { node: this.node(as, sizeOf(shape), source), shape, dtype };
  }

  uniform(dtype: TfDtype, bits: number, shape: readonly number[]): Value {
    return { node: this.node(programDtype(dtype), sizeOf(shape), { kind: 'uniform', bits: bits >>> 0 }), shape, dtype };
  }

  reshape(value: Value, shape: readonly number[]): Value {
    if (sizeOf(shape) !== sizeOf(value.shape)) throw new Error(`cannot see ${value.shape.join('x')} as ${shape.join('x')}`);
    return { node: value.node, shape, dtype: value.dtype };
  }

  /** Adds a loop nest; `seenAs` is the shape that tfjs gives its tensor. */
  loop(what: string, dtype: TfDtype, seenAs: readonly number[], parts: LoopParts): Value {
    const [result] = parts.results;
    const line = result === undefined ? undefined : parts.body[result];
    if (parts.reduce === 'none' && line?.op === 'const') return this.uniform(dtype, line.bits, seenAs);
    const label: Label = { ...this.where, what };
    const node = this.node(programDtype(dtype), sizeOf(parts.shape), { kind: 'loop', label, ...parts });
    if (node.size !== sizeOf(seenAs)) throw new Error(`${what}: ${node.size} elements, tfjs expects ${seenAs.join('x')}`);
    return { node, shape: seenAs, dtype };
  }

  /** A value whose elements all exist in memory or in a loop, never `uniform`: for reads that leave its bounds. */
  materialise(value: Value): Value {
    const source = value.node.source;
    if (source.kind !== 'uniform') return value;
    const shape = [value.node.size];
    const loop = new LoopBuilder(shape);
    const label: Label = { ...this.where, what: 'constant' };
    const parts = loop.finish('none', loop.constant(value.node.dtype, source.bits));
    const node = this.node(value.node.dtype, value.node.size, { kind: 'loop', label, ...parts });
    return { node, shape: value.shape, dtype: value.dtype };
  }
}
