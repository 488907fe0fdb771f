/** One write after another: an account that sends before its last transaction is in a block would use a nonce twice. */

export type InTurn = <T>(write: () => Promise<T>) => Promise<T>;

/** All that send with one key share one of these. A write that fails does not hold up the next. */
export function takeTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (write) => {
    const turn = last.then(write, write);
    last = turn.catch(() => undefined);
    return turn;
  };
}
