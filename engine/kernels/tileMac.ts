/** Chooses the tile of outputs that one invocation of a mac computes, and over how many invocations its blocks are split. */
import type { Operation } from '#engine/program/program.ts';
import type { LaidOperand } from './layOperand.ts';

/** An output axis of which an invocation computes `tile` places, `tiles` apart: neighbours in the grid touch neighbours in memory. */
export interface TiledAxis {
  /** -1 where there is none. */
  readonly axis: number;
  readonly extent: number;
  readonly tile: number;
  readonly tiles: number;
}

export interface MacTiling {
  /** An axis that only the first factor depends on; columns: only the second. */
  readonly rows: TiledAxis;
  readonly columns: TiledAxis;
  /** 1: each invocation does all blocks of its outputs. */
  readonly splits: number;
  readonly blocksPerSplit: number;
}

/** What suits a device: a real GPU wants many invocations, a software one few with much reuse. Bits never depend on it. */
export interface Tuning {
  readonly leastInvocations: number;
  /** Most outputs that one invocation of a mac computes. */
  readonly mostCells: number;
}

/** Software GPUs tell their names, or (Firefox) only that they are a fallback. */
export function tuningFor(deviceName: string, isFallback: boolean): Tuning {
  const software = isFallback || /swiftshader|llvmpipe|lavapipe|basic render/i.test(deviceName);
  return { leastInvocations: software ? 256 : 16_384, mostCells: 32 };
}

/** A load costs about so many multiply-adds. */
const LOAD_COST = 4;
/** Words of block results of a split mac. */
const MOST_BLOCK_RESULTS = 2 ** 24;

const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);

export function tileMac(operation: Operation, [a, b]: readonly [LaidOperand, LaidOperand], blockTerms: number, tuning: Tuning): MacTiling {
  const { shape } = operation;
  const outputs = product(shape);
  const blocks = Math.ceil(product(operation.extents) / blockTerms);
  const only = (one: LaidOperand, other: LaidOperand) => shape.flatMap((extent, axis) => (extent > 1 && one.steps[axis] !== 0 && other.steps[axis] === 0 ? [axis] : []));
  const tilings = (axes: readonly number[]) => [untiled, ...axes.flatMap((axis) => [2, 3, 4, 5, 6, 7, 8].map((tile) => tiled(axis, shape[axis] as number, tile)))];
  let best = { rows: untiled, columns: untiled, invocations: outputs, cost: Number.POSITIVE_INFINITY };
  for (const rows of tilings(only(a, b))) {
    for (const columns of tilings(only(b, a))) {
      const cells = rows.tile * columns.tile;
      const invocations = (((outputs / rows.extent) * rows.tiles) / columns.extent) * columns.tiles;
      if (cells > tuning.mostCells || rows.tiles * (rows.tile - 1) >= rows.extent || columns.tiles * (columns.tile - 1) >= columns.extent) continue;
      const idle = Math.max(1, tuning.leastInvocations / (invocations * Math.max(1, blocks / 2)));
      const cost = invocations * (cells + LOAD_COST * (rows.tile + columns.tile)) * idle;
      if (cost < best.cost) best = { rows, columns, invocations, cost };
    }
  }
  const wanted = Math.min(blocks, Math.ceil(tuning.leastInvocations / best.invocations), Math.floor(MOST_BLOCK_RESULTS / (outputs * blocks)) > 0 ? blocks : 1);
  const blocksPerSplit = Math.ceil(blocks / Math.max(1, wanted));
  return { rows: best.rows, columns: best.columns, splits: Math.max(1, Math.ceil(blocks / blocksPerSplit)), blocksPerSplit };
}

const untiled: TiledAxis = { axis: -1, extent: 1, tile: 1, tiles: 1 };

function tiled(axis: number, extent: number, tile: number): TiledAxis {
  return { axis, extent, tile, tiles: Math.ceil(extent / tile) };
}
