/** The test's side: an Executor whose Programs run somewhere else. */
import type { Hasher } from '#engine/kernels/chooseHasher.ts';
import type { Schedule } from '#engine/kernels/webgpuExecutor.ts';
import { encodeProgram } from '#engine/program/encodeProgram.ts';
import type { Bits, Executor, Run } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import { type Answer, fromBase64, packBits, type Question, toBase64, unpackBits, unpackError } from './wireForm.ts';

export type Ask = (question: Question) => Promise<Answer>;

/** Steps of one message: a page should not be sent hundreds of megabytes at once. */
const STEPS_A_MESSAGE = 20;

export async function askFor<T>(ask: Ask, question: Question): Promise<T> {
  const answer = await ask(question);
  if ('error' in answer) throw unpackError(answer.error);
  return answer.value as T;
}

export interface RemoteExecutor extends Executor {
  prepare(program: Program): Promise<RemoteRun>;
}

export interface RemoteRun extends Run {
  /** As GpuRun's. */
  roots(state?: Promise<readonly Bits[]>, by?: Hasher): Promise<Uint8Array[]>;
}

export function remoteExecutor(ask: Ask, device: string, schedule: Schedule = {}): RemoteExecutor {
  return {
    name: 'webgpu',
    device,
    async prepare(program) {
      const handle = await askFor<number>(ask, { method: 'prepare', program: toBase64(encodeProgram(program)), schedule });
      return remoteRun(ask, handle);
    },
  };
}

function remoteRun(ask: Ask, handle: number): RemoteRun {
  return {
    load: (state) => askFor(ask, { method: 'load', handle, state: state.map(packBits) }),
    async run(steps) {
      const outputs: string[][][] = [];
      for (let start = 0; start < steps.length; start += STEPS_A_MESSAGE) {
        const part = steps.slice(start, start + STEPS_A_MESSAGE);
        outputs.push(await askFor<string[][]>(ask, { method: 'run', handle, steps: part.map((inputs) => inputs.map(packBits)) }));
      }
      return outputs.flat().map((step) => step.map(unpackBits));
    },
    state: async () => (await askFor<string[]>(ask, { method: 'state', handle })).map(unpackBits),
    roots: async (_, hasher) => (await askFor<string[]>(ask, { method: 'roots', handle, hasher })).map(fromBase64),
    // Nobody waits for it, and a stack that has been closed has nothing left to free.
    dispose: () => void ask({ method: 'dispose', handle }).catch(() => {}),
  };
}
