/** Compiling takes longer than many steps: keeps prepared runs of an executor, by Program object, for the next round. */
import type { Executor, Run } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import { poisonReason } from './poison.ts';

export interface KeptExecutor extends Executor {
  /** Frees all that is kept. Runs in use are freed when their user disposes them. */
  release(): void;
}

interface Kept {
  run: Run | null;
  /** Ends when the present user disposes. */
  free: Promise<void>;
}

/**
 * `prepare` of a Program whose run is in use waits until that user disposes it; so take one at a time of the same Program.
 * A run that failed (other than by divergence) is not kept, since its device may be gone.
 */
export function keepPrepared(executor: Executor): KeptExecutor {
  let kept = new Map<Program, Kept>();

  return {
    name: executor.name,
    device: executor.device,
    async prepare(program) {
      const home = kept;
      const entry = home.get(program) ?? { run: null, free: Promise.resolve() };
      home.set(program, entry);
      const before = entry.free;
      let done: () => void = () => undefined;
      entry.free = new Promise((resolve) => {
        done = resolve;
      });
      await before;
      let run: Run;
      try {
        run = entry.run ?? (await executor.prepare(program));
      } catch (error) {
        done();
        throw error;
      }
      entry.run = run;
      return watched(run, (failed) => {
        if (failed || home !== kept) {
          entry.run = null;
          run.dispose();
        }
        done();
      });
    },
    release() {
      const held = kept;
      kept = new Map();
      for (const entry of held.values()) {
        void entry.free.then(() => entry.run?.dispose());
      }
    },
  };
}

/** The run with `dispose` replaced by `end`, which is told whether any call failed. */
function watched(run: Run, end: (failed: boolean) => void): Run {
  let failed = false;
  let ended = false;
  async function watch<T>(work: Promise<T>): Promise<T> {
    try {
      return await work;
    } catch (error) {
      // Divergence is a result: the next load starts afresh on the same device.
      failed ||= poisonReason(error) === null;
      throw error;
    }
  }
  return {
    load: (state) => watch(run.load(state)),
    run: (steps) => watch(run.run(steps)),
    state: () => watch(run.state()),
    roots: (state) => watch(run.roots(state)),
    dispose() {
      if (ended) return;
      ended = true;
      end(failed);
    },
  };
}
