/** What the last move of a game put before the court, from what it said and from its call. */
import { type Hex, hexToBytes } from 'viem';
import { decodeOperation } from '#engine/program/decodeProgram.ts';
import { DTYPES } from '#engine/program/encodeProgram.ts';
import type { DType, Operation } from '#engine/program/program.ts';
import { typeBody } from '#engine/program/typeBody.ts';
import { wordOfPiece } from '#swarm/dispute/court.ts';
import { ORIGINS } from '#swarm/dispute/docket.ts';
import { evaluatePoint } from '#swarm/dispute/evaluatePoint.ts';
import type { Side } from '#swarm/dispute/transitions.ts';
import type { DisputeMove, Operand, RuledWord, Ruling, WordType } from '#swarm/protocol/disputeView.ts';
import type { GameCall } from './decodeGameCalls.ts';
import { readName } from './formulaOf.ts';

interface ShownPoint {
  readonly operation: { readonly operation: Hex };
  readonly reads: readonly { readonly fact: { readonly dtype: number; readonly origin: number; readonly place: number }; readonly word: { readonly piece: Hex } }[];
}

interface ShownInput {
  readonly tensor: { readonly fact: { readonly dtype: number } };
}

export interface RulingAt {
  readonly move: DisputeMove;
  /** Null where the transaction cannot be read. */
  readonly call: GameCall | null;
  readonly winner: Side;
  readonly element: number;
  readonly reduce: string;
  readonly profile: string | null;
}

/** Null for moves that do not rule. */
export function disputeRuling({ move, call, winner, element, reduce, profile }: RulingAt): Ruling | null {
  const { said } = move;
  switch (move.name) {
    case 'timeout':
      return { kind: 'silence', silent: winner === 'challenger' ? 'defender' : 'challenger' };
    case 'faultPoison':
      return { kind: 'poison' };
    case 'faultStart':
    case 'faultHeader':
    case 'faultState': {
      const leaf = Number(said['leaf']);
      return { kind: 'roots', what: leaf === 0 ? 'the header of the state' : `state tensor ${leaf}`, solver: String(said['claimed']), court: String(said['right']) };
    }
    case 'faultInput':
      return { kind: 'roots', what: `input ${Number(said['leaf']) + 1} of the step`, solver: String(said['claimed']), court: String(said['right']) };
    case 'openStep':
      return { kind: 'roots', what: 'the state after a step that follows poison', solver: String(said['root1']), court: 'poison stays poison' };
    case 'nameWord':
      return wordRuling(said, call);
    case 'openTerm': {
      const point = shownPoint(call?.args[5]);
      const { operands, type } = point ? operandsOf(point, element, Number(said['term'])) : NOTHING;
      const list = (name: string) => said[name] as readonly number[];
      const names = prefixNames(reduce, profile, type, list('claimed').length);
      const words = list('claimed').map((solver, k): RuledWord => ({ ...(names[k] ?? OTHER), before: list('before')[k] ?? null, solver, court: list('right')[k] ?? 0 }));
      return { kind: 'words', words, factors: reduce === 'mac' ? list('operands') : list('operands').slice(0, 1), operands };
    }
    default:
      return null;
  }
}

const NOTHING: { readonly operands: readonly Operand[]; readonly type: WordType } = { operands: [], type: null };
const OTHER = { name: 'word', type: null };

function wordRuling(said: DisputeMove['said'], call: GameCall | null): Ruling {
  const claim = call?.args[2] as { readonly input: readonly ShownInput[]; readonly point: readonly unknown[] } | undefined;
  const element = Number(said['element']);
  const point = shownPoint(claim?.point[0]);
  const input = claim?.input[0];
  const { operands, type } = point ? operandsOf(point, element, 0) : { operands: [], type: input ? (DTYPES[input.tensor.fact.dtype] ?? null) : null };
  return { kind: 'words', words: [{ name: 'value', type, before: null, solver: Number(said['claimed']), court: Number(said['right']) }], factors: [], operands };
}

function shownPoint(value: unknown): ShownPoint | null {
  return value ? (value as ShownPoint) : null;
}

function operandsOf(shown: ShownPoint, element: number, term: number): { readonly operands: readonly Operand[]; readonly type: WordType } {
  const operation = decodeOperation(hexToBytes(shown.operation.operation), 0);
  const types = shown.reads.map(({ fact }) => DTYPES[fact.dtype] ?? 'f32');
  const operands: Operand[] = [];
  evaluatePoint(operation, types, { element, term }, (read, at) => {
    const { fact, word } = shown.reads[read] as ShownPoint['reads'][number];
    const bits = wordOfPiece(hexToBytes(word.piece), at);
    operands.push({ name: readName(read), from: sourceOf(ORIGINS[fact.origin], fact.place), element: at, bits, type: types[read] ?? null });
    return bits;
  });
  return { operands, type: resultOf(operation, types) };
}

function sourceOf(origin: (typeof ORIGINS)[number] | undefined, place: number): string {
  if (origin === 'operation') return `result of operation ${place + 1}`;
  return origin === 'none' || !origin ? 'nothing' : `${origin} ${place + 1}`;
}

function resultOf({ body, results, shape, extents }: Operation, types: readonly DType[]): WordType {
  return typeBody(body, types, shape.length + extents.length)[results[0] as number] ?? null;
}

/** Words of a prefix, as swarm/dispute/prefixMachine.ts keeps them. */
function prefixNames(reduce: string, profile: string | null, type: WordType, count: number): readonly { readonly name: string; readonly type: WordType }[] {
  if (reduce === 'mac' && count === 2)
    return [
      { name: 'sum of this block', type: 'f32' },
      { name: 'sum of the blocks before', type: 'f32' },
    ];
  if (reduce === 'mac')
    return [
      { name: `largest exponent of the first factors (${profile ?? 'block'})`, type: 'u32' },
      { name: 'largest exponent of the second factors', type: 'u32' },
      { name: 'sum of this block, whole numbers', type: 'i32' },
      { name: 'sum of the blocks before', type: 'f32' },
    ];
  if (reduce === 'sum') return Array.from({ length: count }, (_, level) => ({ name: `partial sum, level ${level + 1}`, type: 'f32' as const }));
  return [
    { name: 'largest so far', type },
    { name: 'its place', type: 'u32' },
  ];
}
