/** Calls of a game inside a transaction, whoever brought them: alone, many at once, or as a signed request by the forwarder. */
import { type Abi, type AbiParameter, decodeFunctionData, getAbiItem, type Hex } from 'viem';
import { challengesAbi } from '#abi/challengesAbi.ts';
import { tuttiForwarderAbi } from '#abi/tuttiForwarderAbi.ts';
import type { CallPart, DecodedCall } from '#swarm/protocol/disputeView.ts';
import type { Deployment } from './deployment.ts';
import { disputeAbi } from './encodeMove.ts';

export interface GameCall extends DecodedCall {
  /** As viem gives them: tuples are objects. */
  readonly args: readonly unknown[];
}

export interface GameCalls {
  /** Signed requests in the transaction; 1 where it is a call of its own. */
  readonly requests: number;
  readonly calls: readonly GameCall[];
}

interface Call {
  readonly to: string | null;
  readonly data: Hex;
}

/** Moves of game `id`, and the call that opened it where `opens`. What cannot be read is left out. */
export function decodeGameCalls(deployment: Pick<Deployment, 'addresses'>, call: Call, id: bigint, opens: boolean): GameCalls {
  const { game, challenges, forwarder } = deployment.addresses;
  const requests = same(call.to, forwarder) ? requestsOf(call.data) : [call];
  const calls = requests.flatMap(({ to, data }) => {
    if (same(to, challenges)) return decode(challengesAbi, data).filter((one) => opens && (one.function === 'play' || one.function === 'playRoot'));
    return same(to, game) ? movesIn(data).filter((one) => one.args[0] === id || (opens && one.function === 'open')) : [];
  });
  return { requests: requests.length, calls };
}

const same = (a: string | null, b: string) => a?.toLowerCase() === b.toLowerCase();

function requestsOf(data: Hex): readonly Call[] {
  try {
    const { functionName, args } = decodeFunctionData({ abi: tuttiForwarderAbi, data });
    if (functionName === 'execute') return [args[0]];
    return functionName === 'executeBatch' ? args[0] : [];
  } catch {
    return [];
  }
}

function movesIn(data: Hex): GameCall[] {
  return decode(disputeAbi, data).flatMap((call) => (call.function === 'multicall' ? (call.args[0] as readonly Hex[]).flatMap(movesIn) : [call]));
}

function decode(abi: Abi, data: Hex): GameCall[] {
  try {
    const { functionName, args = [] } = decodeFunctionData({ abi, data });
    const item = getAbiItem({ abi, name: data.slice(0, 10) as Hex });
    const inputs = item?.type === 'function' ? item.inputs : [];
    return [{ function: functionName, args, parts: inputs.map((input, k) => partOf(input, args[k])) }];
  } catch {
    return [];
  }
}

function partOf(parameter: AbiParameter, value: unknown): CallPart {
  const { name = '', type } = parameter;
  const list = /^(.*)\[\d*\]$/.exec(type);
  if (list) return { name, type, value: (value as readonly unknown[]).map((one, k) => partOf({ ...parameter, name: String(k), type: list[1] as string }, one)) };
  if (!('components' in parameter)) return { name, type, value: String(value) };
  return { name, type, value: parameter.components.map((part) => partOf(part, (value as Record<string, unknown>)[part.name ?? ''])) };
}
