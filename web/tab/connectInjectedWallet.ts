/** An account from a wallet extension (EIP-1193), on the chain that the contracts are on. */
import { type EIP1193Provider, getAddress, numberToHex } from 'viem';
import type { WalletAccount } from '#swarm/chain/createChainClient.ts';

/** EIP-1193: the person said no. */
const REFUSED = 4001;
/** EIP-3085: the wallet does not know the chain. */
const UNKNOWN_CHAIN = 4902;
const SIGNING: ReadonlySet<string> = new Set(['eth_signTypedData_v4', 'eth_sendTransaction']);

const codeOf = (error: unknown) => (typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined);
const injected = () => (globalThis as { ethereum?: EIP1193Provider }).ethereum;

/** Asks the person. Errors: no wallet, the person said no, or the wallet cannot use this chain; in words. */
export async function connectInjectedWallet(chainId: number): Promise<WalletAccount> {
  const provider = injected();
  if (!provider) throw new Error('This browser has no wallet extension. The key that this tab made for itself works without one.');
  const [first] = await provider.request({ method: 'eth_requestAccounts' }).catch((error: unknown) => {
    if (codeOf(error) === REFUSED) throw new Error('You did not let this page use the wallet. Press "Connect wallet" again, or go on with the key that this tab made for itself.');
    throw error;
  });
  if (!first) throw new Error('The wallet gave no account. Unlock it and try again.');
  await useChain(provider, chainId);
  return accountOf(provider, first, chainId);
}

/** The account that was connected before, without asking; null where the wallet does not give it any more. */
export async function reconnectInjectedWallet(chainId: number): Promise<WalletAccount | null> {
  const provider = injected();
  const [first] = (await provider?.request({ method: 'eth_accounts' }).catch(() => [])) ?? [];
  return provider && first ? accountOf(provider, first, chainId) : null;
}

/** People go to other chains in between: before each signature the wallet is asked back to this one. */
function accountOf(provider: EIP1193Provider, address: string, chainId: number): WalletAccount {
  const request: EIP1193Provider['request'] = async (call) => {
    if (SIGNING.has(call.method)) await useChain(provider, chainId);
    return provider.request(call as never);
  };
  return { address: getAddress(address), provider: { request, on: provider.on.bind(provider), removeListener: provider.removeListener.bind(provider) } };
}

async function useChain(provider: EIP1193Provider, chainId: number): Promise<void> {
  if (Number(await provider.request({ method: 'eth_chainId' })) === chainId) return;
  const rpc = new URL('/api/rpc', location.origin).href;
  const id = numberToHex(chainId);
  try {
    await provider.request({ method: 'wallet_switchEthereumChain', params: [{ chainId: id }] }).catch(async (error: unknown) => {
      if (codeOf(error) !== UNKNOWN_CHAIN) throw error;
      const network = { chainId: id, chainName: `Tutti ${chainId}`, nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 }, rpcUrls: [rpc] };
      await provider.request({ method: 'wallet_addEthereumChain', params: [network] });
    });
  } catch (error) {
    throw new Error(`The wallet is on another chain. Switch it to the network with chain id ${chainId}, or add that network with ${rpc} as its RPC, then try again.`, {
      cause: error,
    });
  }
}
