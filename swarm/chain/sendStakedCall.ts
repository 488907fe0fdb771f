/** A write that locks or escrows stake: what the free stake lacks is deposited from the balance, and only if all else is well. */
import { formatEther, type TransactionReceipt } from 'viem';
import { ChainError } from './chainError.ts';
import type { ChainClient } from './createChainClient.ts';
import { depositStake } from './depositStake.ts';
import { readAccount } from './readAccount.ts';
import { type Call, sendCall } from './sendCall.ts';

/** Errors: as `sendCall`, and `BalanceTooLow` where the balance does not reach. */
export async function sendStakedCall(chain: ChainClient, call: Call): Promise<TransactionReceipt> {
  try {
    return await sendCall(chain, call);
  } catch (error) {
    const lackingWei = error instanceof ChainError ? lackingOf(chain, error) : null;
    if (lackingWei === null) throw error;
    await deposit(chain, lackingWei);
    return sendCall(chain, call);
  }
}

/** The contracts check everything else before they take stake, so this refusal means that only stake lacks. */
function lackingOf(chain: ChainClient, { code, args }: ChainError): bigint | null {
  const [account, freeWei, neededWei] = args;
  if (code !== 'StakeTooLow' || typeof freeWei !== 'bigint' || typeof neededWei !== 'bigint') return null;
  return String(account).toLowerCase() === chain.address.toLowerCase() ? neededWei - freeWei : null;
}

async function deposit(chain: ChainClient, amountWei: bigint): Promise<void> {
  const { balanceWei } = await readAccount(chain);
  if (balanceWei < amountWei) {
    throw new ChainError(`${formatEther(amountWei)} TUT more are needed, this account has ${formatEther(balanceWei)}: get some from the faucet or from someone`, 'BalanceTooLow', [
      amountWei,
      balanceWei,
    ]);
  }
  await depositStake(chain, { amountWei });
}
