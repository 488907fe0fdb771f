/** One dispatch for several uses of one kernel body, each with its own count, number and buffers: a share of the workgroups. */
import { arithmeticFor, SHARES } from './arithmetic.wgsl.ts';
import { type Body, emitOffsets, type Kernel, workgroupOf } from './emitKernel.ts';

/** All of one text and one size of workgroup; at most SHARES. */
export function sharedShell(bodies: readonly Body[]): Kernel {
  const { body, words } = bodies[0] as Body;
  const size = workgroupOf(bodies[0] as Body);
  let workgroups = 0;
  const shares = bodies.map(({ invocations }) => {
    const first = workgroups;
    workgroups += Math.ceil(invocations / size);
    return { first, count: invocations };
  });
  const own = body.replaceAll('env.number', 'env.shares[share].number');
  const code = `${arithmeticFor(own, words, true)}
@compute @workgroup_size(${size})
fn main(@builtin(workgroup_id) id: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let group = id.x + id.y * env.row;
  var share = 0u;
${emitSearch(bodies.length)}  let i = (group - env.shares[share].first) * ${size}u + lane;
  if (i >= env.shares[share].count) { return; }
${emitOffsets(body, 'env.shares[share]')}${own}}
`;
  return { code, count: workgroups, workgroups, shares };
}

/** By halves, the last share that begins at this workgroup or before; those that are not there begin beyond all. */
function emitSearch(count: number): string {
  const steps = Array.from({ length: Math.ceil(Math.log2(count)) }, (_, k) => 2 ** k).reverse();
  if (count > SHARES) throw new RangeError(`${count} shares: at most ${SHARES} fit`);
  return steps.map((step) => `  share += select(0u, ${step}u, group >= env.shares[share + ${step}u].first);\n`).join('');
}
