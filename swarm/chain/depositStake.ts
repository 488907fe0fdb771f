/** Moves TUT from the balance to free stake. The allowance is signed (EIP-2612), so one call is enough. */
import { encodeFunctionData, parseSignature } from 'viem';
import { tuttiTokenAbi } from '#abi/tuttiTokenAbi.ts';
import { vaultAbi } from '#abi/vaultAbi.ts';
import type { ChainClient } from './createChainClient.ts';
import { sendCall } from './sendCall.ts';

const PERMIT_SECONDS = 3600;
const PERMIT_TYPES = {
  Permit: [
    { name: 'owner', type: 'address' },
    { name: 'spender', type: 'address' },
    { name: 'value', type: 'uint256' },
    { name: 'nonce', type: 'uint256' },
    { name: 'deadline', type: 'uint256' },
  ],
} as const;

export async function depositStake(chain: ChainClient, { amountWei }: { readonly amountWei: bigint }): Promise<void> {
  const { token, vault } = chain.deployment.addresses;
  const [nonce, block] = await Promise.all([
    chain.publicClient.readContract({ address: token, abi: tuttiTokenAbi, functionName: 'nonces', args: [chain.address] }),
    chain.publicClient.getBlock(),
  ]);
  const deadline = BigInt(Math.max(Number(block.timestamp), Math.floor(Date.now() / 1000)) + PERMIT_SECONDS);
  const signature = await chain.signTypedData({
    domain: { name: 'Tutti', version: '1', chainId: chain.chainId, verifyingContract: token },
    types: PERMIT_TYPES,
    primaryType: 'Permit',
    message: { owner: chain.address, spender: vault, value: amountWei, nonce, deadline },
  });
  const { r, s, yParity } = parseSignature(signature);
  const data = encodeFunctionData({ abi: vaultAbi, functionName: 'depositWithPermit', args: [amountWei, deadline, 27 + yParity, r, s] });
  await sendCall(chain, { action: 'deposit stake', to: vault, data });
}
