import type { Graph } from '../graph/graph.ts';
import type { Tensor } from './tfjs.ts';

/** Names that tfjs has for the variables that optimizers update, by recording. */
const updated = new WeakMap<Graph, Set<string>>();

/** Notes whose gradients an optimizer was given: a list or, by name, a record. Those of unused variables are null. */
export function noteUpdates(graph: Graph, gradients: unknown): void {
  const names = updated.get(graph) ?? new Set();
  updated.set(graph, names);
  const pairs = Array.isArray(gradients)
    ? (gradients as { readonly name: string; readonly tensor: Tensor | null }[]).map(({ name, tensor }) => [name, tensor] as const)
    : Object.entries(gradients as Record<string, Tensor | null>);
  for (const [name, tensor] of pairs) if (tensor) names.add(name);
}

export function updatesOf(graph: Graph): ReadonlySet<string> {
  return updated.get(graph) ?? new Set();
}
