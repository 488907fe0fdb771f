/** A tab's (or a process's) way to the contracts. Actions are in their own files and take the client first. */
import {
  createPublicClient,
  createWalletClient,
  custom,
  defineChain,
  type EIP1193Provider,
  http,
  type Hex,
  type LocalAccount,
  type PublicClient,
  type Transport,
  type TypedDataDefinition,
} from 'viem';
import type { Address, Hash } from '#swarm/protocol/jobSpec.ts';
import { checkDeployment } from './checkDeployment.ts';
import { describeFailure } from './describeRevert.ts';
import { type Deployment, deploymentId } from './deployment.ts';
import { type InTurn, takeTurns } from './takeTurns.ts';
import type { ChainEvent, JobView, RoundView } from '#swarm/protocol/jobView.ts';

/** An injected wallet (EIP-1193) and the address that it answers for. */
export interface WalletAccount {
  readonly address: Address;
  readonly provider: EIP1193Provider;
}

/** One write that is on chain. `gasUsed` of a forwarded call is its share of the batch. */
export interface TransactionReport {
  readonly action: string;
  readonly transaction: Hash;
  readonly gasUsed: bigint;
  readonly forwarded: boolean;
}

export interface ChainClientOptions {
  /** Either the RPC's address or a viem transport. */
  readonly rpcUrl?: string;
  readonly transport?: Transport;
  readonly account: LocalAccount | WalletAccount;
  readonly deployment: Deployment;
  /** Signed requests are posted here; without it every write is a transaction of the account, which pays its gas. */
  readonly submitter?: { readonly url: string };
  readonly onTransaction?: (report: TransactionReport) => void;
  /** Shared with whoever else sends with this account's key. */
  readonly inTurn?: InTurn;
}

export interface ChainClient {
  readonly address: Address;
  readonly chainId: number;
  /** Names this deployment in stores: no two deployments share it. */
  readonly deploymentId: string;
  readonly deployment: Deployment;
  readonly publicClient: PublicClient;
  readonly submitterUrl: string | null;
  readonly signTypedData: (definition: TypedDataDefinition) => Promise<Hex>;
  /** A transaction of the account itself. */
  readonly sendTransaction: (call: { readonly to: Address; readonly data: Hex; readonly gas: bigint }) => Promise<Hash>;
  /** Runs writes of this account one after another, so that nonces never collide. */
  readonly inTurn: InTurn;
  readonly onTransaction: (report: TransactionReport) => void;
  /** What cannot change any more, kept so that reading stays cheap. */
  readonly memory: {
    readonly rounds: Map<bigint, Map<number, RoundView>>;
    readonly jobs: Map<bigint, JobView>;
    readonly events: { nextBlock: bigint; readonly all: ChainEvent[]; reading: Promise<void> };
  };
}

/** Errors: `ChainError` when the RPC does not answer, is another chain, or does not hold the deployment. */
export async function createChainClient(options: ChainClientOptions): Promise<ChainClient> {
  const { account, deployment } = options;
  const transport = options.transport ?? (options.rpcUrl === undefined ? null : http(options.rpcUrl, { retryCount: 2, timeout: 20_000 }));
  if (!transport) throw new TypeError('createChainClient needs rpcUrl or transport');
  const chain = defineChain({
    id: deployment.chainId,
    name: 'Tutti',
    nativeCurrency: { name: 'Ether', symbol: 'ETH', decimals: 18 },
    rpcUrls: { default: { http: options.rpcUrl === undefined ? [] : [options.rpcUrl] } },
  });
  // The sequencer's answers are small and local; the default of four seconds would be felt at every press of a button.
  const publicClient: PublicClient = createPublicClient({ chain, transport, cacheTime: 0, pollingInterval: 250 });
  await checkDeployment(publicClient, deployment);
  const isWallet = 'provider' in account;
  const wallet = isWallet ? createWalletClient({ account: account.address, chain, transport: custom(account.provider) }) : createWalletClient({ account, chain, transport });
  return {
    address: account.address,
    chainId: deployment.chainId,
    deploymentId: deploymentId(deployment),
    deployment,
    publicClient,
    submitterUrl: options.submitter?.url ?? null,
    signTypedData: (definition) =>
      isWallet
        ? wallet.signTypedData({ account: account.address, ...definition }).catch((error: unknown) => {
            throw describeFailure(error);
          })
        : account.signTypedData(definition),
    sendTransaction: (call) => wallet.sendTransaction(call),
    inTurn: options.inTurn ?? takeTurns(),
    onTransaction: options.onTransaction ?? (() => {}),
    memory: { rounds: new Map(), jobs: new Map(), events: { nextBlock: BigInt(deployment.block), all: [], reading: Promise.resolve() } },
  };
}
