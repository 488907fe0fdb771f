/** The court as an executor of single instructions: an embedded chain of its own, the contracts on it, answers by `eth_call`. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { bytesToHex, createPublicClient, decodeFunctionResult, encodeFunctionData, hexToBytes, http } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { courtAbi } from '#abi/courtAbi.ts';
import { definitions } from '#engine/numerics/definitions.ts';
import { LEAVES } from '#engine/program/encodeProgram.ts';
import { BODY_OPS, type BodyOp } from '#engine/program/program.ts';
import type { Address } from '#swarm/protocol/jobSpec.ts';
import { deployContracts } from '#swarm/chain/deployContracts.ts';
import { startEmbeddedChain } from './embeddedChain.ts';

export interface ScalarCase {
  readonly op: BodyOp;
  /** Bit patterns, as many as `op` takes. */
  readonly args: readonly number[];
}

export interface CourtExecutor {
  readonly rpcUrl: string;
  readonly court: Address;
  /** Result bits, in order. Errors: the RPC's. */
  compute(cases: readonly ScalarCase[]): Promise<number[]>;
  stop(): Promise<void>;
}

/** What a transaction may use, and so what a call is kept under. */
const CALL_GAS = 2n ** 24n;
const BASE_GAS = 500_000;
/** More than any primitive line costs, its place in a list included. */
const LINE_GAS = 1_500;
const CASE_BYTES = 13;

/** Errors: those of the chain's start and of the deployment. */
export async function startCourt(): Promise<CourtExecutor> {
  const folder = await mkdtemp(join(tmpdir(), 'tutti-court-'));
  const chain = await startEmbeddedChain({
    stateFile: join(folder, 'chain.json'),
    port: 0,
    onExit: (words) => {
      throw new Error(words);
    },
  });
  const stop = async () => {
    await chain.stop();
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const key = generatePrivateKey();
    await chain.fillPurse(privateKeyToAccount(key).address);
    const { addresses } = await deployContracts({ rpcUrl: chain.rpcUrl, key, faucet: false });
    const client = createPublicClient({ transport: http(chain.rpcUrl), cacheTime: 0 });
    const compute = async (cases: readonly ScalarCase[]) => {
      const results: number[] = [];
      for (const batch of batchesOf(cases)) {
        const data = encodeFunctionData({ abi: courtAbi, functionName: 'compute', args: [bytesToHex(encodeCases(batch))] });
        const answer = await client.call({ to: addresses.court, data, gas: CALL_GAS });
        const words = decodeFunctionResult({ abi: courtAbi, functionName: 'compute', data: answer.data ?? '0x' });
        const view = new DataView(hexToBytes(words).buffer);
        batch.forEach((_, k) => results.push(view.getUint32(4 * k)));
      }
      return results;
    };
    return { rpcUrl: chain.rpcUrl, court: addresses.court, compute, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function* batchesOf(cases: readonly ScalarCase[]): Generator<readonly ScalarCase[]> {
  let start = 0;
  let gas = BASE_GAS;
  for (const [at, { op }] of cases.entries()) {
    const more = LINE_GAS * (2 + (definitions[op]?.lines.length ?? 1));
    if (gas + more > Number(CALL_GAS)) {
      yield cases.slice(start, at);
      start = at;
      gas = BASE_GAS;
    }
    gas += more;
  }
  if (start < cases.length) yield cases.slice(start);
}

/** As `Court.compute` reads them: u8 code, three u32. */
function encodeCases(cases: readonly ScalarCase[]): Uint8Array {
  const bytes = new Uint8Array(CASE_BYTES * cases.length);
  const view = new DataView(bytes.buffer);
  cases.forEach(({ op, args }, k) => {
    view.setUint8(CASE_BYTES * k, LEAVES.length + BODY_OPS.indexOf(op));
    args.forEach((bits, place) => view.setUint32(CASE_BYTES * k + 1 + 4 * place, bits));
  });
  return bytes;
}
