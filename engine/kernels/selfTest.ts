/** Before a device is given work: each operation of a Program on random inputs, compared with the law, to the bit. */
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import type { Bits, Executor } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';

export interface Check {
  readonly name: string;
  readonly passed: boolean;
  readonly detail: string;
}

/** Runs `steps` steps of the Program on both executors from the same random state. Inputs of integer type are `integersBelow`. */
export async function selfTest(executor: Executor, program: Program, name: string, steps: readonly (readonly Bits[])[], state: readonly Bits[]): Promise<Check> {
  const law = await outcome(referenceExecutor, program, steps, state);
  const found = await outcome(executor, program, steps, state);
  let different = 0;
  let words = 0;
  const where = new Set<string>();
  law.forEach((bits, k) => {
    words += bits.length;
    for (let n = 0; n < bits.length; n++) {
      if (bits[n] === found[k]?.[n]) continue;
      different++;
      where.add(program.outputs[k % Math.max(1, program.outputs.length)]?.name ?? 'state');
    }
  });
  const passed = different === 0;
  return {
    name,
    passed,
    detail: passed
      ? `${words} numbers equal, bit for bit`
      : `${different} of ${words} numbers differ from the reference, in ${[...where].slice(0, 4).join(', ')}: this device is not given work of this kind`,
  };
}

async function outcome(executor: Executor, program: Program, steps: readonly (readonly Bits[])[], state: readonly Bits[]): Promise<Bits[]> {
  const run = await executor.prepare(program);
  try {
    await run.load(state);
    const outputs = await run.run(steps);
    return [...outputs.flat(), ...(await run.state())];
  } finally {
    run.dispose();
  }
}
