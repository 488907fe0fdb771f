/** An account of a round with one lie in it, and all that follows from the lie worked out as an honest party would. */
import { sha256 } from '@noble/hashes/sha2.js';
import { isFinite32 } from '#engine/numerics/canon.ts';
import type { Bits } from '#engine/program/executor.ts';
import type { Operation, Program } from '#engine/program/program.ts';
import type { RandomWords } from '#engine/program/randomWords.ts';
import { hashBytes } from '#swarm/protocol/hex.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { sharedTensors, startState } from '#swarm/training/globalState.ts';
import { quantiseProgram } from '#swarm/training/quantiseDelta.ts';
import { Account, type RoundMaterial, type StepRecord } from '../account.ts';
import { evaluatePoint } from '../evaluatePoint.ts';
import { MerkleTree } from '../merkleTree.ts';
import type { Prefix, PrefixMachine } from '../prefixMachine.ts';
import { readTypes, type StepTrace, type StepTracer } from '../traceStep.ts';
import { type AccountLie, ARITHMETIC_LIES, DELTA_LIES } from './lies.ts';

type Told = { trace: StepTrace; after: readonly Bits[] | null };
type WordAt = (read: number, place: number, term: number) => number;

/** One lie about arithmetic: in which word, and the prefixes that lead to it. */
interface Twist {
  readonly operation: number;
  readonly element: number;
  readonly value: number;
  readonly prefixes: readonly Prefix[] | null;
}

const product = (shape: readonly number[]) => shape.reduce((total, extent) => total * extent, 1);
const NAN_WORDS = [0x7fc00000, 0x7fc00001, 0xffc00000, 0x7f800001];
const DENORMALS = [1, 0x00400000, 0x007fffff, 0x00800000, 0x80000001];

export class LyingAccount extends Account {
  readonly #kind: AccountLie;
  readonly #random: RandomWords;
  readonly #step: number;
  readonly #operation: number;
  #twist: Twist | null = null;
  readonly #states = new Map<number, readonly Bits[]>();
  readonly #toldOnce = new Map<string, unknown>();

