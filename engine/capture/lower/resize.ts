import { affine, axisIndex } from '../graph/affine.ts';
import { LoopBuilder } from '../graph/loopBuilder.ts';
import type { KernelCall, Lowering } from './lowering.ts';
import { inputOf } from './lowering.ts';
import { move } from './movement.ts';

/** Whole factors of height and width, the only ones whose nearest neighbour is an exact division. */
function factors(call: KernelCall, from: readonly number[], to: readonly number[]): readonly [number, number] {
  const rows = (to[0] ?? 1) / (from[0] ?? 1);
  const columns = (to[1] ?? 1) / (from[1] ?? 1);
  if (call.attrs.alignCorners || call.attrs.halfPixelCenters) throw new Error('only upsampling without alignCorners and halfPixelCenters has an exact lowering');
  if (!Number.isInteger(rows) || !Number.isInteger(columns)) throw new Error(`resizing ${from.join('x')} to ${to.join('x')}: only whole factors have an exact lowering`);
  return [rows, columns];
}

const nearest: Lowering = (call) => {
  const images = inputOf(call, 'images');
  const [batch = 1, height = 1, width = 1, channels = 1] = images.shape;
  const size = call.attrs.size as [number, number];
  const [rows, columns] = factors(call, [height, width], size);
  const index = [axisIndex(0), affine([[1, 1]], 0, rows), affine([[2, 1]], 0, columns), axisIndex(3)];
  return move(call.graph, 'nearest upsampling', images, [batch, ...size, channels], index);
};

const nearestGrad: Lowering = (call) => {
  const [batch = 1, height = 1, width = 1, channels = 1] = inputOf(call, 'images').shape;
  const dy = inputOf(call, 'dy');
  const [rows, columns] = factors(call, [height, width], dy.shape.slice(1, 3));
  const shape = [batch, height, width, channels];
  const loop = new LoopBuilder(shape, [rows, columns]);
  const line = loop.read(dy, [
    axisIndex(0),
    affine([
      [1, rows],
      [4, 1],
    ]),
    affine([
      [2, columns],
      [5, 1],
    ]),
    axisIndex(3),
  ]);
  return call.graph.loop('sum under each pixel', 'float32', shape, loop.finish('sum', line));
};

export const RESIZING: Readonly<Record<string, Lowering>> = { ResizeNearestNeighbor: nearest, ResizeNearestNeighborGrad: nearestGrad };
