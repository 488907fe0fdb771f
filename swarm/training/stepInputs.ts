/** The inputs of every step: dataset rows by T1, step number, seed words (T3) and schedule values. Nothing is a solver's choice. */
import { sha256 } from '@noble/hashes/sha2.js';
import { canon } from '#engine/numerics/canon.ts';
import type { Bits } from '#engine/program/executor.ts';
import type { InputSource, Program } from '#engine/program/program.ts';
import { u32be } from '#swarm/protocol/bytes.ts';
import { hashBytes } from '#swarm/protocol/hex.ts';
import type { JobSpec, Schedule } from '#swarm/protocol/jobSpec.ts';
import { columnBytes, columnElements } from '#swarm/protocol/parseDatasetManifest.ts';
import { ProtocolError } from '#swarm/protocol/protocolError.ts';
import type { Dataset } from './dataset.ts';
import { sampleRows } from './sampleRows.ts';

export interface StepInputs {
  /** Bits of each of `program.inputs` for one step of (round, slot). Errors: those of the dataset. */
  at(round: number, slot: number, step: number, signal?: AbortSignal): Promise<Bits[]>;
}

/** T3: the first 8 bytes of SHA-256(seed || u32be round || u32be slot), as two big-endian words. */
export function seedWords(seed: JobSpec['seed'], round: number, slot: number): Bits {
  const message = new Uint8Array(40);
  message.set(hashBytes(seed), 0);
  message.set(u32be(round, slot), 32);
  const digest = new DataView(sha256(message).buffer);
  return Uint32Array.of(digest.getUint32(0), digest.getUint32(4));
}

const f32 = new Float32Array(1);
const f32Bits = new Uint32Array(f32.buffer);
function bitsOf(value: number): number {
  f32[0] = value;
  return f32Bits[0] as number;
}

const U8_AS_F32 = Uint32Array.from({ length: 256 }, (_, k) => bitsOf(k));

/** Reads one column of the rows into `elements` words a row. */
type ColumnReader = (rows: readonly Uint8Array[]) => Bits;

function columnReader(dataset: Dataset, name: string, dtype: string, batch: number, tensorElements: number): ColumnReader {
  const columns = dataset.manifest.columns;
  const index = columns.findIndex((column) => column.name === name);
  const column = columns[index];
  if (!column) throw new ProtocolError(`the program reads column ${name}; the dataset has ${columns.map((item) => item.name).join(', ')}`);
  const offset = columns.slice(0, index).reduce((total, item) => total + columnBytes(item), 0);
  const elements = columnElements(column.shape);
  if (tensorElements !== batch * elements) {
    throw new ProtocolError(`column ${name}: a batch of ${batch} has ${batch * elements} values, the program's input has ${tensorElements}`);
  }
  const fromU8 = column.dtype === 'u8' && (dtype === 'f32' || dtype === 'i32');
  if (!fromU8 && column.dtype !== dtype) throw new ProtocolError(`column ${name} is ${column.dtype}, the program reads it as ${dtype}`);
  return (rows) => {
    const bits = new Uint32Array(tensorElements);
    rows.forEach((row, b) => {
      const view = new DataView(row.buffer, row.byteOffset + offset);
      for (let k = 0; k < elements; k++) {
        const raw = fromU8 ? view.getUint8(k) : view.getUint32(k * 4, true);
        bits[b * elements + k] = dtype === 'f32' ? (fromU8 ? (U8_AS_F32[raw] as number) : canon(raw)) : raw;
      }
    });
    return bits;
  };
}

interface Place {
  readonly round: number;
  readonly slot: number;
  readonly globalStep: number;
  readonly rows: readonly Uint8Array[];
}

function scheduleOf(schedules: readonly Schedule[], name: string): Schedule {
  const schedule = schedules.find((one) => one.name === name);
  if (!schedule) throw new ProtocolError(`the program needs schedule ${name}; the job has ${schedules.map((one) => one.name).join(', ') || 'none'}`);
  return schedule;
}

/** A schedule's value at every step of the job, as f32. Errors: ProtocolError where the job has no such schedule. */
export function scheduleValues(spec: Pick<JobSpec, 'schedules' | 'rounds' | 'stepsPerRound'>, name: string): Float32Array<ArrayBuffer> {
  const { steps, values } = scheduleOf(spec.schedules, name);
  return Float32Array.from({ length: spec.rounds * spec.stepsPerRound }, (_, step) => values[pieceAt(steps, step)] as number);
}

function scheduleReader(name: string, schedules: readonly Schedule[]): (place: Place) => Bits {
  const { steps, values } = scheduleOf(schedules, name);
  return ({ globalStep }) => Uint32Array.of(canon(bitsOf(values[pieceAt(steps, globalStep)] as number)));
}

/** The last piece that begins at or before `step`; the first begins at 0. */
function pieceAt(steps: readonly number[], step: number): number {
  let [from, to] = [0, steps.length];
  while (to - from > 1) {
    const middle = (from + to) >>> 1;
    if ((steps[middle] as number) <= step) from = middle;
    else to = middle;
  }
  return from;
}

/** Errors: ProtocolError where the Program asks for what job and data do not have; found here, before any step runs. */
export function createStepInputs(program: Program, spec: JobSpec, dataset: Dataset): StepInputs {
  const readers = program.inputs.map(({ tensor, source }): ((place: Place) => Bits) => {
    const described = program.tensors[tensor];
    if (!described) throw new ProtocolError(`the program's input names tensor ${tensor}, which does not exist`);
    return readerOf(source, described.dtype, columnElements(described.shape));
  });
  function readerOf(source: InputSource, dtype: string, elements: number): (place: Place) => Bits {
    switch (source.kind) {
      case 'column': {
        const read = columnReader(dataset, source.column, dtype, spec.batch, elements);
        return ({ rows }) => read(rows);
      }
      case 'step':
        return ({ globalStep }) => Uint32Array.of(globalStep);
      case 'seed':
        return ({ round, slot }) => seedWords(spec.seed, round, slot);
      case 'schedule':
        return scheduleReader(source.name, spec.schedules);
      case 'argument':
        throw new ProtocolError(`a training program cannot take the argument ${source.name}: everything in a step follows from job and data`);
    }
  }
  return {
    async at(round, slot, step, signal) {
      const rows = await dataset.rows(sampleRows(spec, dataset.manifest.rows, round, slot, step), signal);
      const place = { round, slot, globalStep: round * spec.stepsPerRound + step, rows };
      return readers.map((read) => read(place));
    },
  };
}
