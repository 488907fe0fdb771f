/**
 * An executor whose device may go away: another is looked for in its place at once, and whoever prepares or loads next gets
 * that one. Work under way fails with the loss; who did it takes it up again from its last checkpoint.
 */
import type { Executor, Run } from '#engine/program/executor.ts';
import type { DeviceView } from '#web/tab/tabModel.ts';

export interface OpenedDevice {
  readonly executor: Executor;
  readonly view: DeviceView;
  /** Says why, once it is gone; null for what can't go away. */
  readonly lost: Promise<string> | null;
}

export interface Reopening {
  /** `onView`: hears of the same device again. Errors: there is none, or it does not work. */
  readonly open: (onView: (view: DeviceView) => void) => Promise<OpenedDevice>;
  /** Whether a new try may find what this one did not, where none was open before: after a loss, it always may. */
  readonly isPassing: (error: unknown) => boolean;
  /** Where no try found one. */
  readonly instead: (error: unknown) => Promise<OpenedDevice>;
  /** Hears of whatever is told after the first opening. */
  readonly onView: (view: DeviceView) => void;
  readonly pause: (ms: number) => Promise<void>;
}

export interface ReopeningExecutor extends Executor {
  /** The present device, or the next one where that is gone. Errors: those of `instead`. */
  opened(): Promise<OpenedDevice>;
}

/** Before each further try: after a crash, browsers take some seconds to have a graphics processor again. */
const PAUSES_MS = [1000, 2000, 4000, 8000, 16_000];

export function reopeningExecutor(means: Reopening): ReopeningExecutor {
  let present: Promise<OpenedDevice> | null = null;
  let last: OpenedDevice | null = null;

  const begin = (isAgain: boolean): Promise<OpenedDevice> => {
    const opening = openOne(means, isAgain, (view) => {
      if (present === opening) means.onView(view);
    });
    present = opening;
    opening.then(
      (device) => {
        last = device;
        if (isAgain) means.onView(device.view);
        void device.lost?.then((reason) => {
          means.onView(goneView(device.view, reason));
          begin(true).catch(() => undefined);
        });
      },
      () => (present = null),
    );
    return opening;
  };
  const opened = () => present ?? begin(false);

  return {
    get name() {
      return last?.executor.name ?? 'webgpu';
    },
    get device() {
      return last?.executor.device ?? 'no device yet';
    },
    opened,
    async prepare(program) {
      let home = await opened();
      let run = await home.executor.prepare(program);
      return {
        async load(state) {
          const now = await opened();
          if (now !== home) {
            run.dispose();
            run = await now.executor.prepare(program);
            home = now;
          }
          await run.load(state);
        },
        run: (steps) => run.run(steps),
        state: () => run.state(),
        roots: (state) => run.roots(state),
        dispose: () => run.dispose(),
      } satisfies Run;
    },
  };
}

async function openOne(means: Reopening, isAgain: boolean, onView: (view: DeviceView) => void, pauses = PAUSES_MS): Promise<OpenedDevice> {
  try {
    return await means.open(onView);
  } catch (error) {
    const [pauseMs, ...later] = pauses;
    if (pauseMs === undefined || !(isAgain || means.isPassing(error))) return means.instead(error);
    await means.pause(pauseMs);
    return openOne(means, isAgain, onView, later);
  }
}

function goneView(view: DeviceView, reason: string): DeviceView {
  const message = `This graphics processor went away (${reason}). It is looked for again; then work goes on from the last checkpoint.`;
  return { ...view, phase: 'checking', message, checks: [], jobTests: [] };
}
