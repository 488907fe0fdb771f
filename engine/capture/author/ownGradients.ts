import { MISSING_GRADIENTS } from './missingGradients.ts';
import type { RecordingBackend } from './recordingBackend.ts';
import type { TapeNode, Tensor, Tf } from './tfjs.ts';
import { engineOf } from './tfjs.ts';

type Gradient = NonNullable<TapeNode['gradient']>;
type Inputs = Readonly<Record<string, Tensor>>;

/** What tfjs puts on its tape. */
export interface Taped {
  readonly kernel: string;
  readonly inputs: Inputs;
  readonly outputs: readonly Tensor[];
  /** Of kernels; custom gradients have none. */
  readonly attrs: Readonly<Record<string, unknown>> | undefined;
  readonly hasGradient: boolean;
}

/** One sum over the repetitions: tfjs's own gradient slices and adds them one by one. */
function gradientOfTile(tf: Tf, { inputs, attrs }: Taped): Gradient {
  const { shape } = inputs.x as Tensor;
  const reps = attrs?.reps as readonly number[];
  const split = shape.flatMap((extent, dim) => [reps[dim] ?? 1, extent]);
  const repeated = shape.map((_, dim) => 2 * dim);
  return ([dy]) => ({ x: () => tf.reshape(tf.sum(tf.reshape(dy as Tensor, split), repeated), shape) });
}

export function isDilated(attrs: Readonly<Record<string, unknown>> | undefined): boolean {
  const dilations = attrs?.dilations;
  return Array.isArray(dilations) ? dilations.some((dilation) => dilation > 1) : typeof dilations === 'number' && dilations > 1;
}

/** Kernels of a convolution's two gradients; the recording backend's take dilations, which tfjs refuses. */
const DILATED: Readonly<Record<string, readonly [forInput: string, forFilter: string]>> = {
  Conv2D: ['Conv2DBackpropInput', 'Conv2DBackpropFilter'],
  Conv3D: ['Conv3DBackpropInputV2', 'Conv3DBackpropFilterV2'],
  DepthwiseConv2dNative: ['DepthwiseConv2dNativeBackpropInput', 'DepthwiseConv2dNativeBackpropFilter'],
};

type Recall = (tensor: Tensor) => () => Tensor;

/** Tensors are disposed before their gradient is asked for; the recorded values stay. */
function recallFrom(tf: Tf, backend: RecordingBackend): Recall {
  return (tensor) => {
    const value = backend.recordedValue(tensor);
    return () => engineOf(tf).makeTensorFromTensorInfo(backend.tensorInfo(value));
  };
}

function gradientOfDilated(tf: Tf, recall: Recall, kernel: string, inputs: readonly [x: Tensor, filter: Tensor], attrs: object, names: readonly [string, string]): Gradient {
  const [forInput, forFilter] = DILATED[kernel] as readonly [string, string];
  const [x, filter] = inputs.map(recall) as [() => Tensor, () => Tensor];
  const [inputShape, filterShape] = inputs.map(({ shape }) => shape);
  const run = (name: string, given: object, more: object) => tf.engine().runKernel(name, given as never, { ...attrs, ...more } as never) as Tensor;
  return ([dy]) => ({
    [names[0]]: () => run(forInput, { dy, filter: filter() }, { inputShape }),
    [names[1]]: () => run(forFilter, { x: x(), dy }, { filterShape }),
  });
}

/** tf.fused.conv2d hides its kernel behind a custom gradient; it comes here without an activation only. */
function gradientOfFused(tf: Tf, recall: Recall, { inputs, outputs }: Taped, attrs: object): Gradient {
  const [x, filter, bias] = [inputs['0'] as Tensor, inputs['1'] as Tensor, inputs['2']];
  const convolution = gradientOfDilated(tf, recall, 'Conv2D', [x, filter], attrs, ['0', '1']);
  const biasShape = bias?.shape;
  const outShape = [...x.shape.slice(0, 1), ...(outputs[0] as Tensor).shape.slice(-3)];
  return ([dy]) => ({
    ...convolution([tf.reshape(dy as Tensor, outShape)]),
    ...(biasShape ? { '2': () => tf.reshape(tf.sum(tf.reshape(dy as Tensor, outShape), [0, 1, 2]), biasShape) } : {}),
  });
}

/** tfjs cannot differentiate its transposed 3D convolution. With its filter it is linear: forward again, and the filter's gradient with roles swapped. */
function gradientOfTransposed3d(tf: Tf, recall: Recall, { inputs, attrs }: Taped): Gradient {
  const [dy, filter] = [recall(inputs.dy as Tensor), recall(inputs.filter as Tensor)];
  const filterShape = (inputs.filter as Tensor).shape;
  const given = { strides: attrs?.strides, pad: attrs?.pad, dataFormat: 'NDHWC', dilations: 1 };
  const run = (name: string, tensors: object, more: object) => tf.engine().runKernel(name, tensors as never, { ...given, ...more } as never) as Tensor;
  return ([ddx]) => ({
    dy: () => run('Conv3D', { x: ddx, filter: filter() }, {}),
    filter: () => run('Conv3DBackpropFilterV2', { x: ddx, dy: dy() }, { filterShape }),
  });
}

/** A comparison is flat wherever it has a slope: zero for each input, where tfjs stops with "gradient function not found". */
function flat(tf: Tf, inputs: Inputs): Gradient {
  // Shapes now: by the time of the gradient these tensors are disposed.
  const shapes = Object.entries(inputs).map(([name, { shape }]) => [name, shape] as const);
  return () => Object.fromEntries(shapes.map(([name, shape]) => [name, () => tf.zeros(shape)]));
}

/**
 * Gradients that capture writes itself: cheaper ones than tfjs's (tile), and some that tfjs lacks (dilated and
 * transposed 3D convolutions, comparisons, MISSING_GRADIENTS). null where tfjs's is taken.
 */
export function ownGradient(tf: Tf, backend: RecordingBackend, taped: Taped): Gradient | null {
  const { kernel, inputs, outputs, attrs, hasGradient } = taped;
  if (kernel === 'Tile') return gradientOfTile(tf, taped);
  const recall = recallFrom(tf, backend);
  const missing = MISSING_GRADIENTS[kernel];
  const [input] = Object.values(inputs);
  if (missing && attrs && input) return missing({ tf, shape: input.shape, attrs, x: recall(input) });
  if (DILATED[kernel] && isDilated(attrs)) return gradientOfDilated(tf, recall, kernel, [inputs.x as Tensor, inputs.filter as Tensor], attrs as object, ['x', 'filter']);
  if (kernel === 'Conv3DBackpropInputV2') return gradientOfTransposed3d(tf, recall, taped);
  if (!attrs && inputs['0'] && outputs[0]) {
    const fused = backend.recording?.dilated.get(backend.recordedValue(outputs[0]).node);
    if (fused) return gradientOfFused(tf, recall, taped, fused);
  }
  if (!hasGradient && outputs.every(({ dtype }) => dtype === 'bool')) return flat(tf, inputs);
  return null;
}
