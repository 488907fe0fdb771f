/** Rounds to dispute: letters of an alphabet, random Programs whose every operation ends in the state, and the small net. */
import type { Bits } from '#engine/program/executor.ts';
import type { Profile, Program, StateSlot, TensorSpec } from '#engine/program/program.ts';
import { randomProgram } from '#engine/program/randomProgram.ts';
import { RandomWords } from '#engine/program/randomWords.ts';
import type { JobSpec } from '#swarm/protocol/jobSpec.ts';
import { type ColumnData, cutDataset } from '#swarm/training/dataset.ts';
import { along, ProgramBuilder } from '#swarm/training/programBuilder.ts';
import { datasetOf, tinyData, tinyGlobal, tinyProgram, tinySpec } from '#swarm/training/tinyNet.fixture.ts';
import type { RoundMaterial } from '../account.ts';
import { buildDocket } from '../docket.ts';

const ROUND = 1;
const SLOT = 1;
const asFloats = (bits: Uint32Array) => new Float32Array(bits.buffer, bits.byteOffset, bits.length);

export function materialOf(program: Program, spec: JobSpec, columns: readonly ColumnData[], rowsPerChunk: number, tensors: readonly Bits[]): RoundMaterial {
  const cut = cutDataset(columns, { source: 'made here', licence: 'MIT', rowsPerChunk });
  return { program, spec, dataset: datasetOf(cut), docket: buildDocket(program, spec, cut.manifest), globalState: { round: ROUND, tensors }, slot: SLOT };
}

/** 26 letters that move on by step, seed and a row of the data; nothing else. */
export function alphabet(steps = 4, every = 2): RoundMaterial {
  const builder = new ProgramBuilder();
  const row = builder.input('row', 'i32', [2, 26], { kind: 'column', column: 'shift' });
  const step = builder.input('step', 'u32', [], { kind: 'step' });
  const seed = builder.input('seed', 'u32', [2], { kind: 'seed' });
  const letters = builder.state('letters', [26], 'u32');
  const moved = builder.operation('moved', 'u32', [26], (l) => l.op('iadd', l.read(letters, [26], [along(0)]), l.op('iadd', l.scalar(step), l.read(seed, [2], [along(0, 1, 26)]))));
  const shifted = builder.operation('shifted', 'u32', [26], (l) => l.op('iadd', l.read(moved, [26], [along(0)]), l.op('i2u', l.read(row, [2, 26], [along(0, 1, 26), along(0)]))));
  const next = builder.operation('in the alphabet', 'u32', [26], (l) => {
    const letter = l.op('iand', l.read(shifted, [26], [along(0)]), l.u32(31));
    return l.op('select', l.op('ult', letter, l.u32(26)), letter, l.op('isub', letter, l.u32(6)));
  });
  const highest = builder.operation('highest', 'u32', [], (l) => l.read(next, [26], [along(0)]), { reduce: 'max', extents: [26] });
  const best = builder.state('best', [], 'u32');
  builder.advance(letters, next, 'local', 7);
  builder.advance(best, highest, 'local', 0);
  const data: ColumnData = { name: 'shift', shape: [26], data: Int32Array.from({ length: 5 * 26 }, (_, k) => (k * 7) % 26) };
  return materialOf(builder.build(), { ...tinySpec, batch: 2, stepsPerRound: steps, checkpointEvery: every }, [data], 2, []);
}

/** The first random operations, those that show their bits, and the next state: a step that is quick to run. */
function shortened(program: Program, count: number): Program {
  const kept = new Set(program.operations.slice(0, count).map(({ out }) => out));
  const operations = program.operations.filter(
    ({ label, out, reads }) => kept.has(out) || label.startsWith('next ') || (label.startsWith('bits of') && kept.has(reads[0]?.tensor ?? -1)),
  );
  const written = new Set(operations.map(({ out }) => out));
  return { ...program, operations, outputs: program.outputs.filter(({ tensor }) => written.has(tensor)) };
}

/** Replaces a random Program's arguments by what a job can give, and keeps every operation's bits in the state. */
function jobProgram(seed: number, profile: Profile, watched: boolean): Program {
  const program = shortened(randomProgram(seed, 1, profile).program, 2 + (seed % 3));
  const tensors: TensorSpec[] = [...program.tensors];
  const column = (tensor: number) => ({ tensor, source: { kind: 'column' as const, column: program.tensors[tensor]?.name ?? '' } });
  const words: StateSlot = { tensor: 7, next: 7, role: 'local', fill: 0x9e3779b9 };
  const state = [...program.state, words];
  program.outputs.forEach(({ tensor }) => {
    const { name, dtype, shape } = program.tensors[tensor] as TensorSpec;
    tensors.push({ name: `kept ${name}`, dtype, shape });
    state.push({ tensor: tensors.length - 1, next: tensor, role: 'local', fill: 0 });
  });
  const floats = program.operations.filter(({ out }) => program.tensors[out]?.dtype === 'f32').map(({ out }) => ({ tensor: out, name: `output ${out}` }));
  return { ...program, tensors, inputs: [column(0), { tensor: 3, source: { kind: 'step' } }, column(4), column(5), column(6)], state, outputs: watched ? floats : [] };
}

/** `watched`: f32 values end the round where they are not finite. `stray`: some index of the data is out of range. */
export function randomRound(seed: number, options: { readonly profile?: Profile; readonly watched?: boolean; readonly stray?: boolean } = {}): RoundMaterial {
  const random = new RandomWords(seed ^ 0x5eed);
  const program = jobProgram(seed, options.profile ?? 'f12', options.watched ?? false);
  const rows = 5 + random.below(9);
  const finite = (count: number, edges: number) => asFloats(random.floats(count, edges).map((bits) => ((bits & 0x7f800000) === 0x7f800000 ? 0x00400001 : bits)));
  const columns: ColumnData[] = [
    { name: 'indices', shape: [12], data: Int32Array.from({ length: rows * 12 }, () => (options.stray && random.below(12) === 0 ? 900 : random.below(4))) },
    { name: 'ordinary', shape: [60], data: finite(rows * 60, 0) },
    { name: 'edges', shape: [20], data: finite(rows * 20, 3) },
    { name: 'integers', shape: [18], data: new Int32Array(random.integers(rows * 18).buffer) },
  ];
  const [steps, every] = random.pick([
    [2, 1],
    [4, 2],
    [6, 3],
    [3, 3],
    [2, 2],
  ] as const);
  const spec = { ...tinySpec, batch: 2, stepsPerRound: steps, checkpointEvery: every };
  return materialOf(program, spec, columns, random.pick([1, 2, 4, 16]), [random.floats(35, 0), random.floats(35, 0)]);
}

/** `rate` 1e30 diverges. */
export function tinyRound(rate = 0.001): RoundMaterial {
  const program = tinyProgram(rate);
  const cut = tinyData();
  return {
    program,
    spec: tinySpec,
    dataset: datasetOf(cut),
    docket: buildDocket(program, tinySpec, cut.manifest),
    globalState: { ...tinyGlobal(program), round: ROUND },
    slot: SLOT,
  };
}
