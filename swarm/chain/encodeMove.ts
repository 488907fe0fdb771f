/** A move of a dispute (SPEC D6) as a call of the game's contract. */
import { type Abi, bytesToHex, encodeFunctionData, type Hex } from 'viem';
import { gameAbi } from '#abi/gameAbi.ts';
import { gameFaultsAbi } from '#abi/gameFaultsAbi.ts';
import { decodeOperation } from '#engine/program/decodeProgram.ts';
import { DTYPES, PROFILES, ROLES } from '#engine/program/encodeProgram.ts';
import { rootOfPiece, type ShownPoint, type ShownRow, type ShownWord, type Witness, wordOfPiece } from '#swarm/dispute/court.ts';
import { COLUMN_TYPES, type InputFacts, type JobFacts, ORIGINS, type Shown, sourceCode, type StateFacts, type TensorFacts } from '#swarm/dispute/docket.ts';
import { evaluatePoint, type Point } from '#swarm/dispute/evaluatePoint.ts';
import type { Action, Game, ListName } from '#swarm/dispute/game.ts';
import { machineOf } from '#swarm/dispute/lists.ts';
import { ZERO_HASH } from '#swarm/dispute/merkleTree.ts';
import type { Opening } from '#swarm/protocol/checkpointTree.ts';

/** What the game answers to: its own functions, and those that it runs from `GameFaults`. */
export const disputeAbi: Abi = [...gameAbi, ...gameFaultsAbi];

/** As the contract numbers them. */
export const LIST_CODES: readonly ListName[] = ['steps', 'start', 'after', 'inputs', 'trace', 'tensor', 'prefixes'];

export function encodeJobFacts(job: JobFacts) {
  const { profile, state, ...same } = job;
  return { ...same, profile: PROFILES.indexOf(profile), states: state };
}

const tensorFact = (fact: TensorFacts) => ({ ...fact, dtype: DTYPES.indexOf(fact.dtype), origin: ORIGINS.indexOf(fact.origin) });
const inputFact = (fact: InputFacts) => ({ ...fact, source: sourceCode(fact.source), columnType: COLUMN_TYPES.indexOf(fact.columnType) });
const stateFact = (fact: StateFacts) => ({ ...fact, role: ROLES.indexOf(fact.role) });

function shown<T, U>(given: Shown<T>, encode: (fact: T) => U) {
  return { fact: encode(given.fact), path: given.path };
}

const operationOf = (given: Shown<Uint8Array>) => ({ operation: bytesToHex(given.fact), path: given.path });
const unsealed = ({ root, salt, path }: Opening) => ({ root, salt, path });
const NO_WORD = { root: ZERO_HASH, rootPath: [], piece: '0x', piecePath: [] };
const NO_TENSOR: Shown<TensorFacts> = { fact: { dtype: 'f32', elements: 0, origin: 'none', place: 0, watched: false }, path: [] };
const NO_ROOT = { root: ZERO_HASH, path: [] };

function wordAt(fact: TensorFacts, element: number, word: ShownWord) {
  const { rootPath, piecePath } = word;
  return { root: rootOfPiece(fact.elements, element, word.piece, piecePath), rootPath, piece: bytesToHex(word.piece), piecePath };
}

/** The contract wants a word for every read; those that are not inside have none. */
function readsOf(bytes: Shown<Uint8Array>, point: Point, given: ShownPoint) {
  const operation = decodeOperation(bytes.fact, 0);
  const reads = given.facts.map(({ fact, path }) => ({ fact: tensorFact(fact), factPath: path, word: NO_WORD as ReturnType<typeof wordAt> | typeof NO_WORD }));
  let used = 0;
  evaluatePoint(
    operation,
    given.facts.map(({ fact }) => fact.dtype),
    point,
    (read, element) => {
      const word = given.words[used++] as ShownWord;
      (reads[read] as (typeof reads)[number]).word = wordAt((given.facts[read] as Shown<TensorFacts>).fact, element, word);
      return wordOfPiece(word.piece, element);
    },
  );
  return reads;
}

function witnessOf(witness: Witness) {
  if (witness.kind === 'nonfinite') {
    const { tensor, fact, element, word } = witness;
    const none = { term: 0, operation: { operation: '0x', path: [] }, reads: [] };
    return { isIndex: false, place: tensor, element, tensor: shown(fact, tensorFact), word: wordAt(fact.fact, element, word), ...none };
  }
  const { operation, bytes, point } = witness;
  const none = { tensor: shown(NO_TENSOR, tensorFact), word: NO_WORD };
  return { isIndex: true, place: operation, ...point, ...none, operation: operationOf(bytes), reads: readsOf(bytes, point, witness.shown) };
}

