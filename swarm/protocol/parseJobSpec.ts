/** A job's description from strangers: every number in range, every size bounded, or refused with the reason. */
import type { JobSpec, Schedule, Task } from './jobSpec.ts';
import { decodeJson, encodeJson } from './json.ts';
import { MAX_BATCH, MAX_ROUNDS, MAX_SCHEDULE_PIECES, MAX_SCHEDULES, MAX_SEGMENTS, MAX_SLOTS, MAX_SPEC_BYTES, MAX_STEPS_PER_ROUND } from './limits.ts';
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

/** An f32 as N1 has it: what every executor reads is what is written. */
const canonicalF32: Reader<number> = (value, at) => {
  const number = real(-(2 ** 128), 2 ** 128)(value, at);
  const canonical = Math.fround(number) === number && !Object.is(number, -0) && (number === 0 || Math.abs(number) >= 2 ** -125);
  if (!canonical) throw new ProtocolError(`${at}: ${number} is not a canonical f32: round it first`);
  return number;
};

const schedule = object<Schedule>({
  name: text(1, 200),
  steps: list(integer(0, 0xffffffff), 1, MAX_SCHEDULE_PIECES),
  values: list(canonicalF32, 1, MAX_SCHEDULE_PIECES),
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
  schedules: list(schedule, 0, MAX_SCHEDULES),
  outer: object({ learningRate: real(2 ** -20, 100), momentum: real(0, 0.9999), clip: real(2 ** -20, 2 ** 40) }),
  needs: object({ memoryBytes: integer(0, 2 ** 50), macsPerSecond: integer(0, 2 ** 53 - 1) }),
  licence: text(0, 2000),
});

function checkSchedules({ schedules, rounds, stepsPerRound }: JobSpec): void {
  schedules.forEach(({ name, steps, values }, k) => {
    const who = `job: schedule ${name}`;
    if (schedules.findIndex((other) => other.name === name) !== k) throw new ProtocolError(`${who} stands twice`);
    if (steps.length !== values.length) throw new ProtocolError(`${who} has ${steps.length} steps and ${values.length} values`);
    if (steps[0] !== 0) throw new ProtocolError(`${who} begins at step ${steps[0]}; it must begin at step 0`);
    const wrong = steps.findIndex((step, at) => at > 0 && step <= (steps[at - 1] as number));
    if (wrong > 0) throw new ProtocolError(`${who}: step ${steps[wrong]} does not come after step ${steps[wrong - 1]}`);
    if ((steps.at(-1) as number) >= rounds * stepsPerRound) throw new ProtocolError(`${who}: step ${steps.at(-1)} is beyond the job's ${rounds * stepsPerRound} steps`);
  });
}

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
  checkSchedules(spec);
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
