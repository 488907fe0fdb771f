/** Is this the chain that the deployment was made on? An RPC address is only a string that someone gave. */
import type { PublicClient } from 'viem';
import { ChainError } from './chainError.ts';
import type { Deployment } from './deployment.ts';

/** Errors: the RPC does not answer, is another chain, or the contracts are not there. */
export async function checkDeployment(client: PublicClient, deployment: Deployment): Promise<void> {
  const chainId = await client.getChainId().catch((error: unknown) => {
    throw new ChainError(`the chain does not answer: ${firstLine(error)}`, 'ChainUnreachable', []);
  });
  if (chainId !== deployment.chainId) {
    throw new ChainError(`the RPC says that it is chain ${chainId}, but the contracts are on chain ${deployment.chainId}: check the RPC address`, 'WrongChain', [
      chainId,
      deployment.chainId,
    ]);
  }
  const [code, block] = await Promise.all([client.getCode({ address: deployment.addresses.lens }), client.getBlock({ blockNumber: BigInt(deployment.block) }).catch(() => null)]);
  if (!code || code === '0x' || block?.hash !== deployment.blockHash) {
    throw new ChainError(
      `chain ${chainId} does not hold this deployment (block ${deployment.block} differs or the contracts are missing): was the chain started anew?`,
      'NotDeployed',
      [],
    );
  }
}

function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
}
