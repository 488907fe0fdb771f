/** One dispute a case: a random round, a lie of the kind, an honest side and a liar, played to the end. */
import type { Profile } from '#engine/program/program.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import { checkpointsRoot } from '#swarm/protocol/checkpointTree.ts';
import { u32be } from '#swarm/protocol/bytes.ts';
import { toHash } from '#swarm/protocol/hex.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { sha256 } from '@noble/hashes/sha2.js';
import { globalRoot } from '#swarm/training/globalState.ts';
import { Account, type RoundMaterial } from '../account.ts';
import { deltaOf } from '../deltaAccount.ts';
import type { GameSetting } from '../game.ts';
import type { Side } from '../transitions.ts';
import { alphabet, randomRound, tinyRound } from './disputeMaterial.ts';
import { believer, demandingChallenger, late, postingNothing, recklessChallenger, stopping, withholding } from './liarPlayers.ts';
import { type AccountLie, ARITHMETIC_LIES, DELTA_LIES, FALSE_CHALLENGES, FALSE_ROOT_CHALLENGES, type LieKind, ROOT_LIES, type RootLie, STEP_LIES } from './lies.ts';
import { fittingOperations, LyingAccount } from './lyingAccount.ts';
import { rootCase } from './rootCases.ts';
import { honestPlayer, type Player, playDispute } from './playDispute.ts';
import { SimulatedChain } from './simulatedChain.ts';

export interface CaseResult {
  readonly winner: Side;
  readonly honest: Side;
  readonly why: string;
  readonly transactions: number;
  /** Moves by name, for what was covered. */
  readonly moves: readonly string[];
}

const CHALLENGER = 'challenger';
const SOLVER = 'solver';
const PROFILES: readonly Profile[] = ['f12', 'e11', 'e10'];
const BOND = 1000n;
/** Steps and checkpoint interval; the last has lists that take three demands to walk. */
const LETTER_STEPS = [
  [4, 2],
  [8, 1],
  [40, 40],
  [300, 300],
] as const;

/** Another every time; the same for the same seed. */
function roundFor(kind: LieKind, random: RandomWords): RoundMaterial {
  if (kind !== 'gift after poison' && (DELTA_LIES as readonly string[]).includes(kind))
    return random.below(2) === 0 ? tinyRound() : randomRound(random.word(), { profile: random.pick(PROFILES) });
  const poison = kind === 'hidden poison' || kind === 'risen from poison' || kind === 'gift after poison';
  const watched = poison || kind === 'false poison' || random.below(12) === 0;
  const which = poison ? 'random' : random.pick(['letters', 'small net', 'small net', 'random', 'random', 'random'] as const);
  if (which === 'letters') return alphabet(...random.pick(LETTER_STEPS));
  if (which === 'small net') return tinyRound();
  return randomRound(random.word(), { profile: random.pick(PROFILES), watched, stray: poison && random.below(2) === 0 });
}

/** Any would do, as long as every account of a round has the same. */
export function saltOf(checkpoint: number): Hash {
  return toHash(sha256(u32be(0x5a17, checkpoint)));
}

/** A lie that leaves a trace in some checkpoint, or in the delta, and the round that it is about. */
async function tellLie(kind: AccountLie, random: RandomWords): Promise<{ material: RoundMaterial; liar: Account; truth: Account }> {
  for (let attempt = 0; attempt < 200; attempt++) {
    const material = roundFor(kind, random);
    if (fittingOperations(kind, material.program).length === 0) continue;
    const truth = new Account(material, saltOf);
    const right = [...(await truth.checkpointRoots()), await deltaOf(truth).proposalRoot()];
    for (let k = 0; k < 5; k++) {
      const liar = new LyingAccount(material, kind, random, saltOf);
      const wrong = [...(await liar.checkpointRoots()), await deltaOf(liar).proposalRoot()];
      if (right.some((root, c) => root !== wrong[c])) return { material, liar, truth };
    }
  }
  throw new Error(`no lie of kind ${kind} comes about`);
}

/** Where the last checkpoint is right, only an audit can lead to a dispute, and it names the segment (D6). */
async function auditedSegment(truth: Account, defender: Account): Promise<number | null> {
  const [right, said] = [await truth.checkpointRoots(), await defender.checkpointRoots()];
  const first = said.findIndex((root, c) => root !== right[c]);
  return first < 0 || said.at(-1) !== right.at(-1) ? null : Math.max(0, first - 1);
}

async function settingOf(material: RoundMaterial, truth: Account, defender: Account): Promise<Omit<GameSetting, keyof Parties>> {
  const { docket, globalState, slot } = material;
  return {
    docketRoot: docket.root,
    job: docket.job,
    round: globalState.round,
    slot,
    globalRoot: globalRoot(globalState),
    checkpointsRoot: checkpointsRoot(await defender.checkpointRoots(), defender.salts()),
    endRoot: await deltaOf(defender).proposalRoot(),
    counted: null,
    endRound: 0,
    segment: await auditedSegment(truth, defender),
    clockSeconds: 3600,
    bondWei: BOND,
  };
}

