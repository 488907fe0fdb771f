/** A job's description from strangers: every number in range, every size bounded, or refused with the reason. */
import type { JobSpec, Task } from './jobSpec.ts';
import { decodeJson, encodeJson } from './json.ts';
import { MAX_BATCH, MAX_ROUNDS, MAX_SEGMENTS, MAX_SLOTS, MAX_SPEC_BYTES, MAX_STEPS_PER_ROUND } from './limits.ts';
import { ProtocolError } from './protocolError.ts';
import { hash, integer, list, literal, nullable, object, type Reader, real, text, variants } from './reader.ts';

const names = list(text(1, 200), 0, 10_000);
const MAX_VOCABULARY = 256;

/** Distinct characters; unlike other text it may hold control characters, since files do. */
const vocabulary: Reader<string> = (value, at) => {
  if (typeof value !== 'string' || !value.isWellFormed()) throw new ProtocolError(`${at}: expected well-formed text`);
  if (value.length > 2 * MAX_VOCABULARY) throw new ProtocolError(`${at}: over ${MAX_VOCABULARY} characters`);
  const characters = [...value];
  if (characters.length < 2 || characters.length > MAX_VOCABULARY) throw new ProtocolError(`${at}: expected 2 to ${MAX_VOCABULARY} characters, got ${characters.length}`);
  if (new Set(characters).size !== characters.length) throw new ProtocolError(`${at}: a character stands twice`);
  return value;
};

const task = variants<Task>({
  digits: object({ kind: literal('digits'), classes: names }),
  images: object({ kind: literal('images'), height: integer(1, 4096), width: integer(1, 4096), channels: integer(1, 4), classes: names }),
  text: object({ kind: literal('text'), vocabulary, window: integer(1, 65_536) }),
  table: object({ kind: literal('table'), features: list(text(1, 200), 1, 4096), target: text(1, 200), classes: names }),
});

const jobSpec = object<JobSpec>({
  version: literal(1),
  title: text(1, 120),
  task,
  programHash: hash,
  programBlob: hash,
  initialState: hash,
  initialRoot: hash,
  dataset: hash,
  testDataset: nullable(hash),
  model: hash,
  slots: integer(1, MAX_SLOTS),
  rounds: integer(1, MAX_ROUNDS),
  stepsPerRound: integer(1, MAX_STEPS_PER_ROUND),
  checkpointEvery: integer(1, MAX_STEPS_PER_ROUND),
  batch: integer(1, MAX_BATCH),
  seed: hash,
  outer: object({ learningRate: real(2 ** -20, 100), momentum: real(0, 0.9999), clip: real(2 ** -20, 2 ** 40) }),
  needs: object({ memoryBytes: integer(0, 2 ** 50), macsPerSecond: integer(0, 2 ** 53 - 1) }),
  licence: text(0, 2000),
});

/** Rules between fields. Errors: ProtocolError. */
function checkTogether(spec: JobSpec): JobSpec {
  const { slots, rounds, stepsPerRound, checkpointEvery, batch } = spec;
  if (stepsPerRound % checkpointEvery !== 0) {
    throw new ProtocolError(`job: checkpointEvery ${checkpointEvery} does not divide stepsPerRound ${stepsPerRound}`);
  }
  if (stepsPerRound / checkpointEvery > MAX_SEGMENTS) {
    throw new ProtocolError(`job: ${stepsPerRound / checkpointEvery} checkpoints a round is over the limit of ${MAX_SEGMENTS}; raise checkpointEvery`);
  }
  if (rounds * stepsPerRound > 0xffffffff) throw new ProtocolError(`job: ${rounds * stepsPerRound} steps in all do not fit in 32 bits`);
  if (!Number.isSafeInteger(rounds * slots * stepsPerRound * batch)) throw new ProtocolError('job: rounds * slots * stepsPerRound * batch is over 2^53');
  return spec;
}

/** Errors: ProtocolError naming the field. */
export function parseJobSpec(bytes: Uint8Array): JobSpec {
  return checkTogether(decodeJson(bytes, 'job', MAX_SPEC_BYTES, jobSpec));
}

/** Checked as it is written, so that nobody posts what others would refuse. Fields stand in a fixed order. Errors: ProtocolError. */
export function encodeJobSpec(spec: JobSpec): Uint8Array<ArrayBuffer> {
  const bytes = encodeJson(checkTogether(jobSpec(spec, 'job')));
  if (bytes.length > MAX_SPEC_BYTES) throw new ProtocolError(`job: ${bytes.length} bytes is over the limit of ${MAX_SPEC_BYTES}`);
  return bytes;
}
