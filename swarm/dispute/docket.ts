/** The docket (SPEC D1): a job's facts as the court reads them, one leaf a fact. */
import { sha256 } from '@noble/hashes/sha2.js';
import { DTYPES, encodeOperation, PROFILES, ROLES, SOURCES } from '#engine/program/encodeProgram.ts';
import { hashProgram } from '#engine/program/hashProgram.ts';
import type { DType, InputSource, Profile, Program, StateRole } from '#engine/program/program.ts';
import { u32be } from '#swarm/protocol/bytes.ts';
import { hashBytes, toHash } from '#swarm/protocol/hex.ts';
import type { DatasetManifest, Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';
import { columnBytes, columnElements, rowBytes } from '#swarm/protocol/parseDatasetManifest.ts';
import { ProtocolError } from '#swarm/protocol/protocolError.ts';
import { NONE, tensorRoot } from '#swarm/protocol/stateRoot.ts';
import { scheduleValues } from '#swarm/training/stepInputs.ts';
import { foldPath, MerkleTree, ZERO_HASH } from './merkleTree.ts';
import { watchedTensors } from './watchedTensors.ts';

export interface JobFacts {
  readonly profile: Profile;
  readonly slots: number;
  readonly rounds: number;
  readonly stepsPerRound: number;
  readonly checkpointEvery: number;
  readonly batch: number;
  readonly rows: number;
  readonly rowsPerChunk: number;
  readonly rowBytes: number;
  readonly tensors: number;
  readonly inputs: number;
  readonly state: number;
  readonly operations: number;
  /** Tensors of G: the shared ones, then a momentum of each trained one (H4). */
  readonly globals: number;
  readonly seed: Hash;
  readonly datasetRoot: Hash;
  readonly programHash: Hash;
}

export const ORIGINS = ['input', 'state', 'operation', 'none'] as const;

export interface TensorFacts {
  readonly dtype: DType;
  readonly elements: number;
  readonly origin: (typeof ORIGINS)[number];
  /** In the list of its origin. */
  readonly place: number;
  readonly watched: boolean;
}

export const COLUMN_TYPES = ['u8', 'f32', 'i32'] as const;

export interface InputFacts {
  readonly tensor: number;
  readonly source: InputSource['kind'];
  /** Byte offset in a row, elements a row, and dtype, for a column. */
  readonly offset: number;
  readonly perRow: number;
  readonly columnType: (typeof COLUMN_TYPES)[number];
  readonly scheduleLength: number;
  readonly scheduleRoot: Hash;
}

export interface StateFacts {
  readonly tensor: number;
  readonly next: number;
  readonly role: StateRole;
  readonly fill: number;
  /** Among the shared tensors; NONE for a local one. */
  readonly sharedPlace: number;
}

/** A fact with its path to the docket root. */
export interface Shown<T> {
  readonly fact: T;
  readonly path: readonly Hash[];
}

export interface Facts {
  readonly tensor: TensorFacts;
  readonly input: InputFacts;
  readonly state: StateFacts;
  /** Canonical bytes (P2). */
  readonly operation: Uint8Array;
}
export type FactKind = keyof Facts;

const wordsOf = (hash: Hash): number[] => {
  const view = new DataView(hashBytes(hash).buffer);
  return Array.from({ length: 8 }, (_, k) => view.getUint32(4 * k));
};

export function jobLeaf(job: JobFacts): Uint8Array {
  const { slots, rounds, stepsPerRound, checkpointEvery, batch, rows, rowsPerChunk } = job;
  const sizes = [slots, rounds, stepsPerRound, checkpointEvery, batch, rows, rowsPerChunk, job.rowBytes, job.tensors, job.inputs, job.state, job.operations, job.globals];
  return sha256(u32be(1, PROFILES.indexOf(job.profile), ...sizes, ...wordsOf(job.seed), ...wordsOf(job.datasetRoot), ...wordsOf(job.programHash)));
}

const leafOf: { readonly [K in FactKind]: (fact: Facts[K]) => Uint8Array } = {
  tensor: (fact) => sha256(u32be(DTYPES.indexOf(fact.dtype), fact.elements, ORIGINS.indexOf(fact.origin), fact.place, fact.watched ? 1 : 0)),
  input: (fact) =>
    sha256(u32be(fact.tensor, SOURCES.indexOf(fact.source), fact.offset, fact.perRow, COLUMN_TYPES.indexOf(fact.columnType), fact.scheduleLength, ...wordsOf(fact.scheduleRoot))),
  state: (fact) => sha256(u32be(fact.tensor, fact.next, ROLES.indexOf(fact.role), fact.fill, fact.sharedPlace)),
  operation: (bytes) => sha256(bytes),
};

function placeInDocket(job: JobFacts, kind: FactKind, k: number): number {
  const before = { tensor: 0, input: job.tensors, state: job.tensors + job.inputs, operation: job.tensors + job.inputs + job.state };
  return 1 + before[kind] + k;
}

export function docketCount(job: JobFacts): number {
  return 1 + job.tensors + job.inputs + job.state + job.operations;
}

/** True when these are the job's facts under the docket root. */
export function isJob(root: Hash, job: JobFacts, path: readonly Hash[]): boolean {
  return foldPath(toHash(jobLeaf(job)), 0, docketCount(job), path) === root;
}

/** True when the fact is number `k` of its kind under the docket root. */
export function isShown<K extends FactKind>(root: Hash, job: JobFacts, kind: K, k: number, shown: Shown<Facts[K]>): boolean {
  const size = { tensor: job.tensors, input: job.inputs, state: job.state, operation: job.operations }[kind];
  if (!Number.isInteger(k) || k < 0 || k >= size) return false;
  return foldPath(toHash(leafOf[kind](shown.fact)), placeInDocket(job, kind, k), docketCount(job), shown.path) === root;
}

export interface Docket {
  readonly root: Hash;
  readonly job: JobFacts;
  readonly jobPath: readonly Hash[];
  readonly facts: { readonly [K in FactKind]: readonly Facts[K][] };
  show<K extends FactKind>(kind: K, k: number): Shown<Facts[K]>;
}

/** Errors: ProtocolError where the Program asks for what job and data do not have. */
export function buildDocket(program: Program, spec: JobSpec, manifest: DatasetManifest): Docket {
  const facts = {
    tensor: tensorFacts(program),
    input: program.inputs.map(({ tensor, source }) => inputFacts(tensor, source, manifest, spec)),
    state: stateFacts(program),
    operation: program.operations.map(encodeOperation),
  };
  const { slots, rounds, stepsPerRound, checkpointEvery, batch, seed } = spec;
  const job: JobFacts = {
    profile: program.profile,
    slots,
    rounds,
    stepsPerRound,
    checkpointEvery,
    batch,
    seed,
    rows: manifest.rows,
    rowsPerChunk: manifest.rowsPerChunk,
    rowBytes: rowBytes(manifest),
    datasetRoot: manifest.root,
    tensors: facts.tensor.length,
    inputs: facts.input.length,
    state: facts.state.length,
    operations: facts.operation.length,
    globals: facts.state.reduce((total, { role }) => total + (role === 'trained' ? 2 : role === 'averaged' ? 1 : 0), 0),
    programHash: toHash(hashProgram(program)),
  };
  const leaves = [jobLeaf(job), ...facts.tensor.map(leafOf.tensor), ...facts.input.map(leafOf.input), ...facts.state.map(leafOf.state), ...facts.operation.map(leafOf.operation)];
  const tree = new MerkleTree(leaves);
  return {
    root: tree.root,
    job,
    jobPath: tree.path(0),
    facts,
    show: (kind, k) => {
      const fact = facts[kind][k];
      if (fact === undefined) throw new RangeError(`the docket has no ${kind} ${k}`);
      return { fact: fact as Facts[typeof kind], path: tree.path(placeInDocket(job, kind, k)) };
    },
  };
}

function tensorFacts(program: Program): TensorFacts[] {
  const watched = watchedTensors(program);
  const origins = new Map<number, Pick<TensorFacts, 'origin' | 'place'>>();
  program.inputs.forEach(({ tensor }, place) => origins.set(tensor, { origin: 'input', place }));
  program.state.forEach(({ tensor }, place) => origins.set(tensor, { origin: 'state', place }));
  program.operations.forEach(({ out }, place) => origins.set(out, { origin: 'operation', place }));
  return program.tensors.map(({ dtype, shape }, tensor) => ({
    dtype,
    elements: columnElements(shape),
    ...(origins.get(tensor) ?? { origin: 'none', place: 0 }),
    watched: watched.has(tensor),
  }));
}

function inputFacts(tensor: number, source: InputSource, manifest: DatasetManifest, spec: JobSpec): InputFacts {
  const plain = { tensor, source: source.kind, offset: 0, perRow: 0, columnType: 'u8', scheduleLength: 0, scheduleRoot: ZERO_HASH } as const;
  if (source.kind === 'column') {
    const at = manifest.columns.findIndex((column) => column.name === source.column);
    const column = manifest.columns[at];
    if (!column) throw new ProtocolError(`the program reads column ${source.column}, which the dataset does not have`);
    const offset = manifest.columns.slice(0, at).reduce((total, item) => total + columnBytes(item), 0);
    return { ...plain, offset, perRow: columnElements(column.shape), columnType: column.dtype };
  }
  if (source.kind === 'schedule') {
    const values = scheduleValues(spec, source.name);
    return { ...plain, scheduleLength: values.length, scheduleRoot: toHash(tensorRoot(new Uint32Array(values.buffer, values.byteOffset, values.length))) };
  }
  return plain;
}

function stateFacts(program: Program): StateFacts[] {
  let shared = 0;
  return program.state.map(({ tensor, next, role, fill }) => ({ tensor, next, role, fill, sharedPlace: role === 'local' ? NONE : shared++ }));
}
