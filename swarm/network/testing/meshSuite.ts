/**
 * What every Mesh and its Blobs must do, whatever carries them. The same cases run in memory under Vitest and over
 * WebRTC in a real tab, so that they throw by themselves and use no test library.
 */
import { sha256 } from '../blobs/sha256.ts';
import type { Blobs, Mesh } from '../mesh.ts';
import { networkLimits as limits } from '../networkLimits.ts';
import type { ByteStream, Wire } from '../wire.ts';

export interface SuiteNode {
  readonly mesh: Mesh;
  readonly blobs: Blobs;
  /** The transport under both, to speak nonsense to it. */
  readonly wire: Wire;
}

export interface MeshCase {
  readonly name: string;
  /** Gets three nodes that are connected to each other. */
  run(a: SuiteNode, b: SuiteNode, c: SuiteNode): Promise<void>;
}

const text = (value: string) => new TextEncoder().encode(value);
const read = (value: Uint8Array) => new TextDecoder().decode(value);

export const meshCases: readonly MeshCase[] = [
  {
    name: 'a question gets its answer, with who asked',
    run: async (a, b) => {
      const stop = b.mesh.answer('case/echo', async (question, from) => text(`${read(question)} from ${from}`));
      equal(read(await a.mesh.ask(b.mesh.id, 'case/echo', text('hello'))), `hello from ${a.mesh.id}`);
      stop();
      equal(await failure(a.mesh.ask(b.mesh.id, 'case/echo', text('again'))), 'PeerRefusedError: nobody here answers case/echo');
    },
  },
  {
    name: 'empty and largest questions and answers pass; one byte more is refused by its sender',
    run: async (a, b) => {
      const stop = b.mesh.answer('case/size', async (question) => question);
      equal((await a.mesh.ask(b.mesh.id, 'case/size', new Uint8Array(0))).length, 0);
      const largest = bytesLike(limits.askBytes, 3);
      equal(await sha256(await a.mesh.ask(b.mesh.id, 'case/size', largest)), await sha256(largest));
      const over = await failure(a.mesh.ask(b.mesh.id, 'case/size', new Uint8Array(limits.askBytes + 1)));
      equal(over, `MessageTooLargeError: the question on case/size has ${limits.askBytes + 1} bytes; at most ${limits.askBytes} can be sent`);
      stop();
      const stopLong = b.mesh.answer('case/long', async () => new Uint8Array(limits.askBytes + 1));
      matches(await failure(a.mesh.ask(b.mesh.id, 'case/long', text('x'))), /^PeerRefusedError: the answer to case\/long has/);
      stopLong();
    },
  },
  {
    name: 'a handler that throws is a refusal with its words, and the node goes on',
    run: async (a, b) => {
      const stop = b.mesh.answer('case/refuse', async () => {
        throw new Error('slot 3 is not yours');
      });
      equal(await failure(a.mesh.ask(b.mesh.id, 'case/refuse', text('x'))), 'PeerRefusedError: slot 3 is not yours');
      equal(await failure(a.mesh.ask(b.mesh.id, 'case/refuse', text('x'))), 'PeerRefusedError: slot 3 is not yours');
      stop();
    },
  },
  {
    name: 'many questions at once are answered each with its own answer',
    run: async (a, b, c) => {
      const stops = [b, c].map((node) => node.mesh.answer('case/many', async (question) => text(`${node.mesh.id} ${read(question)}`)));
      const asked = Array.from({ length: 40 }, (_, k) => ({ k, node: k % 2 ? b : c }));
      const answers = await Promise.all(asked.map(({ k, node }) => a.mesh.ask(node.mesh.id, 'case/many', text(String(k)))));
      asked.forEach(({ k, node }, index) => equal(read(answers[index] ?? new Uint8Array()), `${node.mesh.id} ${k}`));
      for (const stop of stops) stop();
    },
  },
  {
    name: 'an aborted question rejects with the reason of the abort',
    run: async (a, b) => {
      const stop = b.mesh.answer('case/never', () => new Promise(() => {}));
      const stopping = new AbortController();
      const asked = a.mesh.ask(b.mesh.id, 'case/never', text('x'), stopping.signal);
      stopping.abort(new Error('round is over'));
      equal(await failure(asked), 'Error: round is over');
      stop();
    },
  },
  {
    name: 'an unknown peer is unreachable',
    run: async (a) => {
      const stranger = '12D3KooWGzBX8sKkQbYWWwwpFNwpRC5Ft1CbkVZpYFq1nGcKqK3v';
      matches(await failure(a.mesh.ask(stranger, 'case/echo', text('x'), AbortSignal.timeout(15_000))), /^(PeerUnreachableError|TimeoutError): /);
    },
  },
  {
    name: 'malformed question frames are refused in words, and the node still answers',
    run: async (a, b) => {
      const stop = b.mesh.answer('case/alive', async (question) => question);
      for (const [name, bytes, expected] of malformedQuestions()) {
        const stream = await a.wire.open(b.mesh.id, '/tutti/ask/1', AbortSignal.timeout(10_000));
        await stream.write(bytes);
        await stream.close();
        const reply = await drain(stream);
        if (reply[4] !== 1) throw new Error(`${name}: not refused`);
        matches(read(reply.subarray(5)), expected);
      }
      equal(read(await a.mesh.ask(b.mesh.id, 'case/alive', text('still here'))), 'still here');
      stop();
    },
  },
  {
    name: 'published messages reach the others with their sender, not the publisher; too large ones are refused',
    run: async (a, b, c) => {
      const heard: string[] = [];
      const stops = [a, b, c].map((node) => node.mesh.subscribe('case/topic', (message, from) => heard.push(`${node.mesh.id} ${read(message)} ${from}`)));
      const largest = 'x'.repeat(limits.publishBytes);
      await until(async () => {
        await a.mesh.publish('case/topic', text('hello'));
        return [b, c].every((node) => heard.includes(`${node.mesh.id} hello ${a.mesh.id}`));
      });
      await a.mesh.publish('case/topic', text(largest));
      await until(async () => [b, c].every((node) => heard.includes(`${node.mesh.id} ${largest} ${a.mesh.id}`)));
      equal(
        heard.some((line) => line.startsWith(a.mesh.id)),
        false,
      );
      matches(await failure(a.mesh.publish('case/topic', text(`${largest}x`))), /^MessageTooLargeError: /);
      for (const stop of stops) stop();
    },
  },
  {
    name: 'a blob of several chunks arrives whole, with progress, and is then served by who fetched it',
    run: async (a, b, c) => {
      const bytes = bytesLike(5 * limits.blobChunkBytes + 17, 1);
      const hash = await a.blobs.put(bytes);
      equal(hash, await sha256(bytes));
      const progress: number[] = [];
      const before = b.blobs.traffic().received;
      equal(await sha256(await b.blobs.get(hash, { from: [a.mesh.id], onProgress: (done, total) => progress.push(done / total) })), hash);
      equal(progress.at(-1), 1);
      equal(
        progress.every((part, index) => index === 0 || part > (progress[index - 1] ?? 0)),
        true,
      );
      if (b.blobs.traffic().received - before < bytes.length) throw new Error('traffic was not counted');
      equal(await b.blobs.has(hash), true);
      equal(await sha256(await c.blobs.get(hash, { from: [b.mesh.id] })), hash);
    },
  },
  {
    name: 'an empty blob, and one of exactly one chunk',
    run: async (a, b) => {
      for (const length of [0, limits.blobChunkBytes]) {
        const hash = await a.blobs.put(bytesLike(length, 9));
        equal((await b.blobs.get(hash, { from: [a.mesh.id] })).length, length);
      }
    },
  },
  {
    name: 'two callers of one blob share the download and get buffers of their own',
    run: async (a, b) => {
      const hash = await a.blobs.put(bytesLike(3 * limits.blobChunkBytes, 5));
      const [one, two] = await Promise.all([b.blobs.get(hash), b.blobs.get(hash)]);
      equal(one.buffer === two.buffer, false);
      equal(await sha256(two), hash);
    },
  },
  {
    name: 'a blob that nobody has is unavailable, naming who was asked',
    run: async (a, b) => {
      const hash = await sha256(text('nobody has this'));
      const said = await failure(a.blobs.get(hash, { from: [b.mesh.id] }));
      matches(said, /^BlobUnavailableError: /);
      if (!said.includes(`peer ${b.mesh.id}: has none`)) throw new Error(`who was asked is missing: ${said}`);
      matches(await failure(a.blobs.get('0x12' as never)), /is not a hash/);
    },
  },
  {
    name: 'malformed blob requests are refused in words, and the node still serves',
    run: async (a, b) => {
      for (const body of [[], [7], [0, 1, 2], [1, ...new Array<number>(32).fill(0)]]) {
        const stream = await a.wire.open(b.mesh.id, '/tutti/blob/1', AbortSignal.timeout(10_000));
        await stream.write(new Uint8Array([0, 0, 0, body.length, ...body]));
        await stream.close();
        const reply = await drain(stream);
        equal(reply[4], 1);
        matches(read(reply.subarray(5)), /blob request/);
      }
      const hash = await b.blobs.put(bytesLike(1000, 77));
      equal((await a.blobs.get(hash, { from: [b.mesh.id] })).length, 1000);
    },
  },
];

