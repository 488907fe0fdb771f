import type { Index } from '#engine/program/program.ts';
import { axisIndex } from '../graph/affine.ts';
import type { Graph } from '../graph/graph.ts';
import { LoopBuilder } from '../graph/loopBuilder.ts';
import type { TfDtype, Value } from '../graph/node.ts';

/** The shape that numpy's rules give two shapes together. */
export function broadcastShapes(...shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  return Array.from({ length: rank }, (_, dim) => {
    const extents = shapes.map((shape) => shape[dim - rank + shape.length] ?? 1);
    const extent = extents.find((candidate) => candidate !== 1) ?? 1;
    if (extents.some((other) => other !== 1 && other !== extent)) {
      throw new Error(`shapes ${shapes.map((shape) => `[${shape.join(', ')}]`).join(' and ')} do not broadcast`);
    }
    return extent;
  });
}

interface Coalesced {
  readonly shape: number[];
  /** For each input: view and index. */
  readonly reads: { readonly view: number[]; readonly index: Index[] }[];
}

/** Neighbouring dimensions that every input has, or broadcasts, alike become one: fewer axes, flatter loops. */
function coalesce(shape: readonly number[], inputs: readonly (readonly number[])[]): Coalesced {
  const groups: { extent: number; present: string }[] = [];
  shape.forEach((extent, dim) => {
    if (extent === 1) return;
    const present = inputs.map((input) => ((input[dim - shape.length + input.length] ?? 1) === 1 ? '0' : '1')).join('');
    const last = groups[groups.length - 1];
    if (last?.present === present) last.extent *= extent;
    else groups.push({ extent, present });
  });
  const reads = inputs.map((_, input) => {
    const view: number[] = [];
    const index: Index[] = [];
    groups.forEach((group, axis) => {
      if (group.present[input] !== '1') return;
      view.push(group.extent);
      index.push(axisIndex(axis));
    });
    return { view, index };
  });
  return { shape: groups.map((group) => group.extent), reads };
}

/** out[i] = body(inputs[i]...), broadcasting. `shape` defaults to the broadcast of the inputs. */
export function elementwise(
  graph: Graph,
  what: string,
  dtype: TfDtype,
  inputs: readonly Value[],
  body: (loop: LoopBuilder, ...lines: number[]) => number,
  shape: readonly number[] = broadcastShapes(...inputs.map((input) => input.shape)),
): Value {
  const flat = coalesce(
    shape,
    inputs.map((input) => input.shape),
  );
  const loop = new LoopBuilder(flat.shape);
  const lines = inputs.map((input, k) => {
    const read = flat.reads[k];
    if (!read) throw new Error(`${what}: input ${k} is missing`);
    return loop.read({ ...input, shape: read.view }, read.index);
  });
  return graph.loop(what, dtype, shape, loop.finish('none', body(loop, ...lines)));
}
