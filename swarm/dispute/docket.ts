/** The docket (SPEC D1): a job's facts as the court reads them, one leaf a fact. */
import { sha256 } from '@noble/hashes/sha2.js';
import { DTYPES, encodeOperation, PROFILES, ROLES, SOURCES } from '#engine/program/encodeProgram.ts';
import { hashProgram } from '#engine/program/hashProgram.ts';
import type { DType, InputSource, Profile, Program, StateRole } from '#engine/program/program.ts';
import { tensorRoot } from '#engine/program/tensorRoot.ts';
import { u32be } from '#swarm/protocol/bytes.ts';
import { hashBytes, toHash } from '#swarm/protocol/hex.ts';
import type { DatasetManifest, Hash, JobSpec } from '#swarm/protocol/jobSpec.ts';
import { columnBytes, columnElements, rowBytes } from '#swarm/protocol/parseDatasetManifest.ts';
import { ProtocolError } from '#swarm/protocol/protocolError.ts';
import { NONE } from '#swarm/protocol/stateRoot.ts';
import { globalSizes, sharedTensors } from '#swarm/training/globalState.ts';
import { outerProgram } from '#swarm/training/outerStep.ts';
import { OUTPUT, OUTPUTS_PER_TENSOR, quantiseProgram, ZERO_EXPONENT } from '#swarm/training/quantiseDelta.ts';
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
  /** Dockets of the protocol's own Programs for this job: its deltas (T4) and its outer step (T5). Zero in those. */
  readonly deltaDocket: Hash;
  readonly outerDocket: Hash;
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

/**
 * Inputs that only the protocol's own Programs have. Tensors: of G_r, of the state that the step begins with, of the proposal of the
 * slot that the step counts. Words: how many slots count, and 1 in the last step.
 */
export const OWN_SOURCES = ['global', 'state', 'proposal', 'counted', 'last'] as const;
export type OwnSource = (typeof OWN_SOURCES)[number];
const FIRST_OWN_SOURCE = 16;
const TENSOR_SOURCES: readonly string[] = ['global', 'state', 'proposal'];

export interface InputFacts {
  readonly tensor: number;
  readonly source: InputSource['kind'] | OwnSource;
  /** Byte offset in a row, elements a row, and dtype, for a column; leaf in the state and number of its leaves, for a tensor of a state. */
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
  const roots = [job.seed, job.datasetRoot, job.programHash, job.deltaDocket, job.outerDocket];
  return sha256(u32be(2, PROFILES.indexOf(job.profile), ...sizes, ...roots.flatMap(wordsOf)));
}

/** True for an input that is a whole tensor of something: its root is compared, not its words. */
export function isTensorSource(source: InputFacts['source']): boolean {
  return TENSOR_SOURCES.includes(source);
}

export function sourceCode(source: InputFacts['source']): number {
  const own = (OWN_SOURCES as readonly string[]).indexOf(source);
  return own >= 0 ? FIRST_OWN_SOURCE + own : (SOURCES as readonly string[]).indexOf(source);
}

const leafOf: { readonly [K in FactKind]: (fact: Facts[K]) => Uint8Array } = {
  tensor: (fact) => sha256(u32be(DTYPES.indexOf(fact.dtype), fact.elements, ORIGINS.indexOf(fact.origin), fact.place, fact.watched ? 1 : 0)),
  input: (fact) =>
    sha256(u32be(fact.tensor, sourceCode(fact.source), fact.offset, fact.perRow, COLUMN_TYPES.indexOf(fact.columnType), fact.scheduleLength, ...wordsOf(fact.scheduleRoot))),
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
  /** Of the Program that makes the job's deltas; null in a docket of the protocol's own. */
  readonly delta: Docket | null;
  /** Of the outer step; as `delta`. */
  readonly outer: Docket | null;
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
  const own = { delta: deltaDocket(program), outer: outerDocket(program, spec) };
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
    globals: globalSizes(sharedTensors(program)).length,
    programHash: toHash(hashProgram(program)),
    deltaDocket: own.delta.root,
    outerDocket: own.outer.root,
  };
  return assemble(job, facts, own);
}