function inputProof(input: NonNullable<Extract<Action, { kind: 'nameWord' }>['input']>) {
  const row = (given: ShownRow) => ({ content: bytesToHex(given.bytes), rowPath: given.rowPath, chunkPath: given.chunkPath });
  const table = (given: ShownWord) => ({ content: bytesToHex(given.piece), rowPath: [], chunkPath: given.piecePath });
  const none = { content: '0x', rowPath: [], chunkPath: [] };
  return { fact: shown(input.fact, inputFact), tensor: shown(input.tensor, tensorFact), shown: input.row ? row(input.row) : input.schedule ? table(input.schedule) : none };
}

/** Name and arguments after (id, job facts). `game`: as it is before the move. */
function callOf(game: Game, action: Action): { readonly name: string; readonly args: readonly unknown[] } {
  const { kind: name } = action;
  switch (action.kind) {
    case 'chooseSegment':
      return { name, args: [action.segment] };
    case 'askCheckpoint':
      return { name, args: [action.agreed === null ? 0 : action.agreed ? 1 : 2] };
    case 'revealCheckpoint':
      return { name, args: [unsealed(action.opening)] };
    case 'openSegment':
      return { name, args: [...action.openings.map(unsealed), action.stepsRoot, action.firstPath, action.lastPath] };
    case 'openStep':
      return { name, args: [action.step, action.before, action.after] };
    case 'faultStart': {
      const { state, leaf } = action;
      if (!state) return { name: 'faultStartHeader', args: [leaf] };
      return { name, args: [leaf, state.place, shown(state.fact, stateFact), shown(state.tensor, tensorFact), state.global ?? NO_ROOT] };
    }
    case 'claimStep':
      return { name, args: [action.inputsRoot, action.traceRoot, action.witness ? [witnessOf(action.witness)] : []] };
    case 'faultHeader':
      return { name, args: [action.leaf] };
    case 'faultState':
      return { name, args: [action.place, shown(action.fact, stateFact), shown(action.next, tensorFact), action.leaf, action.right] };
    case 'faultPoison':
      return { name, args: [witnessOf(action.witness)] };
    case 'claimDelta': {
      const { facts, opening, inputsRoot, traceRoot, witness } = action;
      return { name, args: [encodeJobFacts(facts.fact), facts.path, unsealed(opening), inputsRoot, traceRoot, witness ? [witnessOf(witness)] : []] };
    }
    case 'faultInput':
      return { name, args: [action.place, shown(action.fact, inputFact), action.leaf, action.right, action.proposal ?? NO_ROOT] };
    case 'nameInput':
      return { name, args: [action.place, action.leaf, shown(action.fact, inputFact), shown(action.tensor, tensorFact)] };
    case 'nameOperation':
      return { name, args: [action.place, action.leaf, operationOf(action.bytes)] };
    case 'nameWord': {
      const { element, piece, piecePath, input, operation } = action;
      const point = operation ? [{ operation: operationOf(operation.bytes), reads: readsOf(operation.bytes, { element, term: 0 }, operation.shown) }] : [];
      // A reduction is judged later; its words would only cost.
      return { name, args: [{ element, piece: bytesToHex(piece), path: piecePath, input: input ? [inputProof(input)] : [], point: game.named?.reduction ? [] : point }] };
    }
    case 'commitPrefixes':
      return { name, args: [action.root, action.firstPath, { prefix: action.last, path: action.lastPath }] };
    case 'openTerm': {
      const point = { element: game.element, term: machineOf(game)?.term(action.step) ?? 0 };
      return { name, args: [action.step, action.before, action.after, { operation: operationOf(action.bytes), reads: readsOf(action.bytes, point, action.shown) }] };
    }
    case 'demand':
      return { name, args: [LIST_CODES.indexOf(action.list), action.height, action.index, action.node, action.path] };
    case 'answer':
      return { name, args: 'children' in action ? [action.children, '0x'] : [[], bytesToHex(action.content)] };
    case 'timeout':
      return { name, args: [] };
  }
}

/** Call data of one move. `id`: of the game on chain. Errors: Refusal where the move cannot even be written. */
export function encodeMove(id: bigint, game: Game, action: Action): Hex {
  const { name, args } = callOf(game, action);
  const first = action.kind === 'timeout' ? [id] : [id, encodeJobFacts(game.setting.job)];
  return encodeFunctionData({ abi: disputeAbi, functionName: name, args: [...first, ...args] });
}
