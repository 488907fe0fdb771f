import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** What a script of this folder found, in a process of its own: Dawn's threads outlive what they were asked for. Errors: what it wrote instead. */
export function toldBy(script: string): unknown {
  const { status, stderr, output } = spawnSync(process.execPath, [join(import.meta.dirname, script)], { encoding: 'utf8', stdio: ['ignore', 'ignore', 'pipe', 'pipe'] });
  if (status !== 0) throw new Error(`${script} ended with ${status}: ${stderr}`);
  return JSON.parse(output[3] ?? '');
}
