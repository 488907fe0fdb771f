import { round12 } from '#engine/numerics/canon.ts';
import { hookNormalization } from '../author/normalizationHooks.ts';
import { onTapeNode } from '../author/onTapeNode.ts';
import type { TapeNode, Tensor, Tf } from '../author/tfjs.ts';

interface Info {
  readonly dataId: object;
  readonly shape: number[];
  readonly dtype: string;
}

interface CpuBackend {
  readonly data: { get(dataId: object): { readonly values: Float32Array } };
  makeTensorInfo(shape: number[], dtype: string, values: Float32Array): Info;
}

type KernelFunc = (call: { inputs: Record<string, Info>; attrs: Record<string, unknown>; backend: CpuBackend }) => Info;

/** Kernels that capture lowers to `mac`, and which of their inputs are its operands. */
const PRODUCTS: Readonly<Record<string, readonly string[]>> = {
  BatchMatMul: ['a', 'b'],
  _FusedMatMul: ['a', 'b'],
  Conv2D: ['x', 'filter'],
  FusedConv2D: ['x', 'filter'],
  Conv2DBackpropInput: ['dy', 'filter'],
  Conv2DBackpropFilter: ['x', 'dy'],
  Conv3D: ['x', 'filter'],
  Conv3DBackpropInputV2: ['dy', 'filter'],
  Conv3DBackpropFilterV2: ['x', 'dy'],
  DepthwiseConv2dNative: ['x', 'filter'],
  FusedDepthwiseConv2D: ['x', 'filter'],
  DepthwiseConv2dNativeBackpropInput: ['dy', 'filter'],
  DepthwiseConv2dNativeBackpropFilter: ['x', 'dy'],
};

const word = new Float32Array(1);
const bits = new Uint32Array(word.buffer);
function rounded(value: number): number {
  word[0] = value;
  bits[0] = round12(bits[0] ?? 0);
  return word[0];
}

/**
 * Runs `inside` on stock tfjs's CPU backend with the operands of every product rounded to 12 bits first: all that
 * profile f12 changes about a product, in tfjs's own kernels.
 */
export async function withRoundedOperands<T>(tf: Tf, inside: () => Promise<T>): Promise<T> {
  const originals = Object.entries(PRODUCTS).map(([kernelName, operands]) => {
    const kernel = tf.getKernel(kernelName, 'cpu');
    const run = kernel.kernelFunc as unknown as KernelFunc;
    const kernelFunc: KernelFunc = ({ inputs, attrs, backend }) => {
      const changed = { ...inputs };
      for (const name of operands) {
        const info = inputs[name] as Info;
        changed[name] = backend.makeTensorInfo(info.shape, info.dtype, backend.data.get(info.dataId).values.map(rounded));
      }
      return run({ inputs: changed, attrs, backend });
    };
    tf.unregisterKernel(kernelName, 'cpu');
    tf.registerKernel({ ...kernel, kernelFunc: kernelFunc as never });
    return kernel;
  });
  try {
    return await inside();
  } finally {
    for (const kernel of originals) {
      tf.unregisterKernel(kernel.kernelName, 'cpu');
      tf.registerKernel(kernel);
    }
  }
}

/** `filter` with dilation - 1 zeros between its taps: the dilated convolution is the plain one with this filter. */
function spread(tf: Tf, filter: Tensor, dilations: readonly number[]): Tensor {
  return dilations.reduce((current, dilation, dim) => {
    const { shape } = current;
    const split = tf.reshape(current, [...shape.slice(0, dim + 1), 1, ...shape.slice(dim + 1)]);
    const padded = tf.pad(
      split,
      split.shape.map((_, k) => [0, k === dim + 1 ? dilation - 1 : 0] as [number, number]),
    );
    const joined = tf.reshape(padded, [...shape.slice(0, dim), (shape[dim] ?? 1) * dilation, ...shape.slice(dim + 1)]);
    const size = [...joined.shape];
    size[dim] = ((shape[dim] ?? 1) - 1) * dilation + 1;
    return tf.slice(
      joined,
      size.map(() => 0),
      size,
    ) as Tensor;
  }, filter);
}

const OWN: Readonly<Record<string, readonly [forInput: string, forFilter: string, rank: number]>> = {
  Conv2D: ['Conv2DBackpropInput', 'Conv2DBackpropFilter', 2],
  Conv3D: ['Conv3DBackpropInputV2', 'Conv3DBackpropFilterV2', 3],
  DepthwiseConv2dNative: ['DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter', 2],
};

/** Every step-th tap of a gradient of the spread filter. */
function gathered(tf: Tf, gradient: Tensor, dilations: readonly number[]): Tensor {
  const strides = gradient.shape.map((_, dim) => dilations[dim] ?? 1);
  return tf.stridedSlice(
    gradient,
    gradient.shape.map(() => 0),
    gradient.shape,
    strides,
  );
}

interface Dilated {
  readonly kernel: string;
  readonly attrs: Record<string, unknown>;
  readonly names: readonly [x: string, filter: string, bias?: string];
}

