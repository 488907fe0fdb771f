/** What each move says in `GameMoved.claim`, by the words of contracts/src/court/GameBase.sol. */
import { type AbiParameter, decodeAbiParameters, type Hex, parseAbiParameters } from 'viem';
import type { MoveKind } from '#swarm/dispute/transitions.ts';
import type { Plain } from '#swarm/protocol/disputeView.ts';

const FAULT = parseAbiParameters('uint256 leaf, bytes32 claimed, bytes32 right');
const CLAIMS: Readonly<Record<MoveKind, readonly AbiParameter[]>> = {
  chooseSegment: parseAbiParameters('uint32 segment'),
  askCheckpoint: parseAbiParameters('uint256 asked, uint8 verdict'),
  revealCheckpoint: parseAbiParameters('uint256 checkpoint, bytes32 root'),
  openSegment: parseAbiParameters('bytes32 first, bytes32 last, bytes32 stepsRoot'),
  openStep: parseAbiParameters('uint256 step, bytes32 root0, bytes32 root1'),
  faultStart: FAULT,
  claimStep: parseAbiParameters('bytes32 inputsRoot, bytes32 traceRoot, bool poison'),
  faultHeader: FAULT,
  faultState: FAULT,
  faultPoison: parseAbiParameters('bool isIndex, uint32 place, uint256 element, uint256 term'),
  nameInput: parseAbiParameters('uint32 place, uint256 elements, bytes32 root'),
  nameOperation: parseAbiParameters('uint32 place, uint256 elements, bytes32 root, uint8 reduce, uint256 terms'),
  nameWord: parseAbiParameters('uint256 element, uint256 claimed, uint256 right'),
  commitPrefixes: parseAbiParameters('bytes32 root, uint256[] last'),
  openTerm: parseAbiParameters('uint256 step, uint256 term, uint256[] before, uint256[] claimed, uint256[2] operands, uint256[] right'),
  demand: parseAbiParameters('uint8 list, uint256 height, uint256 index, bytes32 node'),
  answer: parseAbiParameters('uint8 list, uint256 height, uint256 index, bytes32[] children, bytes content'),
  timeout: [],
  claimDelta: parseAbiParameters('bytes32 last, bytes32 inputsRoot, bytes32 traceRoot, bool poison'),
  faultInput: FAULT,
};

/** By name. Errors: viem's, where the claim is not one of this move. */
export function decodeClaim(move: MoveKind, claim: Hex): Readonly<Record<string, Plain>> {
  const parameters = CLAIMS[move];
  if (parameters.length === 0) return {};
  const values = decodeAbiParameters(parameters, claim);
  return Object.fromEntries(parameters.map(({ name = '' }, k) => [name, plain(values[k])]));
}

function plain(value: unknown): Plain {
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value === 'bigint') return value <= Number.MAX_SAFE_INTEGER ? Number(value) : value.toString();
  return value as string | number | boolean;
}
