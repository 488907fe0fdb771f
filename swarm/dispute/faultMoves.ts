/** Moves that rule: a fault that is shown, or a tensor, a word, a prefix and one step of the machine (SPEC D6 5 to 8, D7). */
import { sha256 } from '@noble/hashes/sha2.js';
import { toHash } from '#swarm/protocol/hex.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { Operation } from '#engine/program/program.ts';
import { headerHash, NONE } from '#swarm/protocol/stateRoot.ts';
import { executePoint, inputWord, isPoison, isTensorRoot, openOperation, PIECE_BYTES, PIECE_WORDS, piecesOf, rootOfPiece, wordOfPiece } from './court.ts';
import { type InputFacts, isShown, isTensorSource, type TensorFacts } from './docket.ts';
import type { Game, Named } from './game.ts';
import { isNextGlobal, leavesAfter, machineOf } from './lists.ts';
import { foldPath, repeatedRoot } from './merkleTree.ts';
import type { Handlers } from './move.ts';
import { type Prefix, prefixLeaf, prefixMachine } from './prefixMachine.ts';
import { require } from './refusal.ts';
import type { Side } from './transitions.ts';
import { ended, groundOf, hasTensorsAfter, isDelta, isPoisonAfter } from './walkMoves.ts';
import { resultTypeOf } from './traceStep.ts';

const product = (shape: readonly number[]) => shape.reduce((total, extent) => total * extent, 1);

/** A fault that is there loses the defender the game; one that is not, the challenger. */
function ruled(game: Game, fault: boolean, what: string): Game {
  const winner: Side = fault ? 'challenger' : 'defender';
  return ended(game, winner, fault ? `fault: ${what}` : `no fault: ${what}`);
}

/** H4's first leaf after `done` steps. */
function headerLeaf(game: Game, done: number): Hash {
  const { round, endRound, slot, job } = game.setting;
  if (isNextGlobal(game, done)) return toHash(headerHash({ round: endRound, slot, step: 0 }, job.globals));
  // A proposal is of no step (T6).
  return toHash(headerHash({ round, slot, step: isDelta(game) ? NONE : done }, job.state));
}

/** H3 of a tensor that holds `fill` everywhere. */
export function filledRoot(elements: number, fill: number): Hash {
  const pieces = piecesOf(elements);
  const leaf = (words: number) => {
    const bytes = new Uint8Array(PIECE_BYTES);
    const view = new DataView(bytes.buffer);
    for (let k = 0; k < words; k++) view.setUint32(4 * k, fill, true);
    return sha256(bytes);
  };
  return repeatedRoot(leaf(PIECE_WORDS), leaf(elements - (pieces - 1) * PIECE_WORDS), pieces);
}

function reductionOf(operation: Operation): Named['reduction'] {
  return operation.reduce === 'none' ? null : { reduce: operation.reduce, terms: product(operation.extents) };
}

export const faultMoves: Handlers<
  'faultStart' | 'faultHeader' | 'faultState' | 'faultPoison' | 'faultInput' | 'nameInput' | 'nameOperation' | 'nameWord' | 'commitPrefixes' | 'openTerm'
