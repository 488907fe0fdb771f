/** Chooses the tile of outputs that one invocation of a mac computes, and over how many invocations its blocks are split. */
import type { Operation } from '#engine/program/program.ts';
import type { LaidOperand } from './layOperand.ts';
import { givesQuads, type Loads, loadsOf, QUAD } from './quads.ts';

/** An output axis of which an invocation computes `tile` places, in runs some way apart: neighbours in the grid touch neighbours in memory. */
export interface TiledAxis {
  /** -1 where there is none. */
  readonly axis: number;
  readonly extent: number;
  readonly tile: number;
  /** Places after each other: 1, or 4 for memory in fours. */
  readonly run: number;
  /** How many invocations there are along the axis. */
  readonly tiles: number;
  /** From one run to the next. */
  readonly apart: number;
  /** The furthest place at which an invocation begins. */
  readonly last: number;
}

/** Where a tile's place is, from where its invocation begins. */
export const placeOffset = ({ run, apart }: TiledAxis, place: number) => Math.floor(place / run) * apart + (place % run);

export interface MacTiling {
  /** Whether operands go through workgroup memory (emitGroupMac.ts): invocations then stand in squares of GROUP_SIDE. */
  readonly grouped: boolean;
  /** How each operand's words come, where memory is read and written in fours; null where it is not. */
  readonly loads: readonly [Loads, Loads] | null;
  /** An axis that only the first factor depends on; columns: only the second. */
  readonly rows: TiledAxis;
  readonly columns: TiledAxis;
  /** 1: each invocation does all blocks of its outputs. */
  readonly splits: number;
  readonly blocksPerSplit: number;
}

/** No device is tuned to more cells than that: compiling them takes long. */
export const MOST_CELLS = 128;

/** What suits a device: a real GPU wants many invocations, a software one few with much reuse. Bits never depend on it. */
export interface Tuning {
  readonly leastInvocations: number;
  /** Most outputs that one invocation of a mac computes. */
  readonly mostCells: number;
  /** Whether operands go through workgroup memory, where a product is big enough. */
  readonly workgroupMemory: boolean;
  /** Whether operations without a reduction do four elements an invocation. */
  readonly mapsInFours: boolean;
}

/** Software GPUs tell their names, or (Firefox) only that they are a fallback. SwiftShader is slower with long bodies, lavapipe with many invocations. */
export function tuningFor(deviceName: string, isFallback: boolean): Tuning {
  const software = isFallback || /swiftshader|llvmpipe|lavapipe|basic render/i.test(deviceName);
  const mapsInFours = software && !/swiftshader/i.test(deviceName);
  return { leastInvocations: software ? 256 : 16_384, mostCells: software ? 64 : 32, workgroupMemory: false, mapsInFours };
}

/** Rows and columns of a workgroup's invocations. */
export const GROUP_SIDE = 8;
/** What loading a word costs, in multiply-adds: alone, and as one of four. */
const LOAD_COST: Readonly<Record<Loads, number>> = { words: 12, terms: 5, places: 5 };
/** What an output's block costs where blocks are split: its result goes through memory. */
const SPLIT_COST = 24;
/** Outputs that a grouped tiling computes, over those that there are. */
const MOST_WASTE = 1.5;
/** Words of block results of a split mac. */
const MOST_BLOCK_RESULTS = 2 ** 24;

const product = (extents: readonly number[]) => extents.reduce((all, extent) => all * extent, 1);

/** Both axes and what they come to. */
interface Tile extends Pick<MacTiling, 'grouped' | 'loads' | 'rows' | 'columns'> {
  readonly invocations: number;
}

/** `isPlain`: a factor is the word in memory, whatever its block; others do not go through workgroup memory, nor come in fours. */
export function tileMac(operation: Operation, operands: readonly [LaidOperand, LaidOperand], blockTerms: number, isPlain: boolean, tuning: Tuning): MacTiling {
  const outputs = product(operation.shape);
  const blocks = Math.ceil(product(operation.extents) / blockTerms);
  const costOf = ({ rows, columns, loads, invocations }: Tile) => {
    const idle = Math.max(1, tuning.leastInvocations / (invocations * Math.max(1, blocks / 2)));
    const [rowLoad, columnLoad] = loads ?? (['words', 'words'] as const);
    const multiplying = invocations * (rows.tile * columns.tile + LOAD_COST[rowLoad] * rows.tile + LOAD_COST[columnLoad] * columns.tile) * blockTerms * idle;
    return multiplying + (invocations < tuning.leastInvocations && blocks > 1 ? outputs * SPLIT_COST : 0);
  };
  const best = tilesFor(operation, operands, isPlain, tuning).reduce((so, tile) => (costOf(tile) < costOf(so) ? tile : so));
  const wanted = Math.min(blocks, Math.ceil(tuning.leastInvocations / best.invocations), Math.floor(MOST_BLOCK_RESULTS / (outputs * blocks)) > 0 ? blocks : 1);
  const blocksPerSplit = Math.ceil(blocks / Math.max(1, wanted));
  const { grouped, loads, rows, columns } = best;
  return { grouped, loads, rows, columns, splits: Math.max(1, Math.ceil(blocks / blocksPerSplit)), blocksPerSplit };
}

