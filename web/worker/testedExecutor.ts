/** Before a Program's first step here, each of its pipelines is tried with that step's own state and data. */
import type { PipelineVerdict } from '#engine/kernels/checkProgram.ts';
import type { GpuExecutor } from '#engine/kernels/webgpuExecutor.ts';
import { type Bits, type Executor, UnsupportedError } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';

/**
 * `onVerdicts` gets what was found, once a Program. A Program that failed is refused: its runs reject with
 * `UnsupportedError`, which names the first difference.
 */
export function testedExecutor(executor: GpuExecutor, onVerdicts: (program: Program, verdicts: readonly PipelineVerdict[]) => void): Executor {
  const passed = new WeakSet<Program>();
  return {
    name: executor.name,
    device: executor.device,
    async prepare(program) {
      const run = await executor.prepare(program);
      let loaded: readonly Bits[] | null = null;
      const check = async (inputs: readonly Bits[]) => {
        if (passed.has(program) || !loaded) return;
        const verdicts = await run.check(loaded, inputs);
        onVerdicts(program, verdicts);
        const wrong = verdicts.find(({ different }) => different > 0);
        if (wrong)
          throw new UnsupportedError(
            `${executor.device} does not compute this job exactly (${wrong.first}), so it is not given its work. An update of the graphics driver or another browser may help.`,
          );
        passed.add(program);
        await run.load(loaded);
      };
      return {
        async load(state) {
          await run.load(state);
          loaded = passed.has(program) ? null : state;
        },
        async run(steps) {
          if (steps[0]) await check(steps[0]);
          loaded = null;
          return run.run(steps);
        },
        state: () => run.state(),
        roots: (state) => run.roots(state),
        dispose: () => run.dispose(),
      };
    },
  };
}