> = {
  faultStart(game, { leaf, state }) {
    const { docketRoot, job, globalRoot } = game.setting;
    require(game.segment === 0, 'only the first segment begins at the start');
    const place = state ? 1 + state.place : 0;
    require(foldPath(leaf.root, place, leavesAfter(game, 0), leaf.path) === game.ends?.[0], 'the leaf is not of the first checkpoint');
    if (!state) return ruled(game, leaf.root !== headerLeaf(game, 0), 'the header of the first checkpoint');
    require(isShown(docketRoot, job, 'state', state.place, state.fact) && isShown(docketRoot, job, 'tensor', state.fact.fact.tensor, state.tensor), 'the slot is another one');
    const { role, sharedPlace, fill } = state.fact.fact;
    if (role === 'local') return ruled(game, leaf.root !== filledRoot(state.tensor.fact.elements, fill), `state ${state.place} at the start`);
    require(state.global !== null, 'the tensor in G is missing');
    require(sharedPlace !== NONE && foldPath(state.global.root, 1 + sharedPlace, 1 + job.globals, state.global.path) === globalRoot, 'the tensor is not the one in G');
    return ruled(game, leaf.root !== state.global.root, `state ${state.place} at the start`);
  },

  faultHeader(game, { leaf }) {
    requireState(game);
    require(foldPath(leaf.root, 0, leavesAfter(game, game.step + 1), leaf.path) === game.after, 'the leaf is not the header of the state after');
    return ruled(game, leaf.root !== headerLeaf(game, game.step + 1), 'the header of the state after');
  },

  faultState(game, { place, fact, next, leaf, right }) {
    requireState(game);
    const { docketRoot, job } = game.setting;
    require(isShown(docketRoot, job, 'state', place, fact) && isShown(docketRoot, job, 'tensor', fact.fact.next, next), 'the slot is another one');
    require(foldPath(leaf.root, 1 + place, leavesAfter(game, game.step + 1), leaf.path) === game.after, 'the leaf is not in the state after');
    // The delta of poison changes nothing (T7).
    if (game.poisonedDelta) return ruled(game, leaf.root !== filledRoot(next.fact.elements, fact.fact.fill), `tensor ${place} of the delta of poison`);
    require(isTensorRoot(groundOf(game), next.fact, right.root, right.path, job.operations), 'the value of next is another one');
    return ruled(game, leaf.root !== right.root, `state ${place} after the step`);
  },

  faultPoison(game, { witness }) {
    require(!isPoisonAfter(game), 'the defender says so itself');
    return ruled(game, isPoison(groundOf(game), witness), 'the step is poison');
  },

  faultInput(game, { place, fact, leaf, right, proposal }) {
    const { docketRoot, job } = game.setting;
    require(isShown(docketRoot, job, 'input', place, fact), 'the input is another one');
    require(foldPath(leaf.root, place, job.inputs, leaf.path) === game.inputsRoot, 'the root is not in the list of inputs');
    const { source, offset, perRow } = fact.fact;
    require(isTensorSource(source), 'the input is no tensor of a state');
    require(foldPath(right.root, offset, perRow, right.path) === rootOfSource(game, source, proposal), 'the tensor is not in its state');
    return ruled(game, leaf.root !== right.root, `input ${place} of the step`);
  },

  nameInput(game, { place, leaf, fact, tensor }) {
    const { docketRoot, job } = game.setting;
    require(isShown(docketRoot, job, 'input', place, fact) && isShown(docketRoot, job, 'tensor', fact.fact.tensor, tensor), 'the input is another one');
    require(foldPath(leaf.root, place, job.inputs, leaf.path) === game.inputsRoot, 'the root is not in the list of inputs');
    return { ...game, phase: 'tensor', named: { kind: 'input', place, root: leaf.root, elements: tensor.fact.elements, reduction: null } };
  },

  nameOperation(game, { place, leaf, bytes }) {
    const operation = openOperation(game.setting, place, bytes);
    require(foldPath(leaf.root, place, game.setting.job.operations, leaf.path) === game.traceRoot, 'the root is not in the trace');
    return { ...game, phase: 'tensor', named: { kind: 'operation', place, root: leaf.root, elements: product(operation.shape), reduction: reductionOf(operation) } };
  },

  nameWord(game, { element, piece, piecePath, input, operation }) {
    const named = game.named as Named;
    require(Number.isInteger(element) && element >= 0 && element < piecesOf(named.elements) * PIECE_WORDS, 'there is no such word');
    require(rootOfPiece(named.elements, element, piece, piecePath) === named.root, 'the piece is not of the tensor');
    const value = wordOfPiece(piece, element);
    const next: Game = { ...game, element, value };
    if (element >= named.elements) return ruled(next, value !== 0, `word ${element}, beyond the elements`);
    if (named.reduction) return { ...next, phase: 'prefixes' };
    return ruled(next, value !== rightWord(next, named, input, operation), `word ${element} of ${named.kind} ${named.place}`);
  },

  commitPrefixes(game, { root, firstPath, last, lastPath }) {
    const machine = machineOf(game);
    require(machine !== null, 'there are no prefixes');
    const { count, start } = machine;
    require(last.length === start.length, `a prefix has ${start.length} words`);
    require(foldPath(toHash(prefixLeaf(start)), 0, count + 1, firstPath) === root, 'the list of prefixes does not begin at the start');
    require(foldPath(toHash(prefixLeaf(last)), count, count + 1, lastPath) === root, 'the list of prefixes does not end with this prefix');
    require(machine.finish(last) === game.value, 'the last prefix does not give the value that was claimed');
    return { ...game, phase: 'term', prefixesRoot: root };
  },

  openTerm(game, { step, before, after, bytes, shown }) {
    const counting = machineOf(game);
    const named = game.named as Named;
    require(counting !== null && named.reduction !== null, 'there are no prefixes');
    const { count, start } = counting;
    require(Number.isInteger(step) && step >= 0 && step < count, `there is no step ${step}`);
    require(before.prefix.length === start.length && after.prefix.length === start.length, `a prefix has ${start.length} words`);
    require(foldPath(toHash(prefixLeaf(before.prefix)), step, count + 1, before.path) === game.prefixesRoot, 'the prefix before is not in the list');
    require(foldPath(toHash(prefixLeaf(after.prefix)), step + 1, count + 1, after.path) === game.prefixesRoot, 'the prefix after is not in the list');
    const operation = openOperation(game.setting, named.place, bytes);
    const point = { element: game.element, term: counting.term(step) };
    const { results } = executePoint(groundOf(game), named.place, operation, point, shown);
    const dtype = resultTypeOf(
      operation,
      shown.facts.map(({ fact }) => fact.dtype),
    );
    const machine = prefixMachine({ ...named.reduction, profile: game.setting.job.profile, dtype });
    return ruled(game, !samePrefix(machine.step(before.prefix, step, results), after.prefix), `term ${point.term} of word ${game.element} of operation ${named.place}`);
  },
};

