/** The moves of an honest challenger (SPEC D13): each opens the first place where the defender's list differs from its own. */
import { tensorLeaves, tensorRoot } from '#engine/program/tensorRoot.ts';
import { checkpointsRoot, verifyOpening } from '#swarm/protocol/checkpointTree.ts';
import { headerHash, NONE } from '#swarm/protocol/stateRoot.ts';
import { sampleRows } from '#swarm/training/sampleRows.ts';
import { scheduleValues } from '#swarm/training/stepInputs.ts';
import { type Account, pieceOfBits, type StepRecord } from './account.ts';
import { PIECE_BYTES, PIECE_WORDS, wordOfPiece } from './court.ts';
import { deltaOf } from './deltaAccount.ts';
import { isTensorSource } from './docket.ts';
import { findPoison } from './findPoison.ts';
import type { Action, Game, ListName, Named, Node } from './game.ts';
import { demandTowards, type GameView, seenContent, seenList } from './gameView.ts';
import { MerkleTree, ZERO_HASH } from './merkleTree.ts';
import { type PathsOfStep, prefixesOf, showPoint, tensorOf } from './ownLists.ts';
import type { Prefix } from './prefixMachine.ts';
import type { SeenList } from './seenList.ts';
import { showRow } from './showRow.ts';

type WordProof = Pick<Extract<Action, { kind: 'nameWord' }>, 'input' | 'operation'>;

/** The first place where the defender's list differs, in the list as far as it has been seen. Null where it does not differ. */
interface Difference {
  readonly seen: SeenList;
  readonly at: Node;
}

async function difference(view: GameView, account: Account, list: ListName): Promise<Difference | null> {
  const seen = await seenList(view, account, list);
  const at = seen?.firstDifference();
  return seen && at ? { seen, at } : null;
}

const checkpointsOf = ({ material: { spec } }: Account) => spec.stepsPerRound / spec.checkpointEvery;
const ownRoot = (account: Account, checkpoint: number) => account.rootAt(checkpoint * account.material.spec.checkpointEvery);

export async function chooseSegment(view: GameView, account: Account): Promise<Action | null> {
  const { halving } = view.game;
  const handed = await handedRoots(view, checkpointsOf(account) + 1);
  if (handed) {
    // Nothing beyond the first difference has to be replayed.
    for (const [checkpoint, root] of handed.entries()) {
      if (root !== (await ownRoot(account, checkpoint))) return { kind: 'chooseSegment', segment: Math.max(0, checkpoint - 1) };
    }
    // Only what comes after the last checkpoint can differ.
    const differs = (await deltaOf(account).proposalRoot()) !== view.game.setting.endRoot;
    return differs ? { kind: 'chooseSegment', segment: checkpointsOf(account) } : null;
  }
  const agreed = await agreedWithShown(view, account);
  const low = agreed === true ? (halving.asked as number) : halving.low;
  const high = agreed === false ? (halving.asked as number) : halving.high;
  return high - low === 1 ? { kind: 'chooseSegment', segment: low } : null;
}

export async function askCheckpoint(view: GameView, account: Account): Promise<Action | null> {
  return (await handedRoots(view, checkpointsOf(account) + 1)) ? null : { kind: 'askCheckpoint', agreed: await agreedWithShown(view, account) };
}

/** Null where they were withheld, or are not what was committed. */
async function handedRoots(view: GameView, count: number): Promise<readonly string[] | null> {
  const handed = await view.handed.checkpoints();
  if (handed?.roots.length !== count || handed.salts.length !== count) return null;
  return checkpointsRoot(handed.roots, handed.salts) === view.game.setting.checkpointsRoot ? handed.roots : null;
}

/** Null where no checkpoint has been shown. */
async function agreedWithShown({ log, game }: GameView, account: Account): Promise<boolean | null> {
  const last = log.findLast((action) => action.kind === 'revealCheckpoint');
  if (last?.kind !== 'revealCheckpoint' || !verifyOpening(game.setting.checkpointsRoot, checkpointsOf(account), last.opening)) return null;
  return (await ownRoot(account, last.opening.checkpoint)) === last.opening.root;
}

export async function demandSteps(view: GameView, account: Account): Promise<Action | null> {
  const steps = await difference(view, account, 'steps');
  return steps && demandTowards(view, 'steps', steps.seen, steps.at);
}

