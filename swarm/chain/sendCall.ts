/** One write: tried against the newest block first, then sent by the account itself or signed for a submitter (S4). */
import { type Hex, parseEventLogs, type TransactionReceipt } from 'viem';
import { tuttiForwarderAbi } from '#abi/tuttiForwarderAbi.ts';
import type { Address } from '#swarm/protocol/jobSpec.ts';
import { ChainError } from './chainError.ts';
import type { ChainClient } from './createChainClient.ts';
import { describeFailure, describeRevert } from './describeRevert.ts';
import { encodeForwardRequest, FORWARD_REQUEST_TYPES, type ForwardRequest, forwarderDomain, type SubmitResult } from './forwardRequest.ts';

/** Signed requests are worth nothing after so long. */
const REQUEST_SECONDS = 600;
const SUBMIT_MS = 60_000;
/** Cap per transaction of the EVM (EIP-7825). */
const MAX_GAS = 2n ** 24n;

export interface Call {
  /** In plain words, for reports: `commit the round`. */
  readonly action: string;
  readonly to: Address;
  readonly data: Hex;
}

/** Returns when the call is in a block and succeeded. Errors: `ChainError` with the contract's reason, before any gas is spent where possible. */
export function sendCall(chain: ChainClient, call: Call): Promise<TransactionReceipt> {
  return chain.inTurn(async () => {
    try {
      const gas = await estimate(chain, call);
      return chain.submitterUrl === null ? await sendDirectly(chain, call, gas) : await sendForwarded(chain, call, gas, chain.submitterUrl);
    } catch (error) {
      const failure = describeFailure(error);
      throw new ChainError(`could not ${call.action}: ${failure.message}`, failure.code, failure.args, { cause: error });
    }
  });
}

async function estimate(chain: ChainClient, { to, data }: Call): Promise<bigint> {
  // Without gas price fields, so that an account with an empty purse can ask too.
  const answer = await chain.publicClient.request({ method: 'eth_estimateGas', params: [{ from: chain.address, to, data }] });
  const gas = (BigInt(answer) * 5n) / 4n + 40_000n;
  return gas < MAX_GAS ? gas : MAX_GAS;
}

async function sendDirectly(chain: ChainClient, call: Call, gas: bigint): Promise<TransactionReceipt> {
  const hash = await chain.sendTransaction({ to: call.to, data: call.data, gas });
  const receipt = await chain.publicClient.waitForTransactionReceipt({ hash });
  if (receipt.status !== 'success') throw await reasonOf(chain, call);
  chain.onTransaction({ action: call.action, transaction: hash, gasUsed: receipt.gasUsed, forwarded: false });
  return receipt;
}

async function sendForwarded(chain: ChainClient, call: Call, gas: bigint, url: string): Promise<TransactionReceipt> {
  const request = await signForwardRequest(chain, call, gas);
  const result = await postRequest(url, request);
  if ('error' in result) throw new ChainError(result.error, result.code, []);
  const receipt = await chain.publicClient.waitForTransactionReceipt({ hash: result.transaction, timeout: SUBMIT_MS });
  const outcomes = parseEventLogs({
    abi: tuttiForwarderAbi,
    eventName: 'ExecutedForwardRequest',
    logs: receipt.logs.filter((log) => sameAddress(log.address, chain.deployment.addresses.forwarder)),
  });
  const mine = outcomes.find(({ args }) => sameAddress(args.signer, request.from) && args.nonce === request.nonce);
  if (!mine) throw new ChainError('the submitter says that it sent the request, but it is not in the transaction that it named', 'NotIncluded', []);
  if (!mine.args.success) throw await reasonOf(chain, call);
  chain.onTransaction({ action: call.action, transaction: result.transaction, gasUsed: BigInt(result.gasUsed), forwarded: true });
  return receipt;
}

/** Signs a call as a forward request with the account's next nonce. */
export async function signForwardRequest(chain: ChainClient, call: Call, gas: bigint): Promise<ForwardRequest> {
  const { publicClient, deployment } = chain;
  const [nonce, block] = await Promise.all([
    publicClient.readContract({ address: deployment.addresses.forwarder, abi: tuttiForwarderAbi, functionName: 'nonces', args: [chain.address] }),
    publicClient.getBlock(),
  ]);
  // A node that stood still has old block time: the wall clock says how late it really is.
  const now = Math.max(Number(block.timestamp), Math.floor(Date.now() / 1000));
  const unsigned = { from: chain.address, to: call.to, gas, nonce, deadline: now + REQUEST_SECONDS, data: call.data };
  const signature = await chain.signTypedData({
    domain: forwarderDomain(deployment),
    types: FORWARD_REQUEST_TYPES,
    primaryType: 'ForwardRequest',
    message: { ...unsigned, value: 0n },
  });
  return { ...unsigned, signature };
}

async function postRequest(url: string, request: ForwardRequest): Promise<SubmitResult> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ requests: [encodeForwardRequest(request)] }),
    signal: AbortSignal.timeout(SUBMIT_MS),
  }).catch((error: unknown) => {
    throw new ChainError(
      `the submitter at ${url} does not answer (${error instanceof Error ? error.message : String(error)}): try again, or send with an RPC and gas of your own`,
      'SubmitterUnreachable',
      [],
    );
  });
  const text = await response.text();
  const answer = parseJson(text);
  if (!response.ok) throw new ChainError(`the submitter refused (${response.status}): ${answer?.error ?? text.slice(0, 200)}`, 'SubmitterRefused', []);
  const result = answer?.results?.[0];
  if (!result) throw new ChainError('the submitter answered something else than results', 'SubmitterRefused', []);
  return result;
}

function parseJson(text: string): { readonly error?: string; readonly results?: readonly SubmitResult[] } | null {
  try {
    return JSON.parse(text) as { error?: string; results?: SubmitResult[] };
  } catch {
    return null;
  }
}

/** Runs a call that failed in a block once more, for its reason. */
async function reasonOf(chain: ChainClient, { to, data }: Call): Promise<ChainError> {
  try {
    await chain.publicClient.call({ account: chain.address, to, data });
    return new ChainError('the call failed when it was in a block, but would succeed now: try again', 'Refused', []);
  } catch (error) {
    const failure = describeFailure(error);
    return failure.code === 'ChainUnreachable' ? describeRevert('0x') : failure;
  }
}

const sameAddress = (a: string, b: string) => a.toLowerCase() === b.toLowerCase();
