/** Mesh over any wire: questions and answers on streams, gossip, and their limits. */
import { type Frames, frames } from './frames.ts';
import type { Mesh } from './mesh.ts';
import { MalformedMessageError, MessageTooLargeError, PeerRefusedError, PeerUnreachableError } from './networkErrors.ts';
import { networkLimits as limits } from './networkLimits.ts';
import { countTraffic, type Traffic } from './traffic.ts';
import type { ByteStream, Wire } from './wire.ts';

export const ASK_PROTOCOL = '/tutti/ask/1';
const ANSWERED = new Uint8Array([0]);
const REFUSED = new Uint8Array([1]);

type AnswerHandler = (question: Uint8Array, from: string) => Promise<Uint8Array>;

/** A question is two frames (topic, body); its answer one frame: status byte, then the answer or the refusal's text. */
export function createMesh(wire: Wire, traffic: Traffic): Mesh {
  const handlers = new Map<string, AnswerHandler>();

  const stopAnswering = wire.handle(ASK_PROTOCOL, async (raw, from) => {
    const stream = countTraffic(raw, traffic);
    const framed = frames(stream);
    try {
      await framed.write(ANSWERED, await answerTo(handlers, framed, from));
    } catch (error) {
      await framed.write(REFUSED, utf8(reasonOf(error)).subarray(0, limits.refusalBytes));
    }
    await stream.close();
  });

  return {
    id: wire.id,
    peers: () => wire.peers(),
    onPeers: (listener) => wire.onPeers(listener),
    publish: async (topic, message) => {
      checkTopic(topic);
      if (message.length > limits.publishBytes) throw new MessageTooLargeError(`a message on ${topic}`, message.length, limits.publishBytes);
      traffic.sent += message.length;
      await wire.publish(topic, message.slice());
    },
    subscribe: (topic, listener) => {
      checkTopic(topic);
      return wire.subscribe(topic, (message, from) => {
        traffic.received += message.length;
        if (message.length > limits.publishBytes) return;
        listener(message, from);
      });
    },
    ask: (peer, topic, question, signal) => ask(wire, traffic, peer, topic, question, signal),
    answer: (topic, handler) => {
      checkTopic(topic);
      if (handlers.has(topic)) throw new Error(`${topic} is answered already: stop the first handler before adding another`);
      handlers.set(topic, handler);
      return () => {
        if (handlers.get(topic) === handler) handlers.delete(topic);
      };
    },
    stop: async () => {
      stopAnswering();
      await wire.stop();
    },
  };
}

async function answerTo(handlers: ReadonlyMap<string, AnswerHandler>, framed: Frames, from: string): Promise<Uint8Array> {
  const topicBytes = await framed.read(limits.topicBytes);
  const question = await framed.read(limits.askBytes);
  if (topicBytes === null || question === null) throw new MalformedMessageError('a question is two frames: its topic, then its body');
  const topic = readUtf8(topicBytes);
  const handler = handlers.get(topic);
  if (!handler) throw new Error(`nobody here answers ${topic}`);
  const answer = await handler(question, from);
  if (answer.length > limits.askBytes) throw new MessageTooLargeError(`the answer to ${topic}`, answer.length, limits.askBytes);
  return answer;
}

async function ask(wire: Wire, traffic: Traffic, peer: string, topic: string, question: Uint8Array, signal: AbortSignal | undefined): Promise<Uint8Array> {
  checkTopic(topic);
  if (question.length > limits.askBytes) throw new MessageTooLargeError(`the question on ${topic}`, question.length, limits.askBytes);
  const deadline = AbortSignal.timeout(limits.askTimeoutMs);
  const either = signal ? AbortSignal.any([signal, deadline]) : deadline;
  either.throwIfAborted();
  let stream: ByteStream | undefined;
  const onAbort = () => stream?.abort(asError(either.reason));
  either.addEventListener('abort', onAbort, { once: true });
  try {
    stream = countTraffic(await wire.open(peer, ASK_PROTOCOL, either), traffic);
    // It may have been given up while the stream was being opened.
    either.throwIfAborted();
    const framed = frames(stream, limits.askTimeoutMs);
    await framed.write(utf8(topic));
    await framed.write(question);
    await stream.close();
    const reply = await framed.read(limits.askBytes + 1);
    if (reply === null || reply.length === 0) throw new MalformedMessageError('the peer closed without an answer');
    if (reply[0] === 0) return reply.subarray(1);
    throw new PeerRefusedError(peer, readUtf8(reply.subarray(1, 1 + limits.refusalBytes)));
  } catch (error) {
    stream?.abort(asError(error));
    if (signal?.aborted) throw asError(signal.reason);
    if (deadline.aborted) throw new PeerUnreachableError(peer, `no answer on ${topic} within ${limits.askTimeoutMs} ms`);
    if (error instanceof PeerRefusedError || error instanceof PeerUnreachableError) throw error;
    throw new PeerUnreachableError(peer, reasonOf(error));
  } finally {
    either.removeEventListener('abort', onAbort);
  }
}

function checkTopic(topic: string): void {
  const bytes = utf8(topic).length;
  if (bytes === 0 || bytes > limits.topicBytes) throw new MessageTooLargeError(`the topic "${topic.slice(0, 40)}"`, bytes, limits.topicBytes);
}

function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

function readUtf8(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function asError(reason: unknown): Error {
  return reason instanceof Error ? reason : new Error(String(reason));
}
