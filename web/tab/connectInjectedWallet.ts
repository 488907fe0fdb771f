/** An account from a wallet extension (EIP-1193), on the chain that the contracts are on. */
import { type EIP1193Provider, getAddress, numberToHex } from 'viem';
import type { WalletAccount } from '#swarm/chain/createChainClient.ts';

/** Errors: no wallet, the person said no, or the wallet cannot use this chain; in words. */
export async function connectInjectedWallet(chainId: number): Promise<WalletAccount> {
  const provider = (globalThis as { ethereum?: EIP1193Provider }).ethereum;
  if (!provider) throw new Error('This browser has no wallet extension. The key that this tab made for itself works without one.');
  const [first] = await provider.request({ method: 'eth_requestAccounts' });
  if (!first) throw new Error('The wallet gave no account. Unlock it and try again.');
  const current = await provider.request({ method: 'eth_chainId' });
  if (Number(current) !== chainId) {
    await provider.request({ method: 'wallet_switchEthereumChain', params: [{ chainId: numberToHex(chainId) }] }).catch(() => {
      throw new Error(`The wallet is on another chain. Add a network with chain id ${chainId} and this site's address followed by /api/rpc as its RPC, then try again.`);
    });
  }
  return { address: getAddress(first), provider };
}
