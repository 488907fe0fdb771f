/** What the uniform buffer holds: a record for each kernel of a plan, as `Env` in arithmetic.wgsl.ts has it. */
import { SHARES } from './arithmetic.wgsl.ts';
import { gridOf, type Kernel } from './emitKernel.ts';
import { buffersOf, type PlannedKernel } from './planKernels.ts';
import type { MemoryPlan } from './planMemory.ts';

/** Of `Share`, and of `Env` with them (arithmetic.wgsl.ts). */
const SHARE_BYTES = 96;
export const ENV_BYTES = 16 + SHARES * SHARE_BYTES;
/** Records begin at multiples of it: every device takes that. */
const ENV_STRIDE = 256;
/** Of a share that is not there: it begins beyond all workgroups. */
const NOWHERE = 0xffffffff;

/** All records, and where each kernel's begins, in bytes. */
export function environments(plan: MemoryPlan, kernels: readonly Kernel[]): { records: Uint32Array<ArrayBuffer>; starts: number[] } {
  let bytes = 0;
  const starts = kernels.map(({ shares }) => {
    const start = bytes;
    bytes += Math.ceil((shares ? ENV_BYTES : SHARE_BYTES) / ENV_STRIDE) * ENV_STRIDE;
    return start;
  });
  const records = new Uint32Array((bytes + ENV_BYTES) / 4);
  const write = (kernel: PlannedKernel, at: number, header: readonly number[]) => {
    records.set(header, at);
    records.set(
      buffersOf(kernel).map((buffer) => (plan.offsets[buffer] as number) % plan.bank),
      at + 4,
    );
  };
  plan.kernels.forEach((kernel, k) => {
    const at = (starts[k] as number) / 4;
    const emitted = kernels[k] as Kernel;
    const { count, shares } = emitted;
    const [row] = gridOf(emitted);
    if (!kernel.twins || !shares) return write(kernel, at, [0, row, kernel.number, count]);
    records.set([0, row], at);
    for (let share = 0; share < SHARES; share++) {
      const twin = kernel.twins[share];
      const to = at + 4 + (share * SHARE_BYTES) / 4;
      if (twin) write(twin, to, [shares[share]?.first ?? 0, twin.number, shares[share]?.count ?? 0]);
      else records[to] = NOWHERE;
    }
  });
  return { records, starts };
}
