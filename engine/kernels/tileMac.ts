/** Chooses the tile of outputs that one invocation of a mac computes, and over how many invocations its blocks are split. */
import type { Operation } from '#engine/program/program.ts';
import type { LaidOperand } from './layOperand.ts';

/** An output axis of which an invocation computes `tile` places, some way apart: neighbours in the grid touch neighbours in memory. */
export interface TiledAxis {
  /** -1 where there is none. */
  readonly axis: number;
  readonly extent: number;
  readonly tile: number;
  /** How many invocations there are along the axis. */
  readonly tiles: number;
  readonly apart: number;
  /** The furthest place at which an invocation begins. */
  readonly last: number;
}

export interface MacTiling {
  /** Whether operands go through workgroup memory (emitGroupMac.ts): invocations then stand in squares of GROUP_SIDE. */
  readonly grouped: boolean;
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
  /** Whether operands go through workgroup memory, where a product is big enough. */
  readonly workgroupMemory: boolean;
}

/** Software GPUs tell their names, or (Firefox) only that they are a fallback. */
export function tuningFor(deviceName: string, isFallback: boolean): Tuning {
  const software = isFallback || /swiftshader|llvmpipe|lavapipe|basic render/i.test(deviceName);
  return { leastInvocations: software ? 256 : 16_384, mostCells: 32, workgroupMemory: false };
}

/** Rows and columns of a workgroup's invocations. */
export const GROUP_SIDE = 8;
/** A load costs about so many multiply-adds. */
const LOAD_COST = 4;
/** Outputs that a grouped tiling computes, over those that there are. */
const MOST_WASTE = 1.5;
/** Words of block results of a split mac. */
const MOST_BLOCK_RESULTS = 2 ** 24;

const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);

/** Both axes and what they come to. */
interface Tile {
  readonly grouped: boolean;
  readonly rows: TiledAxis;
  readonly columns: TiledAxis;
  readonly invocations: number;
}

/** `isPlain`: a factor is the word in memory, whatever its block; others do not go through workgroup memory. */
export function tileMac(operation: Operation, operands: readonly [LaidOperand, LaidOperand], blockTerms: number, isPlain: boolean, tuning: Tuning): MacTiling {
  const outputs = product(operation.shape);
  const blocks = Math.ceil(product(operation.extents) / blockTerms);
  const tiles = tilesOf(operation.shape, operands, tuning.mostCells, tuning.workgroupMemory && isPlain);
  const costOf = ({ rows, columns, invocations }: Tile) => {
    const idle = Math.max(1, tuning.leastInvocations / (invocations * Math.max(1, blocks / 2)));
    return invocations * (rows.tile * columns.tile + LOAD_COST * (rows.tile + columns.tile)) * idle;
  };
  const best = tiles.reduce((so, tile) => (costOf(tile) < costOf(so) ? tile : so));
  const wanted = Math.min(blocks, Math.ceil(tuning.leastInvocations / best.invocations), Math.floor(MOST_BLOCK_RESULTS / (outputs * blocks)) > 0 ? blocks : 1);
  const blocksPerSplit = Math.ceil(blocks / Math.max(1, wanted));
  return { grouped: best.grouped, rows: best.rows, columns: best.columns, splits: Math.max(1, Math.ceil(blocks / blocksPerSplit)), blocksPerSplit };
}

/** All that may be chosen from: grouped ones only, where there are any. */
function tilesOf(shape: readonly number[], [a, b]: readonly [LaidOperand, LaidOperand], mostCells: number, grouped: boolean): Tile[] {
  const outputs = product(shape);
  const only = (one: LaidOperand, other: LaidOperand) => shape.flatMap((extent, axis) => (extent > 1 && one.steps[axis] !== 0 && other.steps[axis] === 0 ? [axis] : []));
  const sides = (axes: readonly number[]) => {
    const made = axes.flatMap((axis) => [1, 2, 3, 4, 5, 6, 7, 8].map((tile) => (grouped ? inGroups : alone)(axis, shape[axis] as number, tile)));
    return grouped ? made : [untiled, ...made.filter(({ tile, tiles, extent }) => tile > 1 && tiles * (tile - 1) < extent)];
  };
  const columnSides = sides(only(b, a));
  const tiles = sides(only(a, b)).flatMap((rows) =>
    columnSides.map((columns): Tile => ({ grouped, rows, columns, invocations: (((outputs / rows.extent) * rows.tiles) / columns.extent) * columns.tiles })),
  );
  const fit = tiles.filter(({ rows, columns, invocations }) => {
    const cells = rows.tile * columns.tile;
    return cells <= mostCells && (!grouped || invocations * cells <= MOST_WASTE * outputs);
  });
  return grouped && fit.length === 0 ? tilesOf(shape, [a, b], mostCells, false) : fit;
}

const untiled: TiledAxis = { axis: -1, extent: 1, tile: 1, tiles: 1, apart: 1, last: 0 };

/** Every invocation for itself: neighbours begin side by side, and their places are as far apart as there are invocations. */
function alone(axis: number, extent: number, tile: number): TiledAxis {
  const tiles = Math.ceil(extent / tile);
  return { axis, extent, tile, tiles, apart: tiles, last: tiles - 1 };
}

/** GROUP_SIDE invocations after each other share a stretch of the axis. */
function inGroups(axis: number, extent: number, tile: number): TiledAxis {
  const groups = Math.ceil(extent / (tile * GROUP_SIDE));
  return { axis, extent, tile, tiles: groups * GROUP_SIDE, apart: GROUP_SIDE, last: (groups - 1) * tile * GROUP_SIDE + GROUP_SIDE - 1 };
}
