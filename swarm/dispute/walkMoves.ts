/** Moves that narrow: from the round to a segment, a step, and into lists that were withheld (SPEC D6 1 to 4, D9). */
import { hashBytes, toHash } from '#swarm/protocol/hex.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { type Opening, verifyOpening } from '#swarm/protocol/checkpointTree.ts';
import { poisonRoot } from '#swarm/training/poison.ts';
import { type Ground, isPoison } from './court.ts';
import { isJob } from './docket.ts';
import type { Game, Node } from './game.ts';
import { contentLeaf, LISTS_OF, listOf, stepsIn } from './lists.ts';
import { childCount, childHeight, foldChildren, foldPath, topOf, widthAt, ZERO_HASH } from './merkleTree.ts';
import type { Handlers } from './move.ts';
import { require } from './refusal.ts';
import type { Side } from './transitions.ts';

export function ended(game: Game, winner: Side, why: string): Game {
  return { ...game, phase: 'over', result: { winner, why } };
}

/** T7: the root after `step` steps of the round, once it is poison. */
export function poisonAt(game: Game, step: number): Hash {
  const { round, slot } = game.setting;
  return poisonRoot({ round, slot, step });
}

/** Roots of the step that is disputed. */
export function groundOf(game: Game): Ground {
  const { docketRoot, job } = game.setting;
  return { docketRoot, job, before: game.before as Hash, inputs: game.inputsRoot as Hash, trace: game.traceRoot as Hash };
}

const segmentsOf = (game: Game) => game.setting.job.stepsPerRound / game.setting.job.checkpointEvery;

function requireOpening(game: Game, opening: Opening, checkpoint: number): void {
  require(opening.checkpoint === checkpoint && verifyOpening(game.setting.checkpointsRoot, segmentsOf(game), opening), `this is not checkpoint ${checkpoint} of the commitment`);
}

/** D9: the first node of a list is its root, the next a child of what was shown. */
function requireNext(before: Node | undefined, top: number, next: Node): void {
  if (!before) {
    require(next.height === top && next.index === 0, 'a walk begins at the root');
    return;
  }
  require(before.height > 0, 'the walk of this list has ended');
  require(next.height === childHeight(before.height) && Math.floor(next.index / 2 ** (before.height - next.height)) === before.index, 'a walk goes on below what was shown');
}

export function isDelta({ steps }: Pick<Game, 'steps'>): boolean {
  return steps === 'delta' || steps === 'deltaOfPoison';
}

export function isPoisonAfter(game: Game): boolean {
  return isDelta(game) ? game.poisonedDelta : game.after === poisonAt(game, game.step + 1);
}

/** A delta has its tensors even where the round is poison (T7). */
export function hasTensorsAfter(game: Game): boolean {
  return isDelta(game) || !isPoisonAfter(game);
}

