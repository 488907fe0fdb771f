/** The court (SPEC D3, D4): opens words under roots, and executes one point of one operation, or says what an input must be. The oracle of the one in Solidity. */
import { sha256 } from '@noble/hashes/sha2.js';
import { canon, isFinite32 } from '#engine/numerics/canon.ts';
import { decodeOperation } from '#engine/program/decodeProgram.ts';
import type { Operation } from '#engine/program/program.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { epochKeys, permuteRow } from '#swarm/training/sampleRows.ts';
import { seedWords } from '#swarm/training/stepInputs.ts';
import { type InputFacts, isShown, type JobFacts, type Shown, type TensorFacts } from './docket.ts';
import { evaluatePoint, type Point, type PointValue } from './evaluatePoint.ts';
import { foldPath } from './merkleTree.ts';
import { require } from './refusal.ts';

export const PIECE_BYTES = 1024;
export const PIECE_WORDS = 256;

/** What words are opened under: the roots of one step, and the job's facts. */
export interface Ground {
  readonly docketRoot: Hash;
  readonly job: JobFacts;
  readonly before: Hash;
  readonly inputs: Hash;
  readonly trace: Hash;
}

export interface ShownWord {
  readonly piece: Uint8Array;
  readonly piecePath: readonly Hash[];
  /** Path of the tensor's root in the list of its origin. */
  readonly rootPath: readonly Hash[];
}

/** What the reads of one point need: the fact of every read's tensor, then the words of those that are inside, in order. */
export interface ShownPoint {
  readonly facts: readonly Shown<TensorFacts>[];
  readonly words: readonly ShownWord[];
}

export interface ShownRow {
  readonly bytes: Uint8Array;
  readonly rowPath: readonly Hash[];
  readonly chunkPath: readonly Hash[];
}

/** Where in the job a step stands; `step` counts in the round. */
export interface StepOfRound {
  readonly round: number;
  readonly slot: number;
  readonly step: number;
  /** Of an outer step: how many slots count. */
  readonly counted?: number | null;
}

export const piecesOf = (elements: number) => Math.ceil(elements / PIECE_WORDS);

/** Bits of word `element mod 256` of a piece. */
export function wordOfPiece(piece: Uint8Array, element: number): number {
  return new DataView(piece.buffer, piece.byteOffset, piece.byteLength).getUint32(4 * (element % PIECE_WORDS), true);
}

/** Root of the tensor of which this is the piece that holds `element`. Errors: Refusal. */
export function rootOfPiece(elements: number, element: number, piece: Uint8Array, path: readonly Hash[]): Hash {
  require(piece.length === PIECE_BYTES, `a piece has ${PIECE_BYTES} bytes`);
  const root = foldPath(toHash(sha256(piece)), Math.floor(element / PIECE_WORDS), piecesOf(elements), path);
  require(root !== null, 'the path of the piece has not the shape of its tensor');
  return root;
}

/** True when `root` is that of the tensor in the step's lists. Of operations only those before `limit`. */
export function isTensorRoot(ground: Ground, fact: TensorFacts, root: Hash, path: readonly Hash[], limit: number): boolean {
  const { job } = ground;
  switch (fact.origin) {
    case 'input':
      return foldPath(root, fact.place, job.inputs, path) === ground.inputs;
    case 'state':
      return foldPath(root, 1 + fact.place, 1 + job.state, path) === ground.before;
    case 'operation':
      return fact.place < limit && foldPath(root, fact.place, job.operations, path) === ground.trace;
    case 'none':
      return false;
  }
}

/** D3. Errors: Refusal. */
export function openWord(ground: Ground, fact: TensorFacts, element: number, shown: ShownWord, limit: number): number {
  require(element < fact.elements, 'there is no such element');
  const root = rootOfPiece(fact.elements, element, shown.piece, shown.piecePath);
  require(isTensorRoot(ground, fact, root, shown.rootPath, limit), 'a word is not of the tensor that is read');
  return wordOfPiece(shown.piece, element);
}

/** An operation shown by its bytes. Errors: Refusal. */
export function openOperation(ground: Pick<Ground, 'docketRoot' | 'job'>, k: number, shown: Shown<Uint8Array>): Operation {
  require(isShown(ground.docketRoot, ground.job, 'operation', k, shown), `operation ${k} is another one`);
  return decodeOperation(shown.fact, k);
}

/** D4: operation `k` at one point, from the words to its left. Errors: Refusal. */
export function executePoint(ground: Ground, k: number, operation: Operation, point: Point, shown: ShownPoint): PointValue {
  require(shown.facts.length === operation.reads.length, 'every read needs the fact of its tensor');
  shown.facts.forEach((fact, read) =>
    require(isShown(ground.docketRoot, ground.job, 'tensor', operation.reads[read]?.tensor ?? -1, fact), `read ${read}: its tensor is another one`),
  );
  let used = 0;
  const value = evaluatePoint(
    operation,
    shown.facts.map(({ fact }) => fact.dtype),
    point,
    (read, element) => {
      const word = shown.words[used++];
      require(word !== undefined, `read ${read}: its word is missing`);
      return openWord(ground, (shown.facts[read] as Shown<TensorFacts>).fact, element, word, k);
    },
  );
  require(used === shown.words.length, 'more words are shown than are read');
  return value;
}

