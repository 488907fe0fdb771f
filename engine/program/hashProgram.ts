/** Program hash (SPEC P2): Merkle root over the hashes of the header and of each operation, so one operation can be shown. */
import { encodeHeader, encodeOperation } from './encodeProgram.ts';
import { merkleRoot } from './merkle.ts';
import type { Program } from './program.ts';
import { sha256 } from './sha256.ts';

export function hashProgram(program: Program): Uint8Array {
  return merkleRoot([encodeHeader(program), ...program.operations.map(encodeOperation)].map((part) => sha256(part)));
}
