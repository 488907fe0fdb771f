/**
 * Brings signed requests to the chain (SPEC S4): checks each, gathers what came meanwhile, sends one transaction.
 * It decides nothing: a request that it refuses can be sent by anyone else, or by its signer.
 */
import { createPublicClient, createWalletClient, encodeFunctionData, type Hex, http, parseEventLogs, type PublicClient, type TransactionReceipt, type WalletClient } from 'viem';
import { privateKeyToAccount } from 'viem/accounts';
import { tuttiForwarderAbi } from '#abi/tuttiForwarderAbi.ts';
import { checkDeployment } from '#swarm/chain/checkDeployment.ts';
import type { Deployment } from '#swarm/chain/deployment.ts';
import { describeFailure } from '#swarm/chain/describeRevert.ts';
import type { ForwardRequest, SubmitResult } from '#swarm/chain/forwardRequest.ts';
import { type InTurn, takeTurns } from '#swarm/chain/takeTurns.ts';
import type { Address } from '#swarm/protocol/jobSpec.ts';
import { parseSubmission } from './parseSubmission.ts';
import { makeRateLimit } from './rateLimit.ts';

/** A transaction holds at most 2^24 gas (EIP-7825); the rest is for the forwarder itself. */
const BATCH_GAS = 14_000_000n;
const REQUEST_OVERHEAD_GAS = 60n * 1000n;
const MAX_BATCH = 32;
const MAX_WAITING = 1000;
const REQUESTS_PER_MINUTE = 240;
/** Requests signed for longer are refused: they would be loose ends. */
const MAX_DEADLINE_SECONDS = 3600;

export interface SubmitterOptions {
  readonly rpcUrl: string;
  /** Pays for gas. Needs no rights in the contracts. */
  readonly key: Hex;
  readonly deployment: Deployment;
  /** Shared with a janitor that has the same key. */
  readonly inTurn?: InTurn;
  readonly requestsPerMinute?: number;
  readonly onBatch?: (report: { readonly transaction: Hex; readonly requests: number; readonly gasUsed: bigint }) => void;
}

export interface Submitter {
  readonly address: Address;
  /** Takes `{ requests: ForwardRequestJson[] }`; answers `{ results }` in order. Errors: a malformed body, or too many waiting. */
  submit(body: unknown): Promise<{ readonly results: readonly SubmitResult[] }>;
}

interface Waiting {
  readonly request: ForwardRequest;
  readonly answer: (result: SubmitResult) => void;
}

/** Errors: the RPC is another chain or does not hold the deployment. */
export async function createSubmitter(options: SubmitterOptions): Promise<Submitter> {
  const { rpcUrl, deployment, requestsPerMinute = REQUESTS_PER_MINUTE, inTurn = takeTurns() } = options;
  const account = privateKeyToAccount(options.key);
  const reader: PublicClient = createPublicClient({ transport: http(rpcUrl), cacheTime: 0, pollingInterval: 100 });
  await checkDeployment(reader, deployment);
  const wallet = createWalletClient({ account, transport: http(rpcUrl) });
  const mayAsk = makeRateLimit(requestsPerMinute, 60_000);
  const queue: Waiting[] = [];
  let running = false;

  const run = async () => {
    running = true;
    while (queue.length > 0) {
      const batch = takeBatch(queue);
      try {
        await inTurn(() => sendBatch({ reader, wallet, deployment, onBatch: options.onBatch }, batch));
      } catch (error) {
        const failure = describeFailure(error);
        for (const { answer } of batch) answer({ error: failure.message, code: failure.code });
      }
    }
    running = false;
  };

  return {
    address: account.address,
    async submit(body) {
      const requests = parseSubmission(body, deployment);
      if (queue.length + requests.length > MAX_WAITING) throw new Error('the submitter is overloaded: try again in a few seconds');
      const results = requests.map(
        (request) =>
          new Promise<SubmitResult>((answer) => {
            if (!mayAsk(request.from.toLowerCase()))
              return answer({ error: `more than ${requestsPerMinute} requests a minute: wait, or send with gas of your own`, code: 'TooManyRequests' });
            queue.push({ request, answer });
          }),
      );
      if (!running) void run();
      return { results: await Promise.all(results) };
    },
  };
}

