/** Puts all contracts on a chain. They know each other from the start: addresses follow from the deployer's nonce. */
import type * as BytecodeModule from '#abi/bytecode.ts';
import { type Abi, createPublicClient, createWalletClient, getContractAddress, type Hex, http, parseEther, type PublicClient, type WalletClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { auditsAbi } from '#abi/auditsAbi.ts';
import { challengesAbi } from '#abi/challengesAbi.ts';
import { courtAbi } from '#abi/courtAbi.ts';
import { faucetAbi } from '#abi/faucetAbi.ts';
import { futureBlockBeaconAbi } from '#abi/futureBlockBeaconAbi.ts';
import { gameAbi } from '#abi/gameAbi.ts';
import { jobsAbi } from '#abi/jobsAbi.ts';
import { lensAbi } from '#abi/lensAbi.ts';
import { roundsAbi } from '#abi/roundsAbi.ts';
import { timelockControllerAbi } from '#abi/timelockControllerAbi.ts';
import { tuttiForwarderAbi } from '#abi/tuttiForwarderAbi.ts';
import { tuttiGovernorAbi } from '#abi/tuttiGovernorAbi.ts';
import { tuttiTokenAbi } from '#abi/tuttiTokenAbi.ts';
import { vaultAbi } from '#abi/vaultAbi.ts';
import type { Address, Hash } from '#swarm/protocol/jobSpec.ts';
import type { Deployment, Timing } from './deployment.ts';

/** For an embedded chain: short enough that a class sees the end. A real L2 wants each over its forced-inclusion delay. */
export const EMBEDDED_TIMING: Timing = { windowSeconds: 20, answerSeconds: 60, challengeSeconds: 180, withdrawSeconds: 60, payoutSeconds: 60 };

const SUPPLY_WEI = parseEther('1000000000');
const FAUCET_WEI = parseEther('500000000');
const FAUCET_PORTION_WEI = parseEther('10000');
const FAUCET_CAP_WEI = parseEther('100000');
const FAUCET_GAS_WEI = parseEther('0.1');
const FAUCET_PURSE_WEI = parseEther('100');
const BEACON_DELAY_BLOCKS = 2n;
const TIMELOCK_SECONDS = 2n * 24n * 3600n;
const VOTING_DELAY_SECONDS = 24 * 3600;
const VOTING_PERIOD_SECONDS = 7 * 24 * 3600;

export interface DeployOptions {
  readonly rpcUrl: string;
  /** Pays for gas and gets the supply of TUT, less the faucet's half. */
  readonly key: Hex;
  readonly timing?: Timing;
  /** A faucet is for embedded chains; default true. */
  readonly faucet?: boolean;
  readonly onStep?: (text: string) => void;
}

/** Errors: the RPC's, or a contract that did not come to stand. */
export async function deployContracts(options: DeployOptions): Promise<Deployment> {
  const { rpcUrl, timing = EMBEDDED_TIMING, faucet = true } = options;
  const account = privateKeyToAccount(options.key);
  const reader = createPublicClient({ transport: http(rpcUrl), cacheTime: 0, pollingInterval: 200 });
  const wallet = createWalletClient({ account, transport: http(rpcUrl) });
  const [chainId, firstNonce] = await Promise.all([reader.getChainId(), reader.getTransactionCount({ address: account.address })]);
  const { bytecode } = await import('#abi/bytecode.ts');
  const addressOf = (place: number) => getContractAddress({ from: account.address, nonce: BigInt(firstNonce + place) }).toLowerCase() as Address;
  const names = ['token', 'forwarder', 'beacon', 'treasury', 'governor', 'vault', 'jobs', 'rounds', 'audits', 'challenges', 'lens', 'court', 'game'] as const;
  const addresses = Object.fromEntries(names.map((name, place) => [name, addressOf(place)])) as Record<(typeof names)[number], Address>;
  const { token, forwarder, beacon, treasury, vault, jobs, rounds, audits, challenges, governor, court, game } = addresses;
  const modules = { forwarder, token, vault, jobs, rounds, audits, challenges, game, beacon, treasury };
  const everyone = '0x0000000000000000000000000000000000000000' as const;

  const steps: readonly Step[] = [
    { name: 'TuttiToken', abi: tuttiTokenAbi, args: [account.address, SUPPLY_WEI] },
    { name: 'TuttiForwarder', abi: tuttiForwarderAbi, args: [] },
    { name: 'FutureBlockBeacon', abi: futureBlockBeaconAbi, args: [BEACON_DELAY_BLOCKS] },
    { name: 'TimelockController', abi: timelockControllerAbi, args: [TIMELOCK_SECONDS, [governor], [everyone], everyone] },
    { name: 'TuttiGovernor', abi: tuttiGovernorAbi, args: [token, treasury, VOTING_DELAY_SECONDS, VOTING_PERIOD_SECONDS] },
    { name: 'Vault', abi: vaultAbi, args: [modules, timing] },
    { name: 'Jobs', abi: jobsAbi, args: [modules] },
    { name: 'Rounds', abi: roundsAbi, args: [modules, timing] },
    { name: 'Audits', abi: auditsAbi, args: [modules, timing] },
    { name: 'Challenges', abi: challengesAbi, args: [modules, timing] },
    { name: 'Lens', abi: lensAbi, args: [modules] },
    { name: 'Court', abi: courtAbi, args: [] },
    { name: 'Game', abi: gameAbi, args: [court, vault, forwarder, challenges] },
    ...(faucet ? [{ name: 'Faucet', abi: faucetAbi, args: [forwarder, token, FAUCET_PORTION_WEI, FAUCET_CAP_WEI, FAUCET_GAS_WEI] } as const] : []),
  ];
  const placed: Placed[] = [];
  for (const [place, step] of steps.entries()) {
    options.onStep?.(`deploying ${step.name} (${place + 1} of ${steps.length})`);
    placed.push(await deployOne(reader, wallet, step, bytecode[step.name], addressOf(place), firstNonce + place));
  }
  const faucetAddress = faucet ? addressOf(steps.length - 1) : null;
  if (faucetAddress) await fillFaucet(reader, wallet, token, faucetAddress);
  const first = placed[0] as Placed;
  return { chainId, block: Number(first.block), blockHash: first.blockHash, addresses, faucet: faucetAddress, timing };
}

type Bytecode = typeof BytecodeModule.bytecode;

interface Step {
  readonly name: keyof Bytecode;
  readonly abi: Abi;
  readonly args: readonly unknown[];
}

interface Placed {
  readonly block: bigint;
  readonly blockHash: Hash;
}

async function deployOne(reader: PublicClient, wallet: WalletClient, step: Step, bytecode: Hex, expected: Address, nonce: number): Promise<Placed> {
  const { account } = wallet;
  if (!account) throw new Error('the deployer has no account');
  const hash = await wallet.deployContract({ account, chain: null, abi: step.abi, args: step.args, bytecode, nonce });
  const receipt = await reader.waitForTransactionReceipt({ hash });
  if (receipt.status !== 'success' || receipt.contractAddress?.toLowerCase() !== expected) {
    throw new Error(`${step.name} did not come to stand at ${expected}: did the deployer's key send something else meanwhile? Start over`);
  }
  return { block: receipt.blockNumber, blockHash: receipt.blockHash };
}

async function fillFaucet(reader: PublicClient, wallet: WalletClient, token: Address, faucet: Address): Promise<void> {
  const { account } = wallet;
  if (!account) throw new Error('the deployer has no account');
  const tokens = await wallet.writeContract({ account, chain: null, address: token, abi: tuttiTokenAbi, functionName: 'transfer', args: [faucet, FAUCET_WEI] });
  await reader.waitForTransactionReceipt({ hash: tokens });
  const purseWei = await reader.getBalance({ address: account.address });
  if (purseWei < 2n * FAUCET_PURSE_WEI) return;
  const gas = await wallet.sendTransaction({ account, chain: null, to: faucet, value: FAUCET_PURSE_WEI });
  await reader.waitForTransactionReceipt({ hash: gas });
}
