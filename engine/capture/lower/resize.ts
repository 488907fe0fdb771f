import { affine, axisIndex } from '../graph/affine.ts';
import { LoopBuilder } from '../graph/loopBuilder.ts';
import { castValue } from './elementwise.ts';
import type { KernelCall, Lowering } from './lowering.ts';
import { inputOf } from './lowering.ts';
import { move } from './movement.ts';

/** Whole factors of height and width, the only ones whose neighbours are an exact division. */
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

/** The value between two neighbours: a + (b - a) * share. */
function between(loop: LoopBuilder, a: number, b: number, share: number): number {
  return loop.op('add', a, loop.op('mul', loop.op('sub', b, a), share));
}

/** Position `axis` of a pixel's copies as a share of the way to its next neighbour. */
function shareOf(loop: LoopBuilder, position: number, factor: number): number {
  return loop.op('div', loop.op('i2f', position), loop.f32(factor));
}

/** out[b, i * rows + p, j * columns + q, c] lies between pixels (i, j) and (i + 1, j + 1); the last row and column stand for their own neighbours. */
const bilinear: Lowering = (call) => {
  const images = castValue(call, inputOf(call, 'images'), 'float32');
  const [batch = 1, height = 1, width = 1, channels = 1] = images.shape;
  const size = call.attrs.size as [number, number];
  const [rows, columns] = factors(call, [height, width], size);
  const loop = new LoopBuilder([batch, height, rows, width, columns, channels]);
  const whole = call.graph.materialise(images);
  const pixel = (down: number, right: number) => loop.read(whole, [axisIndex(0), affine([[1, 1]], down), affine([[3, 1]], right), axisIndex(5)]);
  const hasBelow = loop.op('ilt', loop.axis(1), loop.i32(height - 1));
  const hasRight = loop.op('ilt', loop.axis(3), loop.i32(width - 1));
  const [first, right, below, across] = [pixel(0, 0), pixel(0, 1), pixel(1, 0), pixel(1, 1)];
  const along = shareOf(loop, loop.axis(4), columns);
  const upper = between(loop, first, loop.op('select', hasRight, right, first), along);
  const lower = between(loop, below, loop.op('select', hasRight, across, below), along);
  const result = between(loop, upper, loop.op('select', hasBelow, lower, upper), shareOf(loop, loop.axis(2), rows));
  return call.graph.loop('bilinear upsampling', 'float32', [batch, ...size, channels], loop.finish('none', result));
};

/** How much of output `tap` of [0, 2 * factor), counted from one pixel before, pixel `at` gave: rising, then falling, or whole at the end. */
function weightOf(loop: LoopBuilder, at: number, tap: number, factor: number, extent: number): number {
  const rising = shareOf(loop, tap, factor);
  const falling = loop.op('sub', loop.f32(2), rising);
  const isLast = loop.op('ieq', at, loop.i32(extent - 1));
  const after = loop.op('select', isLast, loop.f32(1), falling);
  return loop.op('select', loop.op('ilt', tap, loop.i32(factor)), rising, after);
}

const bilinearGrad: Lowering = (call) => {
  const [batch = 1, height = 1, width = 1, channels = 1] = inputOf(call, 'images').shape;
  const dy = inputOf(call, 'dy');
  const [rows, columns] = factors(call, [height, width], dy.shape.slice(1, 3));
  const shape = [batch, height, width, channels];
  const loop = new LoopBuilder(shape, [2 * rows, 2 * columns]);
  const under = (at: number, tap: number, factor: number) =>
    affine(
      [
        [at, factor],
        [tap, 1],
      ],
      -factor,
    );
  const line = loop.read(call.graph.materialise(dy), [axisIndex(0), under(1, 4, rows), under(2, 5, columns), axisIndex(3)]);
  const weight = loop.op('mul', weightOf(loop, loop.axis(1), loop.axis(4), rows, height), weightOf(loop, loop.axis(2), loop.axis(5), columns, width));
  return call.graph.loop('weighted sum around each pixel', 'float32', shape, loop.finish('sum', loop.op('mul', line, weight)));
};

export const RESIZING: Readonly<Record<string, Lowering>> = {
  ResizeNearestNeighbor: nearest,
  ResizeNearestNeighborGrad: nearestGrad,
  ResizeBilinear: bilinear,
  ResizeBilinearGrad: bilinearGrad,
};
