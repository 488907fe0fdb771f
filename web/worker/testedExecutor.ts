/** Before a Program's first step here, each of its pipelines is tried with that step's own state and data. */
import type { PipelineVerdict } from '#engine/kernels/checkProgram.ts';
import type { Variant } from '#engine/kernels/macFormat.ts';
import type { GpuExecutor } from '#engine/kernels/webgpuExecutor.ts';
import { type Bits, type Executor, UnsupportedError } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';

/**
 * `variants`: ways to compile a Program, of which the first that passes is used, as a whole: a compiler that changes the
 * order of one sum is not trusted with the next. `onVerdicts` gets what was found of the last that was tried, once a
 * Program. One that failed in all is refused: its runs reject with `UnsupportedError`, which names the first difference.
 */
export function testedExecutor(executor: GpuExecutor, variants: readonly Variant[], onVerdicts: (program: Program, verdicts: readonly PipelineVerdict[]) => void): Executor {
  const passed = new WeakMap<Program, Variant>();
  return {
    name: executor.name,
    device: executor.device,
    async prepare(program) {
      let variant = passed.get(program) ?? (variants[0] as Variant);
      let run = await executor.prepare(program, { variant });
      let loaded: readonly Bits[] | null = null;
      let tried: Promise<void> | null = null;
      const check = async (state: readonly Bits[], inputs: readonly Bits[]) => {
        const verdicts = await run.check(state, inputs);
        const wrong = verdicts.find(({ different }) => different > 0);
        const next = wrong && variants[variants.indexOf(variant) + 1];
        if (next) {
          // Not both at once: a big job may have no room for a second arena.
          run.dispose();
          run = await executor.prepare(program, { variant: next });
          variant = next;
          await run.load(state);
          await check(state, inputs);
          return;
        }
        onVerdicts(program, verdicts);
        if (wrong)
          throw new UnsupportedError(
            `${executor.device} does not compute this job exactly (${wrong.first}), so it is not given its work. An update of the graphics driver or another browser may help.`,
          );
        passed.set(program, variant);
        await run.load(state);
      };
      return {
        async load(state) {
          await tried?.catch(() => undefined);
          await run.load(state);
          tried = null;
          loaded = passed.get(program) === variant ? null : state;
        },
        // Until the trial is over, calls wait for it in their order.
        async run(steps) {
          if (steps[0] && loaded) {
            tried = check(loaded, steps[0]);
            loaded = null;
          }
          await tried;
          return run.run(steps);
        },
        async state() {
          await tried;
          return run.state();
        },
        async roots(state) {
          await tried;
          return run.roots(state);
        },
        dispose: () => run.dispose(),
      };
    },
  };
}
