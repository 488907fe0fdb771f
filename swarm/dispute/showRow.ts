/** Shows one row of the dataset under its root (SPEC H6). */
import { sha256 } from '@noble/hashes/sha2.js';
import { hashBytes } from '#swarm/protocol/hex.ts';
import type { Dataset } from '#swarm/training/dataset.ts';
import type { ShownRow } from './court.ts';
import { MerkleTree } from './merkleTree.ts';

const chunkTrees = new WeakMap<Dataset, Promise<MerkleTree>>();

async function rowsOfChunk(dataset: Dataset, chunk: number): Promise<Uint8Array[]> {
  const { rows, rowsPerChunk } = dataset.manifest;
  const first = chunk * rowsPerChunk;
  return dataset.rows(Array.from({ length: Math.min(rowsPerChunk, rows - first) }, (_, k) => first + k));
}

const treeOf = (rows: readonly Uint8Array[]) => new MerkleTree(rows.map((row) => sha256(row)));

/** Reads the whole dataset once: chunk roots stand nowhere but under its root. */
async function chunkTree(dataset: Dataset): Promise<MerkleTree> {
  const roots: Uint8Array[] = [];
  for (let chunk = 0; chunk < dataset.manifest.chunks.length; chunk++) roots.push(hashBytes(treeOf(await rowsOfChunk(dataset, chunk)).root));
  return new MerkleTree(roots);
}

/** Errors: those of the dataset. */
export async function showRow(dataset: Dataset, row: number): Promise<ShownRow> {
  const known = chunkTrees.get(dataset) ?? chunkTree(dataset);
  chunkTrees.set(dataset, known);
  const { rowsPerChunk } = dataset.manifest;
  const chunk = Math.floor(row / rowsPerChunk);
  const rows = await rowsOfChunk(dataset, chunk);
  const within = row % rowsPerChunk;
  return { bytes: rows[within] as Uint8Array, rowPath: treeOf(rows).path(within), chunkPath: (await known).path(chunk) };
}