export async function openStep(view: GameView, account: Account): Promise<Action | null> {
  const steps = await difference(view, account, 'steps');
  if (!steps || steps.at.height > 0 || steps.at.index === 0) return null;
  const { seen, at } = steps;
  const shown = (index: number) => ({ root: seen.node({ height: 0, index }), path: seen.path(index) });
  return { kind: 'openStep', step: at.index - 1, before: shown(at.index - 1), after: shown(at.index) };
}

export async function faultStart(view: GameView, account: Account): Promise<Action | null> {
  if (view.game.segment !== 0 || view.game.ends?.[0] === (await account.rootAt(0))) return null;
  const start = await difference(view, account, 'start');
  if (!start) return null;
  const { seen, at } = start;
  if (at.height > 0) return demandTowards(view, 'start', seen, at);
  const leaf = { root: seen.node(at), path: seen.path(at.index) };
  if (at.index === 0) return { kind: 'faultStart', leaf, state: null };
  const { docket, globalState } = account.material;
  const fact = docket.show('state', at.index - 1);
  const shared = fact.fact.sharedPlace;
  const globalTree = () => {
    const header = headerHash({ round: globalState.round, slot: NONE, step: 0 }, globalState.tensors.length);
    return new MerkleTree([header, ...globalState.tensors.map(tensorRoot)]);
  };
  const global = shared === NONE ? null : { root: globalTree().node(0, 1 + shared), path: globalTree().path(1 + shared) };
  return { kind: 'faultStart', leaf, state: { place: at.index - 1, fact, tensor: docket.show('tensor', fact.fact.tensor), global } };
}

export async function nameInput(view: GameView, account: Account): Promise<Action | null> {
  const inputs = await difference(view, account, 'inputs');
  if (!inputs) return null;
  const { seen, at } = inputs;
  if (at.height > 0) return demandTowards(view, 'inputs', seen, at);
  const { docket } = account.material;
  const fact = docket.show('input', at.index);
  const leaf = { root: seen.node(at), path: seen.path(at.index) };
  if (isTensorSource(fact.fact.source)) return { kind: 'faultInput', place: at.index, fact, leaf, ...(await account.shownInput(view.game.step, at.index)) };
  return { kind: 'nameInput', place: at.index, leaf, fact, tensor: docket.show('tensor', fact.fact.tensor) };
}

export async function nameOperation(view: GameView, account: Account): Promise<Action | null> {
  const trace = await difference(view, account, 'trace');
  if (!trace) return null;
  const { seen, at } = trace;
  if (at.height > 0) return demandTowards(view, 'trace', seen, at);
  return { kind: 'nameOperation', place: at.index, leaf: { root: seen.node(at), path: seen.path(at.index) }, bytes: account.material.docket.show('operation', at.index) };
}

/** Own words under the defender's roots: they are agreed as far as they are needed. */
async function agreedPaths(view: GameView, account: Account, record: StepRecord): Promise<PathsOfStep> {
  return { inputs: record.inputsTree, before: record.beforeTree, trace: (await seenList(view, account, 'trace')) ?? record.traceTree };
}

export async function faultPoison(view: GameView, account: Account): Promise<Action | null> {
  if (view.game.poisonedDelta || !(await account.isPoisonAfter(view.game.step))) return null;
  const record = await account.recordOf(view.game.step);
  return { kind: 'faultPoison', witness: findPoison(account, record, await agreedPaths(view, account, record)) };
}

export async function faultAfter(view: GameView, account: Account): Promise<Action | null> {
  const after = await difference(view, account, 'after');
  if (!after) return null;
  const { seen, at } = after;
  if (at.height > 0) return demandTowards(view, 'after', seen, at);
  const leaf = { root: seen.node(at), path: seen.path(at.index) };
  if (at.index === 0) return { kind: 'faultHeader', leaf };
  const { docket } = account.material;
  const fact = docket.show('state', at.index - 1);
  const next = docket.show('tensor', fact.fact.next);
  // What poison leaves is known from the fact alone.
  if (view.game.poisonedDelta) return { kind: 'faultState', place: at.index - 1, fact, next, leaf, right: { root: ZERO_HASH, path: [] } };
  const record = await account.recordOf(view.game.step);
  const { origin, place } = next.fact;
  const tree = origin === 'input' ? record.inputsTree : origin === 'state' ? record.beforeTree : record.traceTree;
  const index = origin === 'state' ? 1 + place : place;
  return { kind: 'faultState', place: at.index - 1, fact, next, leaf, right: { root: tree.node(0, index), path: tree.path(index) } };
}

