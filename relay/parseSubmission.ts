/** Strict reader of what strangers post to a submitter. */
import type { Hex } from 'viem';
import type { Deployment } from '#swarm/chain/deployment.ts';
import type { ForwardRequest } from '#swarm/chain/forwardRequest.ts';
import type { Address } from '#swarm/protocol/jobSpec.ts';

const MAX_REQUESTS = 32;
const MAX_DATA_BYTES = 64 * 1024;
const MAX_GAS = 13_000_000n;
const FIELDS = ['from', 'to', 'gas', 'nonce', 'deadline', 'data', 'signature'] as const;

/** Errors: a sentence that names the request and the field. */
export function parseSubmission(body: unknown, deployment: Deployment): ForwardRequest[] {
  const requests = isObject(body) ? body['requests'] : undefined;
  if (!Array.isArray(requests)) throw new Error('the body must be { "requests": [...] }');
  if (requests.length === 0 || requests.length > MAX_REQUESTS) throw new Error(`1 to ${MAX_REQUESTS} requests are taken at once, got ${requests.length}`);
  return requests.map((request, k) => parseRequest(request, `request ${k + 1}`, targetsOf(deployment)));
}

function parseRequest(value: unknown, what: string, targets: ReadonlySet<string>): ForwardRequest {
  if (!isObject(value)) throw new Error(`${what} is not an object`);
  for (const name of FIELDS) if (typeof value[name] !== 'string') throw new Error(`${what}: ${name} must be a string`);
  const field = value as Record<(typeof FIELDS)[number], string>;
  const to = hexOf(field.to, 20, `${what}: to`) as Address;
  if (!targets.has(to.toLowerCase())) throw new Error(`${what}: ${to} is not a contract that this submitter serves`);
  const gas = integerOf(field.gas, MAX_GAS, `${what}: gas`);
  const data = field.data;
  if (!/^0x([0-9a-fA-F]{2}){4,}$/.test(data)) throw new Error(`${what}: data is not call data in hex`);
  if (data.length > 2 + 2 * MAX_DATA_BYTES) throw new Error(`${what}: data is over ${MAX_DATA_BYTES} bytes`);
  return {
    from: hexOf(field.from, 20, `${what}: from`) as Address,
    to,
    gas,
    nonce: integerOf(field.nonce, 2n ** 64n, `${what}: nonce`),
    deadline: Number(integerOf(field.deadline, 2n ** 48n - 1n, `${what}: deadline`)),
    data: data as Hex,
    signature: hexOf(field.signature, 65, `${what}: signature`),
  };
}

/** Only contracts whose actor is the signer; the token itself is moved by permits. */
function targetsOf({ addresses, faucet }: Deployment): ReadonlySet<string> {
  const { vault, jobs, rounds, audits, challenges, game } = addresses;
  return new Set([vault, jobs, rounds, audits, challenges, game, ...(faucet ? [faucet] : [])].map((address) => address.toLowerCase()));
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function hexOf(text: string, bytes: number, what: string): Hex {
  if (text.length !== 2 + 2 * bytes || !/^0x[0-9a-fA-F]+$/.test(text)) throw new Error(`${what} must be ${bytes} bytes in hex`);
  return text as Hex;
}

function integerOf(text: string, limit: bigint, what: string): bigint {
  if (!/^[0-9]{1,20}$/.test(text)) throw new Error(`${what} must be a decimal integer`);
  const value = BigInt(text);
  if (value > limit) throw new Error(`${what} is over ${limit}`);
  return value;
}
