/**
 * How many steps may be on their way to a device: enough that it never waits for the host, which Firefox tells of what is
 * done only every 100 ms, and few enough that stopping is quick and memory for their inputs small.
 */
const AHEAD_MS = 250;
/** Before a step's time is known. */
const AT_FIRST = 4;
const LEAST = 2;
const MOST = 32;
/** Of the newest step in the mean. */
const WEIGHT = 1 / 8;

export class StepPace {
  private readonly now: () => number;
  private readonly underWay: Promise<void>[] = [];
  private lastDone = Number.NEGATIVE_INFINITY;
  private mean: number | null = null;

  /** `now`: milliseconds of any clock. */
  constructor(now: () => number) {
    this.now = now;
  }

  /** Mean milliseconds of a step, the last ones counting most; null before any is done. */
  get stepMs(): number | null {
    return this.mean;
  }

  /** Steps that may be under way at once. */
  get most(): number {
    if (this.mean === null) return AT_FIRST;
    return Math.max(LEAST, Math.min(MOST, Math.ceil(AHEAD_MS / Math.max(this.mean, 1))));
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
      const took = now - Math.max(began, this.lastDone);
      this.lastDone = now;
      this.mean = this.mean === null ? took : this.mean + (took - this.mean) * WEIGHT;
      void this.underWay.splice(this.underWay.indexOf(entry), 1);
    });
    // Told to whoever waits for room.
    entry.catch(() => undefined);
    this.underWay.push(entry);
  }
}
