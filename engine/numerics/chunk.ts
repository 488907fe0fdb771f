/** One register of a body: the same words seen as each dtype. */
export interface Chunk {
  readonly u: Uint32Array;
  readonly i: Int32Array;
  readonly f: Float32Array;
}

/** Points of the iteration space that one pass of a body handles. */
export const CHUNK = 4096;

export function newChunk(size = CHUNK): Chunk {
  const buffer = new ArrayBuffer(size * 4);
  return { u: new Uint32Array(buffer), i: new Int32Array(buffer), f: new Float32Array(buffer) };
}
