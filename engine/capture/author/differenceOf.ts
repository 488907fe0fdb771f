/** Whether two runs of a step did the same: JavaScript that changes from run to run would stand still in a Program. */
import type { Node } from '../graph/node.ts';
import { isRandom } from './randomTensors.ts';
import type { Recorded } from './recordStep.ts';

/** Where the later run first differs, in words; null where it does not. Limits of random numbers are left out: they become known run by run. */
export function differenceOf(before: Recorded, now: Recorded): string | null {
  const count = Math.max(before.graph.nodes.length, now.graph.nodes.length);
  for (let k = 0; k < count; k++) {
    const [was, is] = [before.graph.nodes[k], now.graph.nodes[k]];
    if (!was || !is || sketch(was) !== sketch(is)) return describe((now.graph.nodes.length > k ? now : before).graph.nodes.slice(k));
  }
  const constant = now.constants.findIndex(({ bits }, k) => !isSame(bits, before.constants[k]?.bits));
  if (constant >= 0 || now.constants.length !== before.constants.length) return 'a tensor that was made outside of it';
  return ends(before) === ends(now) ? null : 'what it gives back or assigns';
}

const idOf = (_: string, value: unknown) => (value instanceof Object && 'node' in value ? { ...value, node: (value.node as Node).id } : value);

function sketch({ dtype, size, source }: Node): string {
  return JSON.stringify([dtype, size, isRandom(source) ? 'random' : source], idOf);
}

const ends = ({ outputs, variables }: Recorded) =>
  JSON.stringify([outputs.map(({ name, value }) => [name, value.node.id]), variables.map(({ before, after }) => [before.node.id, after.node.id])]);

const isSame = (a: Uint32Array, b: Uint32Array | undefined) => a.length === b?.length && a.every((word, k) => word === b[k]);

/** By what is computed with the first of them: a number alone has no name. */
function describe(nodes: readonly Node[]): string {
  for (const { source } of nodes) if (source.kind === 'loop') return [source.label.scope, source.label.part, source.label.what].filter(Boolean).join(', ');
  return 'a number';
}
