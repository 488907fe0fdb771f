/** The GPU worker as seen from the main thread: a TrainingEngine, and the host's other services. */
import { proxy, type Remote, wrap } from 'comlink';
import type { TrainingEngine } from '#swarm/peer/trainingEngine.ts';
import type { EngineHost } from '#web/worker/engineHost.ts';

export interface WorkerEngine {
  readonly engine: TrainingEngine;
  readonly host: Remote<EngineHost>;
}

export function startWorker(): WorkerEngine {
  const worker = new Worker(new URL('../worker/engineWorker.ts', import.meta.url), { type: 'module', name: 'engine' });
  const host = wrap<EngineHost>(worker);
  const ignore = () => undefined;
  const engine: TrainingEngine = {
    device: 'worker',
    open: (job, material) => host.open(job, material),
    train: (job, round, slot, state, onStep) => host.train(job, round, slot, state, proxy(onStep)),
    release: (...args) => host.release(...args),
    checkpoint: (...args) => host.checkpoint(...args),
    replay: (job, round, slot, segment, start, onStep) => host.replay(job, round, slot, segment, start, proxy(onStep ?? ignore)),
    facts: (...args) => host.facts(...args),
    dispute: (...args) => host.dispute(...args),
    checkDelta: (...args) => host.checkDelta(...args),
    next: (...args) => host.next(...args),
    globalRoot: (...args) => host.globalRoot(...args),
    close: (job) => void host.close(job),
  };
  return { engine, host };
}
