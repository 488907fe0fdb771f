/** What is asked questions and may end at any time: a process, a page. */
export interface Lifetime {
  /** It answers no more, and why. What is said first counts. */
  end(why: string): void;
  /** What `ask` gives; once it has ended, the reason instead, for what waits then and for all that comes later. */
  whileAlive<T>(ask: () => Promise<T>): Promise<T>;
}

export function createLifetime(): Lifetime {
  const waiting = new Set<(reason: Error) => void>();
  let reason: Error | null = null;
  return {
    end(why) {
      if (reason) return;
      reason = new Error(why);
      for (const reject of waiting) reject(reason);
      waiting.clear();
    },
    async whileAlive(ask) {
      if (reason) throw reason;
      const answer = ask();
      let stopWaiting = () => {};
      const ended = new Promise<never>((_, reject) => {
        waiting.add(reject);
        stopWaiting = () => waiting.delete(reject);
      });
      return Promise.race([answer, ended]).finally(stopWaiting);
    },
  };
}
