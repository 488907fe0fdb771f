/** Sees to it that free stake is at hand, depositing from the balance what lacks and what there is. */
import type { ChainClient } from './createChainClient.ts';
import { depositStake } from './depositStake.ts';
import { readAccount } from './readAccount.ts';

/** Returns the free stake after it, in wei: less than `freeWei` where the balance does not reach. Errors: as `depositStake`. */
export async function fundStake(chain: ChainClient, { freeWei }: { readonly freeWei: bigint }): Promise<bigint> {
  const { stakedWei, lockedWei, balanceWei } = await readAccount(chain);
  const now = stakedWei - lockedWei;
  const lackingWei = freeWei - now;
  const amountWei = lackingWei < balanceWei ? lackingWei : balanceWei;
  if (amountWei <= 0n) return now;
  await depositStake(chain, { amountWei });
  return now + amountWei;
}
