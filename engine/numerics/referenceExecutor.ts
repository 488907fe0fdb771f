/** The reference executor: the law, on a CPU, in the order that the Program is written. */
import { type Bits, DivergedError, type Executor, IndexError, type Run, UnsupportedError } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import { tensorRoot } from '#engine/program/tensorRoot.ts';
import { typeBody } from '#engine/program/typeBody.ts';
import { canonInPlace, isFinite32 } from './canon.ts';
import { RegisterPool } from './registerPool.ts';
import { planOperation } from './runOperation.ts';

export const referenceExecutor: Executor = {
  name: 'reference',
  device: 'CPU (reference)',
  async prepare(program) {
    return prepareRun(program);
  },
};

const elements = (shape: readonly number[]) => shape.reduce((product, extent) => product * extent, 1);

function allocate({ tensors }: Program): Uint32Array[] {
  const sizes = tensors.map(({ shape }) => elements(shape));
  try {
    return sizes.map((size) => new Uint32Array(size));
  } catch (error) {
    // So it is told that there is no memory; how much there is, no browser says beforehand.
    if (!(error instanceof RangeError)) throw error;
    const mebibytes = Math.ceil(sizes.reduce((sum, size) => sum + size, 0) / 2 ** 18);
    throw new UnsupportedError(`this program needs ${mebibytes} MiB of memory on the CPU, which this machine did not give. A smaller batch or model needs less.`);
  }
}

function prepareRun(program: Program): Run {
  const tensors = allocate(program);
  const pool = new RegisterPool();
  const operations = program.operations.map((operation) => {
    const types = typeBody(
      operation.body,
      operation.reads.map((read) => program.tensors[read.tensor]?.dtype ?? 'f32'),
      operation.shape.length + operation.extents.length,
    );
    return { operation, run: planOperation(operation, types[operation.results[0] as number] ?? 'f32', program.profile, pool) };
  });
  const watched = watchedOperations(program);
  let step = 0;

  const store = (tensor: number, bits: Bits, what: string) => {
    const into = tensors[tensor] as Uint32Array;
    if (bits.length !== into.length) throw new RangeError(`${what} ${program.tensors[tensor]?.name}: ${bits.length} elements given, ${into.length} needed`);
    into.set(bits);
    if (program.tensors[tensor]?.dtype === 'f32') canonInPlace(into, into.length);
  };

  function runStep(inputs: readonly Bits[]): Bits[] {
    program.inputs.forEach((input, k) => store(input.tensor, inputs[k] ?? new Uint32Array(0), 'input'));
    for (const { operation, run } of operations) {
      if (!run(tensors)) throw new IndexError(step, operation.label);
    }
    for (const operation of watched) {
      if (!(tensors[operation.out] as Uint32Array).every(isFinite32)) throw new DivergedError(step, operation.label);
    }
    const outputs = program.outputs.map((output) => (tensors[output.tensor] as Uint32Array).slice());
    const next = program.state.map((slot) => (slot.next === slot.tensor ? null : (tensors[slot.next] as Uint32Array).slice()));
    next.forEach((bits, k) => {
      if (bits) (tensors[(program.state[k] as { tensor: number }).tensor] as Uint32Array).set(bits);
    });
    step++;
    return outputs;
  }

  return {
    async load(state) {
      if (state.length !== program.state.length) throw new RangeError(`${state.length} state tensors given, ${program.state.length} needed`);
      program.state.forEach((slot, k) => store(slot.tensor, state[k] as Bits, 'state'));
      step = 0;
    },
    async run(steps) {
      const outputs: Bits[][] = [];
      for (const inputs of steps) outputs.push(runStep(inputs));
      return outputs;
    },
    async state() {
      return program.state.map((slot) => (tensors[slot.tensor] as Uint32Array).slice());
    },
    async roots() {
      return program.state.map((slot) => tensorRoot(tensors[slot.tensor] as Uint32Array));
    },
    dispose() {
      tensors.length = 0;
    },
  };
}

/** Operations that write an f32 output or next state, in Program order (P6). */
function watchedOperations(program: Program) {
  const watched = new Set([...program.outputs.map((output) => output.tensor), ...program.state.map((slot) => slot.next)]);
  return program.operations.filter((operation) => watched.has(operation.out) && program.tensors[operation.out]?.dtype === 'f32');
}
