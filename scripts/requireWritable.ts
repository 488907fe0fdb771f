import { accessSync, constants, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';

/** Asked before the work whose result goes to `path`. Errors: why nothing can be written there, with what to do. */
export function requireWritable(option: string, path: string): void {
  const file = resolve(path);
  const folder = dirname(file);
  const found = statSync(file, { throwIfNoEntry: false });
  if (found?.isDirectory()) throw new Error(`${option} ${path}: this is a folder. Name a file in it.`);
  if (!statSync(folder, { throwIfNoEntry: false })?.isDirectory()) throw new Error(`${option} ${path}: there is no folder ${folder}. Make it first, or name a file elsewhere.`);
  try {
    accessSync(found ? file : folder, constants.W_OK);
  } catch {
    throw new Error(`${option} ${path}: this user may not write there. Name a file elsewhere.`);
  }
}
