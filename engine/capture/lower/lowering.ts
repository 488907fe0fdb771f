import type { Tf } from '../author/tfjs.ts';
import type { Graph } from '../graph/graph.ts';
import type { Value } from '../graph/node.ts';

/** One call of a tfjs kernel. Array inputs (Concat, Pack, AddN) come as `inputs['0']`, `inputs['1']`, ... */
export interface KernelCall {
  readonly graph: Graph;
  /** For shape arithmetic (`backend_util`, `slice_util`) only. */
  readonly tf: Tf;
  readonly inputs: Readonly<Record<string, Value>>;
  // oxlint-disable-next-line typescript/no-explicit-any -- attributes differ by kernel; each lowering reads its own
  readonly attrs: any;
}

export type Lowering = (call: KernelCall) => Value | Value[];

export function inputOf(call: KernelCall, name: string): Value {
  const value = call.inputs[name];
  if (!value) throw new Error(`the kernel was called without its input ${name}`);
  return value;
}
