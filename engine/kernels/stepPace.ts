/**
 * How many steps may be on their way to a device: enough that it never waits for the host, which Firefox tells of what is
 * done only every 100 ms, and few enough that stopping is quick and memory for their inputs small.
 */
const AHEAD_MS = 250;
/** Before a step's time is known. */
const AT_FIRST = 4;
const LEAST = 2;
const MOST = 32;
/** Steps that the mean is of: several polls' worth, as all that were done since the last one seem to take no time. */
const STEPS_IN_MEAN = 32;

export class StepPace {
  private readonly now: () => number;
  private readonly underWay: Promise<void>[] = [];
  private lastDone = Number.NEGATIVE_INFINITY;
  private readonly times: number[] = [];

  /** `now`: milliseconds of any clock. */
  constructor(now: () => number) {
    this.now = now;
  }

  /** Mean milliseconds of the last steps; null before any is done. */
  get stepMs(): number | null {
    return this.times.length === 0 ? null : this.times.reduce((sum, ms) => sum + ms, 0) / this.times.length;
  }

  /** Steps that may be under way at once. */
  get most(): number {
    const ms = this.stepMs;
    return ms === null ? AT_FIRST : Math.max(LEAST, Math.min(MOST, Math.ceil(AHEAD_MS / Math.max(ms, 1))));
  }

  /** Waits until one more step may be submitted. Errors: why an earlier one was not done. */
  async room(): Promise<void> {
    while (this.underWay.length >= this.most) await this.underWay[0];
  }

  /** A step was submitted; `done` settles when the device has done it. */
  submitted(done: Promise<unknown>): void {
    const began = this.now();
    const entry = done.then(() => {
      const now = this.now();
      this.times.push(now - Math.max(began, this.lastDone));
      if (this.times.length > STEPS_IN_MEAN) this.times.shift();
      this.lastDone = now;
      void this.underWay.splice(this.underWay.indexOf(entry), 1);
    });
    // Told to whoever waits for room.
    entry.catch(() => undefined);
    this.underWay.push(entry);
  }
}
