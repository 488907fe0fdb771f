import { describe, expect, test } from 'vitest';
import { StepPace } from './stepPace.ts';

/** A device that says at `times` that the oldest step is done. */
function deviceAt() {
  const clock = { now: 0 };
  const pace = new StepPace(() => clock.now);
  const waiting: (() => void)[] = [];
  return {
    pace,
    submit: () => pace.submitted(new Promise<void>((resolve) => waiting.push(resolve))),
    async done(ms: number, count = 1) {
      clock.now += ms;
      for (let k = 0; k < count; k++) waiting.shift()?.();
      await new Promise((resolve) => setTimeout(resolve));
    },
  };
}

describe('the pace of steps', () => {
  test('short steps: many are under way, long ones: two', async () => {
    const short = deviceAt();
    for (let k = 0; k < 40; k++) {
      short.submit();
      await short.done(2);
    }
    expect(short.pace.stepMs).toBeCloseTo(2);
    expect(short.pace.most).toBe(32);
    const long = deviceAt();
    long.submit();
    await long.done(3000);
    expect(long.pace.most).toBe(2);
  });

  test('a host that is told every 100 ms of all that was done comes to keep that much under way', async () => {
    const { pace, submit, done } = deviceAt();
    let free = 0;
    // The device does a step in 10 ms; only what was submitted before can be done by then.
    for (let poll = 0; poll < 12; poll++) {
      const count = pace.most - free;
      for (let k = 0; k < count; k++) submit();
      const finished = Math.min(10, pace.most);
      free = pace.most - finished;
      await done(100, finished);
      free = Math.max(0, Math.min(free, pace.most));
    }
    expect(pace.most).toBeGreaterThanOrEqual(10);
    expect(pace.stepMs).toBeLessThan(25);
  });

  test('room is given when a step is done, and not before', async () => {
    const { pace, submit, done } = deviceAt();
    for (let k = 0; k < 4; k++) submit();
    let given = false;
    const room = pace.room().then(() => {
      given = true;
    });
    await done(0, 0);
    expect(given).toBe(false);
    await done(50);
    await room;
    expect(given).toBe(true);
  });

  test('a step that is never done because the device is lost is told to whoever waits', async () => {
    const pace = new StepPace(() => 0);
    for (let k = 0; k < 4; k++) pace.submitted(Promise.reject(new Error('lost')));
    await expect(pace.room()).rejects.toThrow('lost');
  });
});