export async function nameWord(view: GameView, account: Account): Promise<Action | null> {
  const tensor = await difference(view, account, 'tensor');
  if (!tensor || tensor.at.height > 0) return null;
  const { seen, at } = tensor;
  const piece = await seenContent(view, 'tensor', at.index, seen.node(at));
  if (!piece) return null;
  const named = view.game.named as Named;
  const record = await account.recordOf(view.game.step);
  const own = record.pieceOf(tensorOf(account, named), at.index);
  let word = 0;
  while (word < PIECE_WORDS - 1 && wordOfPiece(piece, word) === wordOfPiece(own, word)) word++;
  const element = at.index * PIECE_WORDS + word;
  const none: WordProof = { input: null, operation: null };
  const proof = element >= named.elements || named.reduction ? none : await proofOfWord(view, account, record, element);
  return { kind: 'nameWord', element, piece, piecePath: seen.path(at.index), ...proof };
}

/** What the right value of a word follows from. */
async function proofOfWord(view: GameView, account: Account, record: StepRecord, element: number): Promise<WordProof> {
  const { docket, program } = account.material;
  const { kind, place } = view.game.named as Named;
  if (kind === 'operation') {
    const shown = showPoint(account, record, place, { element, term: 0 }, await agreedPaths(view, account, record));
    return { input: null, operation: { bytes: docket.show('operation', place), shown } };
  }
  const fact = docket.show('input', place);
  return {
    input: {
      fact,
      tensor: docket.show('tensor', fact.fact.tensor),
      row: program.inputs[place]?.source.kind === 'column' ? await showRowOf(view.game, account, Math.floor(element / fact.fact.perRow)) : null,
      schedule: program.inputs[place]?.source.kind === 'schedule' ? showScheduled(account, place, view.game) : null,
    },
    operation: null,
  };
}

/** Row of batch element b of the disputed step (T1). */
function showRowOf({ setting, step }: Game, account: Account, b: number) {
  const { dataset, spec } = account.material;
  return showRow(dataset, sampleRows(spec, dataset.manifest.rows, setting.round, setting.slot, step)[b] as number);
}

function showScheduled(account: Account, input: number, { setting, step }: Game) {
  const { program, spec } = account.material;
  const source = program.inputs[input]?.source;
  if (source?.kind !== 'schedule') throw new RangeError(`input ${input} has no schedule`);
  const values = scheduleValues(spec, source.name);
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  const piece = Math.floor((4 * (setting.round * spec.stepsPerRound + step)) / PIECE_BYTES);
  return { piece: pieceOfBits(bits, piece), piecePath: new MerkleTree(tensorLeaves(bits)).path(piece), rootPath: [] };
}

export async function demandPiece(view: GameView, account: Account): Promise<Action | null> {
  const tensor = await difference(view, account, 'tensor');
  return tensor && demandTowards(view, 'tensor', tensor.seen, tensor.at);
}

/** The prefix after the first wrong step, as the defender has it. */
async function wrongPrefix(view: GameView, account: Account): Promise<(Difference & { readonly prefix: Prefix | null }) | null> {
  const prefixes = await difference(view, account, 'prefixes');
  if (!prefixes) return null;
  if (prefixes.at.height > 0) return { ...prefixes, prefix: null };
  const content = await seenContent(view, 'prefixes', prefixes.at.index, prefixes.seen.node(prefixes.at));
  return { ...prefixes, prefix: content && bigEndianWords(content) };
}

export async function openTerm(view: GameView, account: Account): Promise<Action | null> {
  const wrong = await wrongPrefix(view, account);
  if (!wrong?.prefix) return null;
  const { game } = view;
  const { place } = game.named as Named;
  const step = wrong.at.index - 1;
  const record = await account.recordOf(game.step);
  const term = account.machineOf(place)?.term(step) ?? 0;
  return {
    kind: 'openTerm',
    step,
    before: { prefix: (await prefixesOf(account, game))[step] as Prefix, path: wrong.seen.path(step) },
    after: { prefix: wrong.prefix, path: wrong.seen.path(step + 1) },
    bytes: account.material.docket.show('operation', place),
    shown: showPoint(account, record, place, { element: game.element, term }, await agreedPaths(view, account, record)),
  };
}

export async function demandPrefix(view: GameView, account: Account): Promise<Action | null> {
  const wrong = await wrongPrefix(view, account);
  return wrong && demandTowards(view, 'prefixes', wrong.seen, wrong.at);
}

const bigEndianWords = (bytes: Uint8Array): Prefix => {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: bytes.length / 4 }, (_, k) => view.getUint32(4 * k));
};