const f32 = new Float32Array(1);
const f32Bits = new Uint32Array(f32.buffer);

/** T1: the row of batch element b. */
function rowOf(job: JobFacts, place: StepOfRound, b: number): number {
  const p = ((place.round * job.slots + place.slot) * job.stepsPerRound + place.step) * job.batch + b;
  return permuteRow(epochKeys(job.seed, Math.floor(p / job.rows)), p % job.rows, job.rows);
}

function openRow(job: JobFacts, row: number, shown: ShownRow): Uint8Array {
  require(shown.bytes.length === job.rowBytes, `a row has ${job.rowBytes} bytes`);
  const chunk = Math.floor(row / job.rowsPerChunk);
  const rows = Math.min(job.rowsPerChunk, job.rows - chunk * job.rowsPerChunk);
  const chunkRoot = foldPath(toHash(sha256(shown.bytes)), row % job.rowsPerChunk, rows, shown.rowPath);
  const root = chunkRoot && foldPath(chunkRoot, chunk, Math.ceil(job.rows / job.rowsPerChunk), shown.chunkPath);
  require(root === job.datasetRoot, `this is not row ${row} of the dataset`);
  return shown.bytes;
}

/** The bits that T1 and T3 give for one element of an input. Errors: Refusal. */
export function inputWord(
  job: JobFacts,
  place: StepOfRound,
  fact: InputFacts,
  tensor: TensorFacts,
  element: number,
  shown: { readonly row: ShownRow | null; readonly schedule: ShownWord | null },
): number {
  const globalStep = place.round * job.stepsPerRound + place.step;
  switch (fact.source) {
    case 'column': {
      require(shown.row !== null, 'the row is missing');
      const bytes = openRow(job, rowOf(job, place, Math.floor(element / fact.perRow)), shown.row);
      return columnWord(bytes, fact, tensor, element % fact.perRow);
    }
    case 'step':
      return globalStep;
    case 'seed':
      return seedWords(job.seed, place.round, place.slot)[element] as number;
    case 'schedule': {
      require(shown.schedule !== null, 'the piece of the schedule is missing');
      require(rootOfPiece(fact.scheduleLength, globalStep, shown.schedule.piece, shown.schedule.piecePath) === fact.scheduleRoot, 'this is another schedule');
      return canon(wordOfPiece(shown.schedule.piece, globalStep));
    }
    case 'counted':
      f32[0] = place.counted ?? 0;
      return f32Bits[0] as number;
    case 'last':
      return place.step + 1 === place.counted ? 1 : 0;
    case 'global':
    case 'state':
    case 'proposal':
    case 'argument':
      require(false, 'no word of this input follows from a rule');
  }
}

function columnWord(row: Uint8Array, fact: InputFacts, tensor: TensorFacts, k: number): number {
  const view = new DataView(row.buffer, row.byteOffset, row.byteLength);
  const raw = fact.columnType === 'u8' ? view.getUint8(fact.offset + k) : view.getUint32(fact.offset + 4 * k, true);
  if (tensor.dtype !== 'f32') return raw;
  if (fact.columnType !== 'u8') return canon(raw);
  f32[0] = raw;
  return f32Bits[0] as number;
}

/** D8. */
export type Witness =
  | { readonly kind: 'nonfinite'; readonly tensor: number; readonly fact: Shown<TensorFacts>; readonly element: number; readonly word: ShownWord }
  | { readonly kind: 'index'; readonly operation: number; readonly bytes: Shown<Uint8Array>; readonly point: Point; readonly shown: ShownPoint };

const product = (shape: readonly number[]) => shape.reduce((total, extent) => total * extent, 1);

/** True when the witness shows that the step is poison. Errors: Refusal where it proves nothing. */
export function isPoison(ground: Ground, witness: Witness): boolean {
  if (witness.kind === 'nonfinite') {
    const { fact } = witness.fact;
    require(isShown(ground.docketRoot, ground.job, 'tensor', witness.tensor, witness.fact) && fact.watched, 'the tensor is not one that is watched');
    return !isFinite32(openWord(ground, fact, witness.element, witness.word, ground.job.operations));
  }
  const operation = openOperation(ground, witness.operation, witness.bytes);
  const { element, term } = witness.point;
  require(element < product(operation.shape) && term < product(operation.extents), 'there is no such point');
  return executePoint(ground, witness.operation, operation, witness.point, witness.shown).outside !== null;
}