function assemble(job: JobFacts, facts: Docket['facts'], { delta, outer }: Pick<Docket, 'delta' | 'outer'>): Docket {
  const leaves = [jobLeaf(job), ...facts.tensor.map(leafOf.tensor), ...facts.input.map(leafOf.input), ...facts.state.map(leafOf.state), ...facts.operation.map(leafOf.operation)];
  const tree = new MerkleTree(leaves);
  return {
    root: tree.root,
    job,
    jobPath: tree.path(0),
    facts,
    delta,
    outer,
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

/** Facts of a Program that is not a job's: all sizes but its own are zero. */
function ownFacts(program: Program, states: number, globals: number): JobFacts {
  const none = { slots: 0, rounds: 0, stepsPerRound: 0, checkpointEvery: 0, batch: 0, rows: 0, rowsPerChunk: 0, rowBytes: 0 };
  const roots = { seed: ZERO_HASH, datasetRoot: ZERO_HASH, deltaDocket: ZERO_HASH, outerDocket: ZERO_HASH };
  const { tensors, inputs, operations, profile } = program;
  const counts = { tensors: tensors.length, inputs: inputs.length, operations: operations.length };
  return { profile, ...none, ...counts, ...roots, state: states, globals, programHash: toHash(hashProgram(program)) };
}

/**
 * Of `quantiseProgram` (D6 9). Its inputs are tensors of G_r and of the state after the round's last step, in turn. It has no
 * state: the list says what the proposal's tensors are (T6), and what fills them after poison (T7).
 */
function deltaDocket(program: Program): Docket {
  const shared = sharedTensors(program);
  const quantise = quantiseProgram(program);
  const globals = globalSizes(shared).length;
  const plain = { perRow: 0, columnType: 'u8', scheduleLength: 0, scheduleRoot: ZERO_HASH } as const;
  const state = shared.flatMap((_, k): StateFacts[] => {
    const made = (which: number, fill: number): StateFacts => {
      const { tensor } = quantise.outputs[k * OUTPUTS_PER_TENSOR + which] as (typeof quantise.outputs)[number];
      return { tensor, next: tensor, role: 'local', fill: fill >>> 0, sharedPlace: NONE };
    };
    return [made(OUTPUT.exponent, ZERO_EXPONENT), made(OUTPUT.quantised, 0)];
  });
  const facts = {
    tensor: tensorFacts(quantise),
    input: quantise.inputs.map(({ tensor }, place): InputFacts => {
      const { stateIndex } = shared[place >> 1] as (typeof shared)[number];
      return place % 2 === 0
        ? { ...plain, tensor, source: 'global', offset: 1 + (place >> 1), perRow: 1 + globals }
        : { ...plain, tensor, source: 'state', offset: 1 + stateIndex, perRow: 1 + program.state.length };
    }),
    state,
    operation: quantise.operations.map(encodeOperation),
  };
  return assemble(ownFacts(quantise, state.length, globals), facts, NO_OTHERS);
}

const NO_OTHERS = { delta: null, outer: null };

/** Of `outerProgram` (D6 10): exponents and values of each tensor of a counted slot's proposal, then the two words. Its state is G, then the sums. */
function outerDocket(program: Program, spec: JobSpec): Docket {
  const shared = sharedTensors(program);
  const outer = outerProgram(program, spec.outer);
  const globals = globalSizes(shared).length;
  const plain = { offset: 0, perRow: 0, columnType: 'u8', scheduleLength: 0, scheduleRoot: ZERO_HASH } as const;
  const leaves = 1 + 2 * shared.length;
  const facts = {
    tensor: tensorFacts(outer),
    input: outer.inputs.map(({ tensor }, place): InputFacts => {
      if (place < leaves - 1) return { ...plain, tensor, source: 'proposal', offset: 1 + place, perRow: leaves };
      return { ...plain, tensor, source: place === leaves - 1 ? 'counted' : 'last' };
    }),
    state: outer.state.map(({ tensor, next, role, fill }, k): StateFacts => ({ tensor, next, role, fill, sharedPlace: k < globals ? k : NONE })),
    operation: outer.operations.map(encodeOperation),
  };
  return assemble(ownFacts(outer, facts.state.length, globals), facts, NO_OTHERS);
}