/** The first requests of the queue that fit one transaction, one a signer: the next one's nonce builds on it. */
function takeBatch(queue: Waiting[]): Waiting[] {
  const batch: Waiting[] = [];
  const signers = new Set<string>();
  let gas = 0n;
  for (let k = 0; k < queue.length && batch.length < MAX_BATCH; ) {
    const { request } = queue[k] as Waiting;
    const signer = request.from.toLowerCase();
    const needs = request.gas + REQUEST_OVERHEAD_GAS;
    if (signers.has(signer) || (batch.length > 0 && gas + needs > BATCH_GAS)) {
      signers.add(signer);
      k++;
      continue;
    }
    signers.add(signer);
    gas += needs;
    batch.push(...queue.splice(k, 1));
  }
  return batch;
}

interface Means {
  readonly reader: PublicClient;
  readonly wallet: WalletClient;
  readonly deployment: Deployment;
  readonly onBatch: SubmitterOptions['onBatch'];
}

async function sendBatch(means: Means, batch: readonly Waiting[]): Promise<void> {
  const { reader, wallet, deployment } = means;
  const now = await reader.getBlock().then(({ timestamp }) => Math.max(Number(timestamp), Math.floor(Date.now() / 1000)));
  const verdicts = await Promise.all(batch.map(({ request }) => refusalOf(means, request, now)));
  const good = batch.filter(({ answer }, k) => {
    const refusal = verdicts[k];
    if (refusal) answer(refusal);
    return !refusal;
  });
  if (good.length === 0) return;
  const requests = good.map(({ request }) => ({ ...request, value: 0n }));
  const gas = requests.reduce((sum, request) => sum + request.gas + REQUEST_OVERHEAD_GAS, 100_000n);
  // With a receiver for refunds, one bad request does not undo the others.
  const data = encodeFunctionData({ abi: tuttiForwarderAbi, functionName: 'executeBatch', args: [requests, accountOf(wallet).address] });
  const hash = await wallet.sendTransaction({ account: accountOf(wallet), chain: null, to: deployment.addresses.forwarder, data, gas });
  const receipt = await reader.waitForTransactionReceipt({ hash, timeout: 60_000 });
  means.onBatch?.({ transaction: hash, requests: good.length, gasUsed: receipt.gasUsed });
  await Promise.all(good.map(async ({ request, answer }) => answer(await outcomeOf(means, request, receipt, good.length))));
}

/** Null when the request would succeed now; else why not. */
async function refusalOf({ reader, deployment }: Means, request: ForwardRequest, now: number): Promise<SubmitResult | null> {
  if (request.deadline <= now) return { error: 'the request has expired: sign it again', code: 'Expired' };
  if (request.deadline > now + MAX_DEADLINE_SECONDS) return { error: 'the request is signed for more than an hour: sign it for less', code: 'DeadlineTooFar' };
  try {
    const { forwarder } = deployment.addresses;
    const nonce = await reader.readContract({ address: forwarder, abi: tuttiForwarderAbi, functionName: 'nonces', args: [request.from] });
    if (nonce !== request.nonce)
      return { error: `the request has nonce ${request.nonce}, the account is at ${nonce}: it was used already, or comes too early`, code: 'WrongNonce' };
    const valid = await reader.readContract({ address: forwarder, abi: tuttiForwarderAbi, functionName: 'verify', args: [{ ...request, value: 0n }] });
    if (!valid) return { error: 'the signature does not fit the request', code: 'WrongSignature' };
    await reader.call({ account: request.from, to: request.to, data: request.data, gas: request.gas });
    return null;
  } catch (error) {
    const failure = describeFailure(error);
    return { error: failure.message, code: failure.code };
  }
}

async function outcomeOf(means: Means, request: ForwardRequest, receipt: TransactionReceipt, requests: number): Promise<SubmitResult> {
  const outcomes = parseEventLogs({ abi: tuttiForwarderAbi, eventName: 'ExecutedForwardRequest', logs: receipt.logs });
  const outcome = outcomes.find(({ args }) => args.signer.toLowerCase() === request.from.toLowerCase() && args.nonce === request.nonce);
  if (receipt.status === 'success' && outcome?.args.success) {
    return { transaction: receipt.transactionHash, gasUsed: (receipt.gasUsed / BigInt(requests)).toString() };
  }
  // Something in the same batch came first; the call itself says what is wrong now.
  try {
    await means.reader.call({ account: request.from, to: request.to, data: request.data, gas: request.gas });
  } catch (error) {
    const failure = describeFailure(error);
    return { error: failure.message, code: failure.code };
  }
  return { error: 'the request was not carried out: sign it again', code: 'NotIncluded' };
}

function accountOf(wallet: WalletClient) {
  if (!wallet.account) throw new Error('the submitter has no account');
  return wallet.account;
}
