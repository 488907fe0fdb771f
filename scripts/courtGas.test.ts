import { sha256 } from '@noble/hashes/sha2.js';
import { bytesToHex, createPublicClient, encodeFunctionData, type Hex, http } from 'viem';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { courtAbi } from '#abi/courtAbi.ts';
import { definitions } from '#engine/numerics/definitions.ts';
import { encodeOperation } from '#engine/program/encodeProgram.ts';
import { LIMITS } from '#engine/program/limits.ts';
import { type BodyOp, type Instruction, type Operation, type Program } from '#engine/program/program.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import { validateProgram } from '#engine/program/validateProgram.ts';
import { type CourtExecutor, startCourt } from './startCourt.ts';

const TRANSACTION_GAS = 2 ** 24;
/** For what a game does around the court: facts, paths of roots, its own state. */
const GAME_GAS = 2 ** 22;

let court: CourtExecutor;
beforeAll(async () => {
  court = await startCourt();
});
afterAll(() => court.stop());

/** The largest tensors, the most reads, axes and terms, and a body of the most lines, `functions` of them defined. */
function largestOperation(op: BodyOp, functions: number): Operation {
  const shape = Array.from({ length: LIMITS.rank }, () => 11);
  const terms = Array.from({ length: 7 }, (_, k): [number, number] => [k, 0]);
  const reads = Array.from({ length: LIMITS.reads }, (_, tensor) => ({
    tensor,
    view: shape,
    index: shape.map((_size, axis) => ({ terms: [...terms.slice(1), [axis, 3] as [number, number]], offset: 1, div: 3, exact: false })),
    fill: 0,
  }));
  const body: Instruction[] = reads.map((_, read) => ({ op: 'read', read }));
  for (let k = 0; k < functions; k++) body.push({ op, args: op === 'pow' ? [k % 16, (k + 1) % 16] : [k % 16] });
  while (body.length < LIMITS.bodyLines) body.push({ op: body.length % 2 ? 'add' : 'sub', args: [body.length % 16, body.length - 1] });
  return { label: 'x'.repeat(100), out: LIMITS.reads, shape, reduce: 'none', extents: [], reads, body, results: [body.length - 1] };
}

function programOf(operation: Operation): Program {
  const tensors = Array.from({ length: LIMITS.reads + 1 }, (_, k) => ({ name: `t${k}`, dtype: 'f32' as const, shape: operation.shape }));
  const inputs = tensors.slice(0, -1).map(({ name }, tensor) => ({ tensor, source: { kind: 'column' as const, column: name } }));
  return { profile: 'f12', tensors, inputs, state: [], outputs: [], operations: [operation] };
}

/** A piece of random words in a tree of the height that a tensor of so many elements has. */
function sourceOf(random: RandomWords, elements: number, element: number) {
  const piece = new Uint8Array(random.floats(256, 0).buffer);
  let node = sha256(piece);
  const path: Hex[] = [];
  let place = Math.floor(element / 256);
  for (let width = Math.ceil(elements / 256); width > 1; width = Math.ceil(width / 2)) {
    const sibling = new Uint8Array(random.integers(8).buffer);
    path.push(bytesToHex(sibling));
    const both = new Uint8Array(64);
    both.set(node, place % 2 === 0 ? 0 : 32);
    both.set(sibling, place % 2 === 0 ? 32 : 0);
    node = sha256(both);
    place = Math.floor(place / 2);
  }
  return { dtype: 0, root: bytesToHex(node), piece: bytesToHex(piece), path };
}

async function gasOf(operation: Operation): Promise<number> {
  const bytes = encodeOperation(operation);
  const elements = 11 ** LIMITS.rank;
  const element = 123_456;
  const random = new RandomWords(5);
  const sources = operation.reads.map(() => sourceOf(random, elements, element));
  const data = encodeFunctionData({ abi: courtAbi, functionName: 'evaluate', args: [bytesToHex(bytes), BigInt(element), 0n, sources] });
  const client = createPublicClient({ transport: http(court.rpcUrl) });
  return Number(await client.estimateGas({ to: court.court, data }));
}

test('P4 the largest operation that validation admits fits one transaction, also with functions of the greatest length', async () => {
  const most = Math.floor((LIMITS.courtLines - LIMITS.bodyLines) / (LIMITS.definedLines - 1));
  const plain = await gasOf(largestOperation('exp', 0));
  // The dearest a line (about 590 gas), the longest, and one in between.
  for (const op of ['tanh', 'pow', 'softplus'] as const) {
    const operation = largestOperation(op, most);
    validateProgram(programOf(operation));
    expect(encodeOperation(operation).length).toBeGreaterThan(0.9 * LIMITS.operationBytes);
    expect(() => validateProgram(programOf(largestOperation(op, most + 1)))).toThrow(/limit of 8192/);
    const perLine = ((await gasOf(operation)) - plain) / (most * (definitions[op]?.lines.length ?? 1));
    expect(perLine, op).toBeGreaterThan(200);
    expect(plain + perLine * most * LIMITS.definedLines, op).toBeLessThan(TRANSACTION_GAS - GAME_GAS);
  }
  expect(plain).toBeLessThan(TRANSACTION_GAS - GAME_GAS);
});
