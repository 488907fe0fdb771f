/** A relay as its own process, so that a test can kill it as a crash would. */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface RelayProcess {
  readonly url: string;
  readonly multiaddr: string;
  /** SIGKILL: nothing is said goodbye to, nothing is flushed. */
  kill(): Promise<void>;
}

export async function startRelayProcess(options: { readonly dataDir: string; readonly port: number; readonly webRoot?: string; readonly host?: string }): Promise<RelayProcess> {
  const main = join(import.meta.dirname, '../../relay/main.ts');
  const args = [main, '--data', options.dataDir, '--port', String(options.port), '--host', options.host ?? '127.0.0.1'];
  if (options.webRoot !== undefined) args.push('--web', options.webRoot);
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  const errors: string[] = [];
  child.stderr.on('data', (text: Buffer) => errors.push(text.toString()));
  const line = await Promise.race([firstLine(child), once(child, 'exit').then(() => null)]);
  const match = line?.match(/^relay (\S+) (\S+)$/);
  if (!match?.[1] || !match[2]) {
    child.kill('SIGKILL');
    throw new Error(`the relay did not start: ${line ?? errors.join('')}`);
  }
  return {
    url: match[1],
    multiaddr: match[2],
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    },
  };
}

async function firstLine(child: ChildProcess): Promise<string | null> {
  if (!child.stdout) return null;
  for await (const line of createInterface({ input: child.stdout })) return line;
  return null;
}