export const walkMoves: Handlers<'chooseSegment' | 'askCheckpoint' | 'revealCheckpoint' | 'openSegment' | 'openStep' | 'claimStep' | 'claimDelta' | 'demand' | 'answer'> = {
  chooseSegment(game, { segment }) {
    require(Number.isInteger(segment) && segment >= 0 && segment <= segmentsOf(game), `there is no segment ${segment}`);
    return { ...game, phase: 'opening', segment };
  },

  askCheckpoint(game, { agreed }) {
    const { low, high, asked } = game.halving;
    require((asked === null) === (agreed === null), 'say whether you agree with the checkpoint that was shown');
    const range = { low: agreed === true ? (asked as number) : low, high: agreed === false ? (asked as number) : high };
    require(range.high - range.low > 1, 'nothing is left to ask for: choose the segment');
    return { ...game, phase: 'sealed', halving: { ...range, asked: Math.floor((range.low + range.high) / 2) } };
  },

  revealCheckpoint(game, { opening }) {
    requireOpening(game, opening, game.halving.asked as number);
    return { ...game, phase: 'segment' };
  },

  openSegment(game, { openings, stepsRoot, firstPath, lastPath }) {
    const count = stepsIn(game) + 1;
    const [first, last] = openings;
    if (game.steps === 'outer') {
      require(last.root === game.setting.endRoot, 'the outer step does not end in the posted root');
    } else {
      requireOpening(game, first, game.segment);
      requireOpening(game, last, game.segment + 1);
    }
    require(foldPath(first.root, 0, count, firstPath) === stepsRoot, 'the list of steps does not begin with the checkpoint before');
    require(foldPath(last.root, count - 1, count, lastPath) === stepsRoot, 'the list of steps does not end with the checkpoint after');
    return { ...game, phase: 'steps', ends: [first.root, last.root], stepsRoot };
  },

  openStep(game, { step, before, after }) {
    const steps = stepsIn(game);
    const count = steps + 1;
    require(Number.isInteger(step) && step >= 0 && step < steps, `there is no step ${step} in the segment`);
    require(foldPath(before.root, step, count, before.path) === game.stepsRoot, 'the root before is not in the list of steps');
    require(foldPath(after.root, step + 1, count, after.path) === game.stepsRoot, 'the root after is not in the list of steps');
    const inRound = game.segment * steps + step;
    const next: Game = { ...game, step: inRound, before: before.root, after: after.root };
    if (before.root !== poisonAt(game, inRound)) return { ...next, phase: 'claim' };
    return after.root === poisonAt(game, inRound + 1)
      ? ended(next, 'defender', 'a poisoned round stays poisoned, as the defender says')
      : ended(next, 'challenger', 'a poisoned round does not come back');
  },

  claimStep(game, { inputsRoot, traceRoot, witness }) {
    // A root is 32 bytes of anything; what it must be is for the challenger to show.
    const next: Game = { ...game, phase: 'fault', inputsRoot: toHash(hashBytes(inputsRoot)), traceRoot: toHash(hashBytes(traceRoot)) };
    const poisoned = isPoisonAfter(game);
    require(poisoned === (witness !== null), poisoned ? 'a poisoned step needs a witness' : 'a step that is not poisoned has no witness');
    require(witness === null || isPoison(groundOf(next), witness), 'the witness does not show that the step is poison');
    return next;
  },

  claimDelta(game, { facts, opening, inputsRoot, traceRoot, witness }) {
    const { setting } = game;
    require(game.segment === segmentsOf(game), 'this is about a segment of the round, not about the delta');
    requireOpening(game, opening, game.segment);
    require(isJob(setting.job.deltaDocket, facts.fact, facts.path), 'these are not the facts of the Program that quantises');
    const step = setting.job.stepsPerRound;
    const next: Game = {
      ...game,
      setting: { ...setting, docketRoot: setting.job.deltaDocket, job: facts.fact },
      phase: 'fault',
      step,
      before: opening.root,
      after: setting.endRoot,
    };
    if (opening.root === poisonAt(game, step)) {
      require(witness === null && inputsRoot === ZERO_HASH && traceRoot === ZERO_HASH, 'after poison there is no step');
      return { ...next, steps: 'deltaOfPoison', poisonedDelta: true };
    }
    const claimed: Game = { ...next, steps: 'delta', poisonedDelta: witness !== null, inputsRoot: toHash(hashBytes(inputsRoot)), traceRoot: toHash(hashBytes(traceRoot)) };
    require(witness === null || isPoison(groundOf(claimed), witness), 'the witness does not show that the step is poison');
    return claimed;
  },

  demand(game, { list, height, index, node, path }) {
    require(LISTS_OF[game.phase]?.includes(list) === true, `the list ${list} cannot be asked for now`);
    require(list !== 'after' || hasTensorsAfter(game), 'the root of poison has no list');
    const about = listOf(game, list);
    require(about !== null, `there is no list ${list}`);
    requireNext(game.walked[list], topOf(about.count), { height, index });
    require(height > 0 || about.contentBytes !== null, 'a leaf of this list is nothing but its hash');
    require(foldPath(node, index, widthAt(about.count, height), path) === about.root, 'this node is not in the list');
    return { ...game, phase: 'answer', demanded: { list, height, index, node, from: game.phase }, walked: { ...game.walked, [list]: { height, index } } };
  },

  answer(game, action) {
    const { list, height, index, node, from } = game.demanded as NonNullable<Game['demanded']>;
    const about = listOf(game, list);
    require(about !== null, 'there is no such list');
    if (height === 0) {
      require('content' in action && action.content.length === about.contentBytes && contentLeaf(action.content) === node, 'this is not the content of the leaf');
    } else {
      require('children' in action && action.children.length === childCount(about.count, height, index), 'a node has another number of children');
      const levels = foldChildren(action.children, height - childHeight(height));
      require(levels[levels.length - 1]?.[0] === node, 'these are not the children of the node');
    }
    return { ...game, phase: from, demanded: null };
  },
};
