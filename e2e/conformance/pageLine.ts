import { setTimeout as sleep } from 'node:timers/promises';
import type { AnyPage } from '../browsers.ts';
import { createLifetime, type Lifetime } from './lifetime.ts';
import type { Ask } from './remoteExecutor.ts';

const LOOK_MS = 5000;
const LONGEST_REASON = 100;

/** Asks a page that has `answer`. Errors, of each question in flight and of all later ones: that the page crashed, or was closed. */
export function pageLine(name: string, page: AnyPage): Ask {
  const life = createLifetime();
  void lookAfter(name, page, life);
  return (question) =>
    life.whileAlive(() =>
      page
        .evaluate((given) => (window as unknown as { answer: Ask }).answer(given), question)
        .catch((error: unknown) => {
          throw new Error(`${name}'s page did not answer: it crashed or was closed (${reasonOf(error)})`);
        }),
    );
}

/** Where a page's process crashes, Firefox tells nobody: whoever waits for its answer would wait for ever. A page that is only busy answers late. */
async function lookAfter(name: string, page: AnyPage, life: Lifetime): Promise<void> {
  for (;;) {
    await sleep(LOOK_MS, undefined, { ref: false });
    try {
      await page.evaluate(async () => {}, null);
    } catch (error) {
      life.end(`${name}'s page answers no more: it crashed or was closed (${reasonOf(error)})`);
      return;
    }
  }
}

/** Drivers add their logs and stacks, on lines of their own. */
const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error)).split('\n')[0]?.slice(0, LONGEST_REASON);
