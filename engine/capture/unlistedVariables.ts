import type { Recorded } from './author/recordStep.ts';
import type { Tensor, Tf, Variable } from './author/tfjs.ts';
import { engineOf } from './author/tfjs.ts';

/** What to call a variable: tfjs numbers those that have no name. */
function wordsFor(variable: Variable): string {
  return /^\d+$/.test(variable.name) ? `of shape [${variable.shape.join(', ')}] (it has no name)` : `"${variable.name}"`;
}

/**
 * Runs `compute`, whose loss is minimised over `listed`, and refuses a trainable variable that it uses and that is not
 * among them: tfjs without a list would train it, a Program would keep it as it is. Variables that the step makes or
 * assigns itself, and those that are not trainable, may be used.
 */
export function refuseUnlisted(tf: Tf, listed: readonly Variable[], compute: () => Tensor): Tensor {
  const { state } = engineOf(tf);
  const others = Object.values(state.registeredVariables).filter((variable) => variable.trainable && !listed.includes(variable));
  const before = new Map(others.map((variable) => [variable as Tensor, variable.dataId]));
  const start = state.activeTape?.length ?? 0;
  const loss = compute();
  for (const { inputs } of state.activeTape?.slice(start) ?? []) {
    const unlisted = Object.values(inputs).find((input) => input && before.get(input) === input.dataId);
    if (!unlisted) continue;
    throw new Error(
      `the step uses a trainable variable ${wordsFor(unlisted as Variable)} that \`variables\` does not list, so it would never change: list it there, ` +
        'or make it not trainable (tf.variable(x, false), layer.trainable = false)',
    );
  }
  return loss;
}

/** Refuses a recording in which an optimizer changes a variable that is no weight: its place would be the optimizer's own, forgotten after each round. */
export function refuseUnlistedUpdates({ graph, variables }: Recorded): void {
  const found = variables.find(({ entry }) => !entry.weight && graph.updates.has(entry.variable.name));
  if (!found) return;
  throw new Error(
    `the step trains a variable ${wordsFor(found.entry.variable)} that \`variables\` does not list: list it there, or keep it from the optimizer, minimize(f, true, list)`,
  );
}
