/** The optimizer's updates of all parameters in a few dispatches: those that differ only in their sizes and buffers run side by side. */
import type { Program } from '#engine/program/program.ts';
import { SHARES } from './arithmetic.wgsl.ts';
import { offsetName, workgroupOf } from './emitKernel.ts';
import { buffersOf, type PlannedKernel } from './planKernels.ts';

/** Only kernels that write nothing but next states move: to where the first of their kind stands, if nothing in between minds. */
export function joinUpdates(kernels: readonly PlannedKernel[], program: Program): PlannedKernel[] {
  const homes = new Map(program.state.map(({ tensor, next }) => [next, tensor]));
  const joined: PlannedKernel[] = [];
  const hosts = new Map<string, number>();
  for (const kernel of kernels) {
    const text = kernel.writes.every((buffer) => homes.has(buffer)) ? textOf(kernel) : null;
    const at = text === null ? undefined : hosts.get(text);
    const host = at === undefined ? undefined : joined[at];
    if (at !== undefined && host && (host.twins?.length ?? 1) < SHARES && joined.slice(at).every((other) => areApart(kernel, other, homes))) {
      joined[at] = join([...(host.twins ?? [host]), kernel]);
      continue;
    }
    if (text !== null) hosts.set(text, joined.length);
    joined.push(kernel);
  }
  return joined;
}

/** What kernels must have in common to run as one; null where the kernel is not of the kind that can. */
function textOf(kernel: PlannedKernel): string | null {
  if (!kernel.body) return null;
  const buffers = buffersOf(kernel);
  const body = kernel.body((buffer) => offsetName(buffers.indexOf(buffer)));
  return `${workgroupOf(body)} ${body.words} ${body.body}`;
}

/** Whether two kernels may run in either order, or at once. A next state may be written over the state itself. */
function areApart(one: PlannedKernel, other: PlannedKernel, homes: ReadonlyMap<number, number>): boolean {
  const written = ({ writes }: PlannedKernel) => writes.flatMap((buffer) => [buffer, homes.get(buffer) ?? buffer]);
  const touched = (kernel: PlannedKernel) => new Set([...kernel.reads, ...written(kernel)]);
  const [here, there] = [touched(one), touched(other)];
  return !written(one).some((buffer) => there.has(buffer)) && !written(other).some((buffer) => here.has(buffer));
}

function join(twins: readonly PlannedKernel[]): PlannedKernel {
  const first = twins[0] as PlannedKernel;
  return {
    ...first,
    label: `${first.label}, and of ${twins.length - 1} more`,
    gives: twins.flatMap(({ gives }) => gives ?? []),
    points: twins.reduce((sum, { points }) => sum + (points ?? 0), 0),
    reads: [...new Set(twins.flatMap(({ reads }) => reads))],
    writes: twins.flatMap(({ writes }) => writes),
    twins,
  };
}
