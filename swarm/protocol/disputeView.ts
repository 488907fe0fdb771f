/** A dispute as people look at it, live and afterwards: what every move said, and how far it has narrowed. Plain JSON; times are seconds of block time. */
import type { Address, Hash } from './jobSpec.ts';

export type Plain = string | number | boolean | readonly Plain[];

/** A named argument of a call; tuples and lists have parts. */
export interface CallPart {
  readonly name: string;
  readonly type: string;
  readonly value: string | readonly CallPart[];
}

export interface DecodedCall {
  readonly function: string;
  readonly parts: readonly CallPart[];
}

export interface DisputeTransaction {
  readonly hash: Hash;
  readonly block: number;
  readonly time: number;
  /** Whoever paid the gas. */
  readonly sender: Address;
  /** Of the whole transaction. */
  readonly gas: number;
  /** Signed requests in it, 1 where it is a call of its own; the gas is theirs together. */
  readonly requests: number;
  readonly calldataBytes: number;
  /** Calls about this dispute; empty where the transaction came by a contract that is not known here. */
  readonly calls: readonly DecodedCall[];
}

export interface DisputeMove {
  /** One of MOVES of swarm/dispute. */
  readonly name: string;
  readonly by: 'challenger' | 'defender' | 'anyone';
  readonly mover: Address;
  readonly time: number;
  readonly transaction: Hash;
  /** The move's claim by the words of `GameMoved`. */
  readonly said: Readonly<Record<string, Plain>>;
}

/** f32, i32 or u32; null where the chain has not been shown it yet. */
export type WordType = 'f32' | 'i32' | 'u32' | null;

/** One level of the walk: `chosen` of `count`, counted from 0; null where the walk has not come so far. */
export interface WalkLevel {
  readonly level: 'segment' | 'step' | 'operation' | 'input' | 'element' | 'position';
  readonly count: number | null;
  readonly chosen: number | null;
}

export interface DisputedOperation {
  /** The author's words: `conv2d_1, gradient of the filter`. */
  readonly label: string;
  readonly reduce: string;
  readonly shape: readonly number[];
  readonly extents: readonly number[];
  /** Reads are a, b, c, ... in their order. */
  readonly formula: readonly string[];
}

/** A value that the one operation reads. */
export interface Operand {
  readonly name: string;
  /** `input 2`, `state 0`, `result of operation 5`. */
  readonly from: string;
  readonly element: number;
  readonly bits: number;
  readonly type: WordType;
}

export interface RuledWord {
  readonly name: string;
  readonly type: WordType;
  /** Null where nothing came before. */
  readonly before: number | null;
  readonly solver: number;
  readonly court: number;
}

/** What the last move put before the court. `words`: one multiply-add, one body, one word of an input. `roots`: hashes. */
export type Ruling =
  | { readonly kind: 'words'; readonly words: readonly RuledWord[]; readonly factors: readonly number[]; readonly operands: readonly Operand[] }
  | { readonly kind: 'roots'; readonly what: string; readonly solver: string; readonly court: string }
  | { readonly kind: 'poison' }
  | { readonly kind: 'silence'; readonly silent: 'challenger' | 'defender' };

export interface DisputeView {
  /** Of the game, in decimal. */
  readonly id: string;
  /** Null where no challenge of a job has opened the game. */
  readonly job: string | null;
  readonly challenge: string | null;
  readonly round: number;
  readonly slot: number;
  readonly challenger: Address;
  readonly defender: Address;
  readonly profile: string | null;
  readonly openedAt: number;
  readonly phase: string;
  /** Whose move it is, and until when; null once it is over. */
  readonly turn: 'challenger' | 'defender' | null;
  readonly until: number;
  readonly winner: 'challenger' | 'defender' | null;
  readonly moot: boolean;
  readonly walk: readonly WalkLevel[];
  readonly operation: DisputedOperation | null;
  readonly ruling: Ruling | null;
  readonly moves: readonly DisputeMove[];
  /** Oldest first; the first opened the game. */
  readonly transactions: readonly DisputeTransaction[];
}
