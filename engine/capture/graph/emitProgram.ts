import { withoutDeadGathers } from '#engine/program/deadReads.ts';
import type { InputSource, Operation, Profile, Program, StateRole, TensorSpec } from '#engine/program/program.ts';
import type { Graph } from './graph.ts';
import { LoopBuilder } from './loopBuilder.ts';
import type { Label, Loop, Node } from './node.ts';

export interface EmitInput {
  readonly node: Node;
  readonly source: InputSource;
}

export interface EmitState {
  readonly node: Node;
  readonly next: Node;
  readonly role: StateRole;
  readonly fill: number;
}

export interface EmitRequest {
  readonly graph: Graph;
  readonly profile: Profile;
  readonly inputs: readonly EmitInput[];
  readonly state: readonly EmitState[];
  readonly outputs: readonly { readonly node: Node; readonly name: string }[];
}

/** `dense_1, relu`; `dense_1, gradient of the kernel`; `optimizer, update of dense_1/kernel`. */
export function labelText(label: Label): string {
  const isNamedByPart = label.part !== '' && label.part !== 'gradient' && label.part !== 'gradient of the input';
  return [label.scope, label.part, isNamedByPart ? '' : label.what].filter((word) => word !== '').join(', ');
}

/** What the optimizer computes for one state alone is labelled as its update. */
export function labelUpdates(state: readonly EmitState[]): void {
  const owners = new Map<Node, Set<string>>();
  for (const { node, next } of state) {
    const name = node.source.kind === 'leaf' ? node.source.name : '';
    for (const loop of liveLoops([next])) owners.set(loop, (owners.get(loop) ?? new Set()).add(name));
  }
  for (const [node, names] of owners) {
    const { source } = node;
    const [name] = names;
    if (source.kind !== 'loop' || source.label.scope !== 'optimizer' || source.label.part !== '') continue;
    const own = state.find((slot) => slot.next === node)?.node.source;
    const owner = own?.kind === 'leaf' ? own.name : names.size === 1 ? name : undefined;
    if (owner !== undefined) node.source = { ...source, label: { ...source.label, part: `update of ${owner}` } };
  }
}

function slug(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9_/]+/g, '_')
    .replace(/^_+|_+$/g, '');
}

/** Tensor names that are unique and depend on the recording only. */
class Names {
  private readonly uses = new Map<string, number>();
  take(name: string): string {
    const count = (this.uses.get(name) ?? 0) + 1;
    this.uses.set(name, count);
    return count === 1 ? name : this.take(`${name}.${count}`);
  }
}

/** Loops that the next state and the outputs need, in the order they were recorded. */
export function liveLoops(roots: readonly Node[]): Node[] {
  const live = new Set<Node>();
  const stack = [...roots];
  while (stack.length > 0) {
    const node = stack.pop() as Node;
    if (live.has(node)) continue;
    live.add(node);
    if (node.source.kind === 'loop') for (const read of node.source.reads) stack.push(read.node);
  }
  return [...live].filter((node) => node.source.kind === 'loop').sort((a, b) => a.id - b.id);
}

/** A loop of its own for a value that is a constant, an input or another state's tensor. */
export function copyOf(graph: Graph, node: Node, label: Label): Node {
  const flat = { node, shape: [node.size], dtype: node.dtype === 'f32' ? 'float32' : 'int32' } as const;
  const loop = new LoopBuilder([node.size]);
  const parts = loop.finish('none', loop.read(flat, [{ terms: [[0, 1]], offset: 0, div: 1, exact: false }]));
  const copy: Node = { id: graph.nodes.length, dtype: node.dtype, size: node.size, source: { kind: 'loop', label, ...parts } };
  graph.nodes.push(copy);
  return copy;
}

/** The Program of a recorded, fused graph: what is not needed is dropped, inputs that nothing reads too. */
export function emitProgram(request: EmitRequest): Program {
  const { inputs, state, outputs } = request;
  const loops = liveLoops([...state.map((slot) => slot.next), ...outputs.map((output) => output.node)]);
  const readNodes = new Set(loops.flatMap((node) => (node.source as Loop).reads.map((read) => read.node)));
  const names = new Names();
  const tensors: TensorSpec[] = [];
  const position = new Map<Node, number>();
  const add = (node: Node, name: string, shape: readonly number[]) => {
    position.set(node, tensors.push({ name: names.take(name), dtype: node.dtype, shape: [...shape] }) - 1);
  };
  const leafOf = (node: Node) => {
    if (node.source.kind !== 'leaf') throw new Error('inputs and state are tensors that exist before the step');
    return node.source;
  };
  const usedInputs = inputs.filter((input) => readNodes.has(input.node));
  for (const { node } of [...usedInputs, ...state]) add(node, leafOf(node).name, leafOf(node).shape);

  const nextNames = new Map(state.map((slot) => [slot.next, { name: `${leafOf(slot.node).name}/next`, shape: leafOf(slot.node).shape }]));
  const outputNames = new Map(outputs.map((output) => [output.node, output.name]));
  for (const node of loops) {
    const loop = node.source as Loop;
    const next = nextNames.get(node);
    const name = outputNames.get(node) ?? next?.name ?? slug(`${loop.label.scope}/${loop.label.part || loop.label.what}`);
    add(node, name, next?.shape ?? loop.shape);
  }
  const tensorOf = (node: Node): number => {
    const found = position.get(node);
    if (found === undefined) throw new Error(`a tensor that does not exist is read (node ${node.id})`);
    return found;
  };
  const operations: Operation[] = loops.map((node) => {
    const loop = node.source as Loop;
    return withoutDeadGathers({
      label: labelText(loop.label),
      out: tensorOf(node),
      shape: [...loop.shape],
      reduce: loop.reduce,
      extents: [...loop.extents],
      reads: loop.reads.map((read) => ({ tensor: tensorOf(read.node), view: [...read.view], index: [...read.index], fill: read.fill })),
      body: [...loop.body],
      results: [...loop.results],
    });
  });
  return {
    profile: request.profile,
    tensors,
    inputs: usedInputs.map((input) => ({ tensor: tensorOf(input.node), source: input.source })),
    state: state.map((slot) => ({ tensor: tensorOf(slot.node), next: tensorOf(slot.next), role: slot.role, fill: slot.fill })),
    outputs: outputs.map((output) => ({ tensor: tensorOf(output.node), name: output.name })),
    operations,
  };
}
