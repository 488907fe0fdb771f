/** One hash over the served web app, so that anybody can compare it with the hash of a build of their own. */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join, relative, sep } from 'node:path';

/** SHA-256 (hex) of lines `<sha256 of file>  <path>\n`, paths sorted, as `sha256sum` prints them; null for no folder. */
export async function buildHash(webRoot: string): Promise<string | null> {
  const entries = await readdir(webRoot, { recursive: true, withFileTypes: true }).catch(() => null);
  if (!entries) return null;
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const named = paths.map((path) => ({ path, name: relative(webRoot, path).split(sep).join('/') })).sort((a, b) => (a.name < b.name ? -1 : 1));
  const whole = createHash('sha256');
  for (const { path, name } of named) {
    whole.update(
      `${createHash('sha256')
        .update(await readFile(path))
        .digest('hex')}  ${name}\n`,
    );
  }
  return whole.digest('hex');
}
