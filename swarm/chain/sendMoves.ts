/** Moves of one side of a dispute (SPEC D6), all in one transaction. Deposits what their bonds lack. */
import { encodeFunctionData, type Hex } from 'viem';
import { gameAbi } from '#abi/gameAbi.ts';
import { move } from '#swarm/dispute/move.ts';
import type { Action, Game } from '#swarm/dispute/game.ts';
import type { ChainClient } from './createChainClient.ts';
import { encodeMove } from './encodeMove.ts';
import { sendStakedCall } from './sendStakedCall.ts';

/** `game`: as the chain has it now; `now`: seconds of block time. Errors: Refusal where a move does not hold; those of the chain. */
export async function sendMoves(
  chain: ChainClient,
  it: { readonly id: bigint; readonly game: Game; readonly actions: readonly Action[]; readonly actor: string; readonly now: number },
): Promise<void> {
  const calls: Hex[] = [];
  let { game } = it;
  for (const action of it.actions) {
    calls.push(encodeMove(it.id, game, action));
    game = move(game, action, it.actor, it.now);
  }
  const [only] = calls;
  const data = calls.length === 1 && only ? only : encodeFunctionData({ abi: gameAbi, functionName: 'multicall', args: [calls] });
  const what = it.actions.map(({ kind }) => kind).join(', ');
  await sendStakedCall(chain, { action: `move in the dispute (${what})`, to: chain.deployment.addresses.game, data });
}
