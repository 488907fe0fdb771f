import { proxy } from 'comlink';
import { startWorker } from '#web/tab/workerEngine.ts';
import type { DeviceView } from '#web/tab/tabModel.ts';
import { type LongRound, longRound } from '../longRound.ts';

const { engine, host } = startWorker();
const phases: DeviceView['phase'][] = [];
void host.watchDevice(proxy(({ phase }: DeviceView) => void (phase !== phases.at(-1) && phases.push(phase))));

/** What the round came to, or the name of the error that ended it. */
export async function train(): Promise<LongRound | string> {
  await host.inspect();
  return longRound(engine, (step) => Object.assign(window, { stepsDone: step })).catch((error: unknown) => (error as Error).name);
}

Object.assign(window, { train, phases, stepsDone: 0 });
