/** One portion of TUT (and the first time some gas) from the faucet of an embedded chain. */
import { encodeFunctionData } from 'viem';
import { faucetAbi } from '#abi/faucetAbi.ts';
import { ChainError } from './chainError.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

/** Errors: this chain has no faucet, or the account has had its share. */
export async function fundFromFaucet(chain: ChainClient): Promise<void> {
  const { faucet } = chain.deployment;
  if (faucet === null) throw new ChainError('this chain has no faucet: TUT must come from someone who has it', 'NoFaucet', []);
  const data = encodeFunctionData({ abi: faucetAbi, functionName: 'drip' });
  await sendCall(chain, { action: 'take from the faucet', to: faucet, data });
}