export interface PreparedCase {
  readonly setting: GameSetting;
  readonly jobPath: readonly Hash[];
  readonly players: Readonly<Record<Side, Player>>;
  readonly honest: Side;
}

export interface Parties {
  readonly challenger: string;
  readonly defender: string;
}

/** An honest challenger against a lying solver. */
export async function prepareDispute(material: RoundMaterial, truth: Account, liar: Account, parties: Parties): Promise<PreparedCase> {
  return {
    setting: { ...(await settingOf(material, truth, liar)), ...parties },
    jobPath: material.docket.jobPath,
    players: { challenger: honestPlayer('challenger', truth, parties.challenger), defender: believer(honestPlayer('defender', liar, parties.defender)) },
    honest: 'challenger',
  };
}

/** The same case for the same seed. */
export async function prepareCase(kind: LieKind, seed: number, parties: Parties): Promise<PreparedCase> {
  const random = new RandomWords(seed);
  if ([...ROOT_LIES, ...FALSE_ROOT_CHALLENGES].includes(kind as RootLie)) return prepareRootCase(kind as RootLie, random, parties);
  const falseChallenge = (FALSE_CHALLENGES as readonly string[]).includes(kind);
  const isAccountLie = [...ARITHMETIC_LIES, ...STEP_LIES, ...DELTA_LIES].includes(kind as AccountLie);
  const about = isAccountLie
    ? (kind as AccountLie)
    : random.pick([...ARITHMETIC_LIES, 'stale state', 'swapped batch rows', 'wrong quantisation', 'delta of other weights'] as const);
  const { material, liar, truth } = await tellLie(about, random);
  const players: Record<Side, Player> = falseChallenge
    ? { challenger: falseChallenger(kind, liar, truth, random, parties.challenger), defender: honestPlayer('defender', truth, parties.defender) }
    : {
        challenger: honestPlayer('challenger', truth, parties.challenger),
        defender: behaving(kind, believer(honestPlayer('defender', liar, parties.defender)), random),
      };
  return {
    setting: { ...(await settingOf(material, truth, falseChallenge ? truth : liar)), ...parties },
    jobPath: material.docket.jobPath,
    players,
    honest: falseChallenge ? 'defender' : 'challenger',
  };
}

async function prepareRootCase(kind: RootLie, random: RandomWords, parties: Parties): Promise<PreparedCase> {
  const isFalse = (FALSE_ROOT_CHALLENGES as readonly string[]).includes(kind);
  const { setting, docket, truth, liar } = await rootCase(kind, random, isFalse);
  const { challenger, defender } = parties;
  const lies = believer(honestPlayer('defender', liar, defender));
  const accuses = kind === 'reckless challenger of a root' ? recklessChallenger(truth, random) : believer(honestPlayer('challenger', liar, challenger));
  return {
    setting: { ...setting, ...parties },
    jobPath: docket.jobPath,
    players: isFalse
      ? { challenger: accuses, defender: honestPlayer('defender', truth, defender) }
      : { challenger: honestPlayer('challenger', truth, challenger), defender: random.below(2) === 0 ? withholding(lies) : lies },
    honest: isFalse ? 'defender' : 'challenger',
  };
}

/** On a simulated chain. Errors: where money is made or lost, or the game does not end. */
export async function playCase(kind: LieKind, seed: number): Promise<CaseResult> {
  const { setting, jobPath, players, honest } = await prepareCase(kind, seed, { challenger: CHALLENGER, defender: SOLVER });
  const chain = new SimulatedChain();
  chain.fund(CHALLENGER, 100n * BOND);
  chain.fund(SOLVER, 100n * BOND);
  const id = chain.open(setting, jobPath);
  await playDispute(chain, id, players);
  if (chain.totalWei() !== 200n * BOND) throw new Error(`money was made or lost: ${chain.totalWei()}`);
  const { game, log, transactions } = chain.at(id);
  return { winner: game.result?.winner as Side, honest, why: game.result?.why ?? '', transactions, moves: log.map((action) => action.kind) };
}

function behaving(kind: LieKind, liar: Player, random: RandomWords): Player {
  const maybeWithheld = random.below(5) === 0 ? withholding(liar) : liar;
  switch (kind) {
    case 'refuses to answer':
      return stopping(maybeWithheld, random.below(5));
    case 'withholds hashes':
      return withholding(liar);
    case 'answers late':
      return late(maybeWithheld, random.below(4));
    case 'posts a root of nothing':
      return postingNothing(maybeWithheld, random);
    default:
      return maybeWithheld;
  }
}

function falseChallenger(kind: LieKind, liar: Account, truth: Account, random: RandomWords, actor: string): Player {
  switch (kind) {
    case 'reckless challenger':
      return recklessChallenger(truth, random);
    case 'challenger that demands everything':
      return demandingChallenger(truth, random);
    case 'silent challenger':
      return stopping(believer(honestPlayer('challenger', liar, actor)), random.below(4));
    default:
      return believer(honestPlayer('challenger', liar, actor));
  }
}
