import type { Value } from '../graph/node.ts';
import { elementwise } from './broadcast.ts';
import type { Lowering } from './lowering.ts';
import { inputOf } from './lowering.ts';

/** (x - mean) / sqrt(variance + epsilon) * scale + offset; statistics are repeated along x from its end, as tfjs does. */
const fusedBatchNorm: Lowering = (call) => {
  const { graph } = call;
  const x = inputOf(call, 'x');
  const mean = inputOf(call, 'mean');
  const scale = call.inputs.scale ?? graph.uniform('float32', 0x3f800000, [1]);
  const offset = call.inputs.offset ?? graph.uniform('float32', 0, [1]);
  const all = [mean, inputOf(call, 'variance'), scale, offset];
  const size = x.node.size;
  const columns = all
    .map((value) => value.node.size)
    .filter((count) => count > 1 && count < size)
    .reduce((least, count) => Math.min(least, count), size);
  if (all.some((value) => ![1, columns, size].includes(value.node.size))) throw new Error('statistics of different shapes are not supported');
  const seen = (value: Value): Value => graph.reshape(value, value.node.size === size ? [size / columns, columns] : [value.node.size]);
  const epsilon = (call.attrs.varianceEpsilon as number | undefined) ?? 0.001;
  const result = elementwise(graph, 'normalisation', 'float32', [seen(x), ...all.map(seen)], (loop, value, meanLine = 0, varianceLine = 0, scaleLine = 0, offsetLine = 0) => {
    const deviation = loop.op('sqrt', loop.op('add', varianceLine, loop.f32(epsilon)));
    const centred = loop.op('mul', loop.op('sub', value, meanLine), scaleLine);
    return loop.op('add', loop.op('div', centred, deviation), offsetLine);
  });
  return graph.reshape(result, x.shape);
};

export const NORMALIZATIONS: Readonly<Record<string, Lowering>> = { FusedBatchNorm: fusedBatchNorm };
