import { writeFileSync } from 'node:fs';

/** Where `toldBy` listens: Dawn itself writes to stdout what it has to say. */
const TOLD = 3;

/** Hands over what a script of this folder found, as JSON, and ends its process, which Dawn's threads would keep. */
export function printTold(found: Promise<unknown>): void {
  found.then(
    (told) => {
      writeFileSync(TOLD, JSON.stringify(told));
      process.exit(0);
    },
    (error: unknown) => {
      process.stderr.write(`${error instanceof Error ? error.stack : String(error)}\n`);
      process.exit(1);
    },
  );
}
