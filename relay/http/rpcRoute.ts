/** `/api/rpc`: the chain's JSON-RPC for tabs that have no node of their own. Reads, and signed raw transactions. */
import { HttpRefusal } from './httpRefusal.ts';

const ALLOWED = new Set([
  'eth_blockNumber',
  'eth_call',
  'eth_chainId',
  'eth_estimateGas',
  'eth_feeHistory',
  'eth_gasPrice',
  'eth_getBalance',
  'eth_getBlockByHash',
  'eth_getBlockByNumber',
  'eth_getBlockReceipts',
  'eth_getCode',
  'eth_getLogs',
  'eth_getStorageAt',
  'eth_getTransactionByHash',
  'eth_getTransactionCount',
  'eth_getTransactionReceipt',
  'eth_maxPriorityFeePerGas',
  'eth_sendRawTransaction',
  'eth_syncing',
  'net_version',
  'web3_clientVersion',
]);

export const RPC_BODY_BYTES = 512 * 1024;
const BATCH = 100;
const ANSWER_BYTES = 16 * 1024 * 1024;
const TIMEOUT_MS = 20_000;

/**
 * Forwards one call or a batch. A call that is not allowed is answered as JSON-RPC error -32601, the others of its batch
 * go through. Errors: `HttpRefusal` 400 (not JSON-RPC), 502 (the chain does not answer).
 */
export async function rpcRoute(rpcUrl: string, body: unknown): Promise<unknown> {
  const batch = Array.isArray(body) ? body : [body];
  if (batch.length === 0 || batch.length > BATCH) throw new HttpRefusal(400, `a batch has 1 to ${BATCH} calls`);
  const calls = batch.map(readCall);
  const allowed = calls.filter(({ method }) => ALLOWED.has(method));
  const answers = new Map<number | string, unknown>();
  if (allowed.length > 0) {
    for (const answer of await forward(rpcUrl, allowed)) answers.set(idOf(answer), answer);
  }
  const replies = calls.map(({ id, method }) => {
    if (!ALLOWED.has(method)) return failure(id, -32601, `${method} is not offered by this relay`);
    return answers.get(id) ?? failure(id, -32603, 'the chain left this call unanswered');
  });
  return Array.isArray(body) ? replies : replies[0];
}

interface RpcCall {
  readonly id: number | string;
  readonly method: string;
  readonly params: readonly unknown[];
}

function readCall(call: unknown): RpcCall {
  if (typeof call !== 'object' || call === null) throw new HttpRefusal(400, 'a JSON-RPC call is an object');
  const { id, method, params } = call as Record<string, unknown>;
  if (typeof method !== 'string' || (typeof id !== 'number' && typeof id !== 'string')) throw new HttpRefusal(400, 'a JSON-RPC call has an id and a method');
  if (params !== undefined && !Array.isArray(params)) throw new HttpRefusal(400, 'the params of a JSON-RPC call are a list');
  return { id, method, params: params ?? [] };
}

async function forward(rpcUrl: string, calls: readonly RpcCall[]): Promise<readonly unknown[]> {
  const body = JSON.stringify(calls.map((call) => ({ jsonrpc: '2.0', ...call })));
  try {
    const response = await fetch(rpcUrl, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const text = await response.text();
    if (text.length > ANSWER_BYTES) throw new Error(`an answer of ${text.length} characters`);
    const answer: unknown = JSON.parse(text);
    return Array.isArray(answer) ? answer : [answer];
  } catch (error) {
    throw new HttpRefusal(502, `the chain does not answer the relay: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function idOf(answer: unknown): number | string {
  const id = typeof answer === 'object' && answer !== null && 'id' in answer ? answer.id : '';
  return typeof id === 'number' || typeof id === 'string' ? id : '';
}

function failure(id: number | string, code: number, message: string) {
  return { jsonrpc: '2.0', id, error: { code, message } };
}