/** Fused convolutions are on the tape as custom gradients: their attributes by output. */
function noteFused(tf: Tf): { readonly noted: WeakMap<object, Record<string, unknown>>; readonly restore: () => void } {
  const noted = new WeakMap<object, Record<string, unknown>>();
  const kernel = tf.getKernel('FusedConv2D', 'cpu');
  const kernelFunc: KernelFunc = (call) => {
    const result = (kernel.kernelFunc as unknown as KernelFunc)(call);
    noted.set(result.dataId, call.attrs);
    return result;
  };
  tf.unregisterKernel('FusedConv2D', 'cpu');
  tf.registerKernel({ ...kernel, kernelFunc: kernelFunc as never });
  const restore = () => {
    tf.unregisterKernel('FusedConv2D', 'cpu');
    tf.registerKernel(kernel);
  };
  return { noted, restore };
}

function gradientOfDilated(tf: Tf, inputs: Record<string, Tensor>, { kernel, attrs, names }: Dilated): NonNullable<TapeNode['gradient']> {
  const [forInput, forFilter, rank] = OWN[kernel] as readonly [string, string, number];
  const given = attrs.dilations as number[] | number;
  const rates = typeof given === 'number' ? Array.from({ length: rank }, () => given) : given;
  const [x, plain] = [inputs[names[0]] as Tensor, inputs[names[1]] as Tensor];
  const [kept, filter] = tf.tidy(() => [tf.keep(tf.clone(x)), tf.keep(spread(tf, plain, rates))]) as [Tensor, Tensor];
  const bias = names[2] === undefined ? undefined : inputs[names[2]];
  const run = (name: string, tensors: object, more: object) =>
    tf.engine().runKernel(name, tensors as never, { ...attrs, dilations: rates.map(() => 1), ...more } as never) as Tensor;
  return ([dy]) => ({
    [names[0]]: () => run(forInput, { dy, filter }, { inputShape: kept.shape }),
    [names[1]]: () => gathered(tf, run(forFilter, { x: kept, dy }, { filterShape: filter.shape }), rates),
    ...(bias && names[2] !== undefined ? { [names[2]]: () => tf.sum(dy as Tensor, [0, 1, 2]) } : {}),
  });
}

function gradientOfTransposed3d(tf: Tf, inputs: Record<string, Tensor>, attrs: Record<string, unknown>): NonNullable<TapeNode['gradient']> {
  const [dy, filter] = tf.tidy(() => [tf.keep(tf.clone(inputs.dy as Tensor)), tf.keep(tf.clone(inputs.filter as Tensor))]) as [Tensor, Tensor];
  const run = (name: string, tensors: object, more: object) =>
    tf.engine().runKernel(name, tensors as never, { strides: attrs.strides, pad: attrs.pad, dataFormat: 'NDHWC', dilations: [1, 1, 1], ...more } as never) as Tensor;
  return ([ddx]) => ({
    dy: () => run('Conv3D', { x: ddx, filter }, {}),
    filter: () => run('Conv3DBackpropFilterV2', { x: ddx, dy }, { filterShape: filter.shape }),
  });
}

function isDilated(attrs: Record<string, unknown> | undefined): attrs is Record<string, unknown> {
  return [attrs?.dilations ?? 1].flat().some((dilation) => (dilation as number) > 1);
}

/** Gradients that stock tfjs lacks, written with its own kernels, and scales that it lacks, so that there is something to compare with. */
export async function withMissingGradients<T>(tf: Tf, inside: () => Promise<T>): Promise<T> {
  const { noted, restore } = noteFused(tf);
  const missing = (kernel: string, inputs: Record<string, Tensor>, outputs: Tensor[], attrs: Record<string, unknown> | undefined): TapeNode['gradient'] | null => {
    if (OWN[kernel] && isDilated(attrs)) return gradientOfDilated(tf, inputs, { kernel, attrs, names: ['x', 'filter'] });
    const fused = noted.get(outputs[0]?.dataId ?? {});
    if (!attrs && isDilated(fused)) return gradientOfDilated(tf, inputs, { kernel: 'Conv2D', attrs: fused, names: ['0', '1', '2'] });
    if (kernel === 'Conv3DBackpropInputV2') return gradientOfTransposed3d(tf, inputs, attrs ?? {});
    if (outputs.some(({ dtype }) => dtype !== 'bool')) return null;
    const shapes = Object.entries(inputs).map(([name, { shape }]) => [name, shape] as const);
    return () => Object.fromEntries(shapes.map(([name, shape]) => [name, () => tf.zeros(shape)]));
  };
  const unhookTape = onTapeNode(tf, (node, { kernel, inputs, outputs, attrs }) => {
    const gradient = missing(kernel, inputs, outputs, attrs);
    if (gradient) node.gradient = gradient;
  });
  const unhookNormalization = hookNormalization(tf);
  try {
    return await inside();
  } finally {
    unhookNormalization();
    unhookTape();
    restore();
  }
}