/** The state, or the proposal, that an input is a tensor of. */
function rootOfSource(game: Game, source: InputFacts['source'], proposal: { readonly root: Hash; readonly path: readonly Hash[] } | null): Hash | null {
  const { globalRoot, checkpointsRoot, counted } = game.setting;
  if (source === 'global') return globalRoot;
  if (source === 'state') return game.before;
  require(proposal !== null && foldPath(proposal.root, game.step, counted ?? 0, proposal.path) === checkpointsRoot, 'the proposal is not that of the counted slot');
  return proposal.root;
}

function requireState(game: Game): void {
  require(hasTensorsAfter(game), 'the state after is poison: it has no tensors');
}

type NameWord = Parameters<(typeof faultMoves)['nameWord']>[1];

function rightWord(game: Game, named: Named, input: NameWord['input'], operation: NameWord['operation']): number {
  const { docketRoot, job, round, slot } = game.setting;
  if (named.kind === 'input') {
    require(input !== null &&
      isShown(docketRoot, job, 'input', named.place, input.fact) &&
      isShown(docketRoot, job, 'tensor', input.fact.fact.tensor, input.tensor), 'show the input');
    return inputWord(job, { round, slot, step: game.step, counted: game.setting.counted }, input.fact.fact, input.tensor.fact satisfies TensorFacts, game.element, input);
  }
  require(operation !== null, 'show the operation and what it reads');
  const opened = openOperation(game.setting, named.place, operation.bytes);
  return executePoint(groundOf(game), named.place, opened, { element: game.element, term: 0 }, operation.shown).results[0] as number;
}

function samePrefix(a: Prefix, b: Prefix): boolean {
  return a.length === b.length && a.every((word, k) => word === b[k]);
}
