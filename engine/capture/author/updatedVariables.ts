import type { Tensor } from './tfjs.ts';

/** Notes whose gradients an optimizer was given: a list or, by name, a record. Those of unused variables are null. */
export function noteUpdates(names: Set<string>, gradients: unknown): void {
  const pairs = Array.isArray(gradients)
    ? (gradients as { readonly name: string; readonly tensor: Tensor | null }[]).map(({ name, tensor }) => [name, tensor] as const)
    : Object.entries(gradients as Record<string, Tensor | null>);
  for (const [name, tensor] of pairs) if (tensor) names.add(name);
}
