import type { Value } from '../graph/node.ts';
import { ELEMENTWISE } from './elementwise.ts';
import type { KernelCall, Lowering } from './lowering.ts';
import { inputOf } from './lowering.ts';

/** tfjs's names of fused activations, and the kernels they are. */
const ACTIVATIONS: Readonly<Record<string, string>> = {
  relu: 'Relu',
  relu6: 'Relu6',
  elu: 'Elu',
  prelu: 'Prelu',
  leakyrelu: 'LeakyRelu',
  sigmoid: 'Sigmoid',
};

/** A fused kernel is its product, then the bias, then the activation. */
export function fused(product: Lowering): Lowering {
  return (call) => {
    const apply = (kernel: string, inputs: KernelCall['inputs'], attrs: unknown = {}): Value => {
      const lowering = ELEMENTWISE[kernel];
      if (!lowering) throw new Error(`no lowering for the fused activation ${kernel}`);
      return lowering({ ...call, inputs, attrs }) as Value;
    };
    let result = product(call) as Value;
    if (call.inputs.bias) result = apply('Add', { a: result, b: inputOf(call, 'bias') });
    const activation = (call.attrs.activation as string | undefined) ?? 'linear';
    if (activation === 'linear') return result;
    const kernel = ACTIVATIONS[activation];
    if (!kernel) throw new Error(`no lowering for the fused activation ${activation}`);
    const alpha = call.inputs.preluActivationWeights;
    return apply(kernel, alpha ? { x: result, alpha } : { x: result }, { alpha: call.attrs.leakyreluAlpha });
  };
}
