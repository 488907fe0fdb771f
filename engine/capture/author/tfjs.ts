import type * as tfjs from '@tensorflow/tfjs';

/** The whole tfjs module: capture takes it as an argument, so that the caller's instance is the one recorded. */
export type Tf = typeof tfjs;
export type { Tensor, Variable, Optimizer, LayersModel } from '@tensorflow/tfjs';

export interface TapeNode {
  readonly inputs: Readonly<Record<string, tfjs.Tensor | null>>;
  gradient?: (dys: tfjs.Tensor[]) => Record<string, () => tfjs.Tensor>;
}

/** The parts of tfjs-core's engine that capture touches and its types leave out. */
export interface TfEngine {
  readonly state: { readonly registeredVariables: Record<string, tfjs.Variable>; readonly activeTape: TapeNode[] | null };
  makeVariable(initial: tfjs.Tensor, trainable?: boolean, name?: string, dtype?: tfjs.DataType): tfjs.Variable;
  makeTensorFromTensorInfo(info: { dataId: object; shape: number[]; dtype: string }): tfjs.Tensor;
  addTapeNode(kernel: string, inputs: Record<string, tfjs.Tensor>, ...rest: unknown[]): void;
  read(dataId: object): Promise<ArrayLike<number>>;
}

export function engineOf(tf: Tf): TfEngine {
  return tf.engine() as unknown as TfEngine;
}