  constructor(material: RoundMaterial, kind: AccountLie, random: RandomWords, salt: (checkpoint: number) => Hash) {
    super(material, salt);
    this.#kind = kind;
    this.#random = random;
    const { stepsPerRound, checkpointEvery } = material.spec;
    // Lies that the next step heals must be told where a checkpoint sees them.
    const healed = kind === 'wrong header' || kind === 'non-zero padding';
    this.#step = healed ? (1 + random.below(stepsPerRound / checkpointEvery)) * checkpointEvery - 1 : random.below(stepsPerRound);
    const fitting = fittingOperations(kind, material.program);
    this.#operation = fitting.length > 0 ? random.pick(fitting) : 0;
    if (kind === 'wrong start') this.know(0, this.#altered(startState(material.program, material.globalState)));
  }

  protected override tellStep(step: number, state: readonly Bits[], inputs: readonly Bits[]): Told {
    this.#states.set(step, state);
    if (this.#kind === 'hidden poison') {
      const trace = this.tracer.trace(state, inputs);
      return { trace, after: trace.after };
    }
    if (step !== this.#step) return super.tellStep(step, state, inputs);
    if (this.#kind === 'false poison' || (ARITHMETIC_LIES as readonly string[]).includes(this.#kind)) {
      const trace = this.tracer.trace(state, inputs, (k, tensors) => {
        if (k === this.#operation) this.#bend(tensors);
      });
      return { trace, after: trace.poison ? null : trace.after };
    }
    if (this.#kind === 'stale state') return super.tellStep(step, this.#stale(state), inputs);
    const told = super.tellStep(step, state, inputs);
    return this.#kind === 'state not of the trace' && told.after ? { ...told, after: this.#altered(told.after) } : told;
  }

  override async inputsAt(step: number): Promise<readonly Bits[]> {
    const inputs = await super.inputsAt(step);
    if (step !== this.#step) return inputs;
    const sources = this.material.program.inputs.map(({ source }) => source.kind);
    if (this.#kind === 'swapped batch rows') return inputs.map((bits, k) => (sources[k] === 'column' ? swapRows(bits, this.material.spec.batch) : bits));
    if (this.#kind !== 'wrong generator counter') return inputs;
    return inputs.map((bits, k) => (sources[k] === 'step' || sources[k] === 'seed' ? bits.map((word) => (word + 1) >>> 0) : bits));
  }

  override async stateAt(step: number): Promise<readonly Bits[] | null> {
    const state = await super.stateAt(step);
    return state === null && this.#kind === 'risen from poison' && step === this.material.spec.stepsPerRound ? await super.stateAt(0) : state;
  }

  protected override leavesOf(step: number, state: readonly Bits[]): Uint8Array[] {
    const leaves = super.leavesOf(step, state);
    if (step !== this.#step + 1) return leaves;
    if (this.#kind === 'wrong header') leaves[0] = sha256(leaves[0] as Uint8Array);
    if (this.#kind !== 'non-zero padding') return leaves;
    const out = this.material.program.operations[this.#operation]?.out;
    this.material.program.state.forEach(({ next }, k) => {
      const padded = next === out ? paddedTree(state[k] as Bits) : null;
      if (padded) leaves[1 + k] = hashBytes(padded.tree.root);
    });
    return leaves;
  }

  override async recordOf(step: number): Promise<StepRecord> {
    const record = await super.recordOf(step);
    const out = this.material.program.operations[this.#operation]?.out as number;
    const padded = this.#kind === 'non-zero padding' && step === this.#step ? paddedTree(record.trace.tensors[out] as Bits) : null;
    if (!padded) return record;
    const tensorTree = (tensor: number) => (tensor === out ? padded.tree : record.tensorTree(tensor));
    return {
      ...record,
      tensorTree,
      traceTree: new MerkleTree(this.material.program.operations.map((operation) => hashBytes(tensorTree(operation.out).root))),
      pieceOf: (tensor, piece) => (tensor === out && piece === padded.last ? padded.piece : record.pieceOf(tensor, piece)),
    };
  }

  override tellDelta(tracer: StepTracer, inputs: readonly Bits[]): ReturnType<Account['tellDelta']> {
    const told = super.tellDelta(tracer, inputs);
    switch (this.#kind) {
      case 'delta not of its step':
        return told.tensors ? { ...told, tensors: this.#once('proposal', () => this.#altered(told.tensors as readonly Bits[])) } : told;
      case 'delta said to be poison':
        return { ...told, tensors: null };
      case 'delta of other weights':
        return super.tellDelta(
          tracer,
          this.#once('weights', () => this.#altered(inputs)),
        );
      case 'wrong quantisation': {
        const bent = this.#once('bent', () => this.#random.word());
        const trace = tracer.trace([], inputs, (k, tensors) => {
          const { operations } = quantiseProgram(this.material.program);
          const bits = tensors[operations[k]?.out ?? -1] as Bits;
          // A bit that stays in a byte, or makes another float.
          if (k === bent % operations.length) bits[bent % bits.length] = ((bits[bent % bits.length] as number) ^ (1 << (bent % 23))) >>> 0;
        });
        return { trace, tensors: trace.poison ? null : (this.material.docket.delta?.facts.state.map(({ next }) => trace.tensors[next] as Bits) ?? null) };
      }
      default:
        return told;
    }
  }

  override tellPoisonedDelta(nothing: readonly Bits[]): readonly Bits[] {
    return this.#kind === 'gift after poison' ? this.#once('gift', () => this.#altered(nothing)) : nothing;
  }

  override deltaHeader(tensors: number): Uint8Array {
    const header = super.deltaHeader(tensors);
    return this.#kind === 'delta with a wrong header' ? sha256(header) : header;
  }

  /** A lie once told stays the same. */
  #once<T>(name: string, tell: () => T): T {
    if (!this.#toldOnce.has(name)) this.#toldOnce.set(name, tell());
    return this.#toldOnce.get(name) as T;
  }

  override prefixesOf(record: StepRecord, k: number, element: number): Prefix[] {
    const twist = this.#twist;
    const twisted = twist?.prefixes && record.step === this.#step && k === twist.operation && element === twist.element;
    return twisted ? [...(twist.prefixes as readonly Prefix[])] : super.prefixesOf(record, k, element);
  }

  #altered(state: readonly Bits[]): Bits[] {
    const slot = this.#random.below(state.length);
    return state.map((bits, k) => {
      if (k !== slot) return bits;
      const wrong = bits.slice();
      const place = this.#random.below(wrong.length);
      wrong[place] = ((wrong[place] as number) ^ 0x01000000) >>> 0;
      return wrong;
    });
  }

  #stale(state: readonly Bits[]): readonly Bits[] {
    const before = this.#states.get(this.#step - 1);
    return before ? state.map((bits, k) => before[k] ?? bits) : state;
  }

  /** Writes the wrong word into the operation's output. Decided once, so that the same step is told alike again. */
  #bend(tensors: readonly Bits[]): void {
    this.#twist ??= this.#choose(tensors);
    if (!this.#twist) return;
    const out = tensors[this.material.program.operations[this.#operation]?.out ?? -1] as Bits;
    out[this.#twist.element] = this.#twist.value;
  }

  #choose(tensors: readonly Bits[]): Twist | null {
    const { program } = this.material;
    const operation = program.operations[this.#operation] as Operation;
    const element = this.#random.below(product(operation.shape));
    const isFloat = program.tensors[operation.out]?.dtype === 'f32';
    const old = tensors[operation.out]?.[element] as number;
    const forced = (value: number): Twist => ({ operation: this.#operation, element, value, prefixes: this.#forced(tensors, element, value) });
    switch (this.#kind) {
      case 'wrong value':
        return forced((old ^ (1 << this.#random.below(32))) >>> 0);
      case 'NaN':
        return isFloat ? forced(this.#random.pick(NAN_WORDS)) : null;
      case 'denormal':
        return isFloat ? forced(this.#random.pick(DENORMALS)) : null;
      case 'minus zero':
        return isFloat ? forced(0x80000000) : null;
      case 'false poison':
        return isFloat && isFinite32(old) ? forced(0x7f800000) : null;
      default:
        return this.#worked(tensors);
    }
  }

  /** The first of some tries that gives another value: most orders of most sums give the same. */
  #worked(tensors: readonly Bits[]): Twist | null {
    const operation = this.material.program.operations[this.#operation] as Operation;
    // A NaN stays one whatever is done to it, and a long chain takes a while.
    for (let tries = product(operation.extents) > 200 ? 2 : 10; tries > 0; tries--) {
      const element = this.#random.below(product(operation.shape));
      if (tensors[operation.out]?.[element] === 0x7fc00000) continue;
      const twist = this.#workedAt(tensors, element);
      if (twist && twist.value !== tensors[operation.out]?.[element]) return twist;
    }
    return null;
  }

  /** The right prefixes up to some place, then whatever gives the value. */
  #forced(tensors: readonly Bits[], element: number, value: number): Prefix[] | null {
    const machine = this.machineOf(this.#operation);
    if (!machine) return null;
    const prefixes = this.#chain(machine, (j) => j, this.#reader(tensors, element));
    const from = 1 + this.#random.below(machine.count);
    const word = machine.start.findIndex((_, k) => machine.finish(machine.start.map((_zero, at) => (at === k ? 1 : 0))) === 1);
    return prefixes.map((prefix, j) => (j < from ? prefix : prefix.map((bits, k) => (k === word ? value : bits))));
  }

  #reader(tensors: readonly Bits[], element: number, bend: WordAt = () => -1): (term: number) => readonly number[] {
    const { program } = this.material;
    const operation = program.operations[this.#operation] as Operation;
    const dtypes = readTypes(program, this.#operation);
    return (term) => {
      const word = (read: number, place: number) => {
        const bits = tensors[operation.reads[read]?.tensor ?? -1] as Bits;
        const other = bend(read, place, term);
        return bits[other < 0 ? place : other % bits.length] as number;
      };
      return evaluatePoint(operation, dtypes, { element, term }, word).results;
    };
  }

  #chain(machine: PrefixMachine, stepOf: (j: number) => number, values: (term: number) => readonly number[], termOf = (j: number) => machine.term(j)): Prefix[] {
    const prefixes: Prefix[] = [machine.start];
    for (let j = 0; j < machine.count; j++) prefixes.push(machine.step(prefixes[j] as Prefix, stepOf(j), values(termOf(j))));
    return prefixes;
  }

  /** Wrong operand, index, order or block, and the value that this gives. */
  #workedAt(tensors: readonly Bits[], element: number): Twist | null {
    const operation = this.material.program.operations[this.#operation] as Operation;
    const terms = product(operation.extents);
    const at = this.#random.below(terms);
    const read = this.#random.below(operation.reads.length);
    const jump = 1 + this.#random.below(7);
    const wrong: WordAt =
      this.#kind === 'wrong operand'
        ? (r, place, term) => (r === read && term === at ? place + jump : -1)
        : this.#kind === 'wrong index'
          ? (r, place) => (r === read ? place + 1 : -1)
          : () => -1;
    const machine = this.machineOf(this.#operation);
    const values = this.#reader(tensors, element, wrong);
    if (!machine)
      return this.#kind === 'wrong operand' || this.#kind === 'wrong index' ? { operation: this.#operation, element, value: values(0)[0] as number, prefixes: null } : null;
    const other = this.#random.below(terms);
    const swapped = (term: number) => (term === at ? other : term === other ? at : term);
    const stepOf = this.#kind === 'off-by-one block' ? (j: number) => Math.min(j + 1, machine.count - 1) : (j: number) => j;
    const termOf = this.#kind === 'wrong order' ? (j: number) => swapped(machine.term(j)) : (j: number) => machine.term(j);
    const prefixes = this.#chain(machine, stepOf, values, termOf);
    return { operation: this.#operation, element, value: machine.finish(prefixes[prefixes.length - 1] as Prefix), prefixes };
  }
}

/** Operations about which the lie can be told at all. */
export function fittingOperations(kind: AccountLie, program: Program): number[] {
  // Without weights there is nothing in a delta.
  if ((DELTA_LIES as readonly string[]).includes(kind) && sharedTensors(program).length === 0) return [];
  return program.operations.flatMap((operation, k) => (canHold(kind, operation, program) ? [k] : []));
}

function canHold(kind: AccountLie, operation: Operation, program: Program): boolean {
  if (kind === 'wrong order' || kind === 'off-by-one block') return (operation.reduce === 'sum' || operation.reduce === 'mac') && product(operation.extents) > 2;
  if (kind === 'NaN' || kind === 'denormal' || kind === 'minus zero' || kind === 'false poison') return program.tensors[operation.out]?.dtype === 'f32';
  return true;
}

function swapRows(bits: Bits, batch: number): Bits {
  const row = bits.length / batch;
  return Uint32Array.from([...bits.subarray(row, 2 * row), ...bits.subarray(0, row), ...bits.subarray(2 * row)]);
}

/** The same words, and one after the end. Null where the last piece is full. */
function paddedTree(bits: Bits): { readonly tree: MerkleTree; readonly piece: Uint8Array; readonly last: number } | null {
  if (bits.length % 256 === 0) return null;
  const last = Math.floor(bits.length / 256);
  const pieces = Array.from({ length: last + 1 }, (_, p) => {
    const bytes = new Uint8Array(1024);
    bytes.set(new Uint8Array(bits.slice(p * 256, (p + 1) * 256).buffer));
    if (p === last) bytes[1023] = 1;
    return bytes;
  });
  return { tree: new MerkleTree(pieces.map((bytes) => sha256(bytes))), piece: pieces[last] as Uint8Array, last };
}