function malformedQuestions(): readonly (readonly [string, Uint8Array, RegExp])[] {
  return [
    ['nothing', new Uint8Array(0), /two frames/],
    ['half a length', new Uint8Array([0, 0]), /ended inside a frame length/],
    ['a topic that is too long', new Uint8Array([0, 0, 255, 255, 1]), /over the limit of 256/],
    ['a truncated topic', new Uint8Array([0, 0, 0, 9, 65]), /ended inside a frame: 1 of 9/],
    ['only a topic', new Uint8Array([0, 0, 0, 1, 65]), /two frames/],
    ['a huge question', new Uint8Array([0, 0, 0, 1, 65, 255, 255, 255, 255]), /over the limit/],
    ['an unknown topic', new Uint8Array([0, 0, 0, 1, 65, 0, 0, 0, 0]), /nobody here answers A/],
  ];
}

export function bytesLike(length: number, seed: number): Uint8Array {
  const bytes = new Uint8Array(length);
  for (let k = 0; k < length; k++) bytes[k] = (Math.imul(k + seed, 2654435761) >>> 13) & 255;
  return bytes;
}

async function drain(stream: ByteStream): Promise<Uint8Array> {
  const pieces: number[] = [];
  for (let piece = await stream.read(); piece !== null; piece = await stream.read()) pieces.push(...piece);
  return Uint8Array.from(pieces);
}

async function failure(promise: Promise<unknown>): Promise<string> {
  const outcome = await promise.then(
    () => 'no error',
    (error: unknown) => (error instanceof Error ? `${error.name}: ${error.message}` : String(error)),
  );
  return outcome;
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    if (await condition()) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error('waited in vain');
}

function equal(actual: unknown, expected: unknown): void {
  if (actual !== expected) throw new Error(`expected ${String(expected)}, got ${String(actual)}`);
}

function matches(actual: string, pattern: RegExp): void {
  if (!pattern.test(actual)) throw new Error(`expected ${pattern}, got ${actual}`);
}