/** All that may be chosen from: grouped ones only, where there are any. */
function tilesFor(operation: Operation, operands: readonly [LaidOperand, LaidOperand], isPlain: boolean, { mostCells, workgroupMemory }: Tuning): Tile[] {
  const { shape } = operation;
  const outputs = product(shape);
  const [a, b] = operands;
  const only = (one: LaidOperand, other: LaidOperand) => shape.flatMap((extent, axis) => (extent > 1 && one.steps[axis] !== 0 && other.steps[axis] === 0 ? [axis] : []));
  const [rowAxes, columnAxes] = [only(a, b), only(b, a)];
  const sides = (axes: readonly number[], make: MakeSide) => axes.flatMap((axis) => TILES.map((tile) => make(axis, shape[axis] as number, tile)));
  const pairs = (rows: readonly TiledAxis[], columns: readonly TiledAxis[], loads: Tile['loads'], grouped: boolean) =>
    rows.flatMap((row) =>
      columns.map((column): Tile => ({ grouped, loads, rows: row, columns: column, invocations: (((outputs / row.extent) * row.tiles) / column.extent) * column.tiles })),
    );
  const cells = ({ rows, columns }: Tile) => rows.tile * columns.tile;
  if (workgroupMemory && isPlain) {
    const grouped = pairs(sides(rowAxes, inGroups), sides(columnAxes, inGroups), null, true);
    const fit = grouped.filter((tile) => cells(tile) <= mostCells && tile.invocations * cells(tile) <= MOST_WASTE * outputs);
    if (fit.length > 0) return fit;
  }
  const wide = (axes: readonly number[]) => [untiled, ...sides(axes, alone).filter(isWanted)];
  const inFours = (isPlain ? columnAxes.filter((axis) => givesQuads(operation, axis)) : []).flatMap((columnAxis) =>
    [-1, ...rowAxes].flatMap((rowAxis) => {
      const loads = [loadsOf(operation, operands, 0, rowAxis), loadsOf(operation, operands, 1, columnAxis)] as const;
      if (loads.every((one) => one === 'words')) return [];
      const rows = rowAxis < 0 ? [untiled] : sides([rowAxis], loads[0] === 'places' ? inRuns : alone).filter(isWanted);
      return pairs(rows, sides([columnAxis], inRuns).filter(isWanted), loads, false);
    }),
  );
  return [...pairs(wide(rowAxes), wide(columnAxes), null, false), ...inFours].filter((tile) => cells(tile) <= mostCells);
}

type MakeSide = (axis: number, extent: number, tile: number) => TiledAxis;

const TILES = [1, 2, 3, 4, 5, 6, 7, 8, 12, 16];

/** Whether tiles are more than one place, in whole runs, and no run of theirs is beyond the end for all invocations. */
const isWanted = ({ tile, tiles, extent, run }: TiledAxis) => tile > 1 && tile % run === 0 && tiles * (tile - run) < extent;

const untiled: TiledAxis = { axis: -1, extent: 1, tile: 1, run: 1, tiles: 1, apart: 1, last: 0 };

/** Every invocation for itself: neighbours begin side by side, and their places are as far apart as there are invocations. */
const alone: MakeSide = (axis, extent, tile) => runsOf(axis, extent, tile, 1);
/** The same in fours: for extents that are multiples of four. */
const inRuns: MakeSide = (axis, extent, tile) => runsOf(axis, extent, tile, QUAD);

function runsOf(axis: number, extent: number, tile: number, run: number): TiledAxis {
  const tiles = Math.ceil(extent / tile);
  return { axis, extent, tile, run, tiles, apart: tiles * run, last: (tiles - 1) * run };
}

/** GROUP_SIDE invocations after each other share a stretch of the axis. */
function inGroups(axis: number, extent: number, tile: number): TiledAxis {
  const groups = Math.ceil(extent / (tile * GROUP_SIDE));
  return { axis, extent, tile, run: 1, tiles: groups * GROUP_SIDE, apart: GROUP_SIDE, last: (groups - 1) * tile * GROUP_SIDE + GROUP_SIDE - 1 };
}
