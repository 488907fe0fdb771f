/** A program in a process of its own, asked by messages: a driver that crashes takes only itself down. */
import { type ChildProcess, fork } from 'node:child_process';
import { tmpdir } from 'node:os';
import { createLifetime } from './lifetime.ts';
import type { Ask } from './remoteExecutor.ts';
import type { Answer } from './wireForm.ts';

export interface Line {
  readonly ask: Ask;
  close(): Promise<void>;
}

export interface ProcessOptions {
  readonly env: Record<string, string>;
  readonly execPath?: string;
  readonly execArgv?: string[];
}

/** Of what a process wrote to stderr: so many lines and characters are said again when it ends. */
const LAST_LINES = 5;
const LAST_CHARACTERS = 1000;
/** A process that closed its channel has so long to end, which tells more than the channel does. */
const LEAVE_MS = 2000;

/** Once it answers. Errors, of each question in flight and of all later ones: how the process ended, and its last words. */
export async function startProcess(name: string, file: string, options: ProcessOptions): Promise<Line> {
  const child = fork(file, {
    ...options,
    env: { ...process.env, XDG_RUNTIME_DIR: process.env['XDG_RUNTIME_DIR'] ?? tmpdir(), ...options.env },
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  const { life, ended } = watchProcess(name, child);
  const waiting = new Map<number, (answer: Answer) => void>();
  child.on('message', ({ number, reply }: { number: number; reply: Answer }) => {
    waiting.get(number)?.(reply);
    waiting.delete(number);
  });
  const answerTo = (number: number) => life.whileAlive(() => new Promise<Answer>((resolve) => waiting.set(number, resolve)));
  let asked = 0;
  const line: Line = {
    ask(question) {
      const answer = answerTo(++asked);
      // A message that cannot be sent is no news: the process has ended or closed its channel, and both are watched.
      child.send({ number: asked, question }, () => {});
      return answer;
    },
    async close() {
      life.end(`${name}'s process was closed`);
      // It keeps nothing; asked politely, Deno under load was seen not to end.
      child.kill('SIGKILL');
      await ended;
    },
  };
  try {
    await answerTo(0);
    return line;
  } catch (error) {
    await line.close();
    throw error;
  }
}

/** Its `life` ends with it, or with its channel. `ended`: the process is gone, or never was. */
function watchProcess(name: string, child: ChildProcess) {
  const life = createLifetime();
  let written = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    process.stderr.write(chunk);
    written = (written + chunk.toString()).slice(-LAST_CHARACTERS);
  });
  const ended = new Promise<void>((resolve) => {
    // Not 'exit': its last answers and words may still be on their way then.
    child.once('close', (code, signal) => {
      life.end(`${name}'s process ended (${signal === null ? `exit code ${code}` : `signal ${signal}`}); ${lastWords(written)}`);
      resolve();
    });
    child.once('error', (error) => {
      life.end(`${name}'s process could not be started or stopped: ${error.message}`);
      resolve();
    });
  });
  child.once('disconnect', () => {
    const late = setTimeout(() => life.end(`${name}'s process takes no more questions, though it has not ended; ${lastWords(written)}`), LEAVE_MS);
    void ended.then(() => clearTimeout(late));
  });
  return { life, ended };
}

function lastWords(written: string): string {
  const lines = written.split('\n').filter((line) => line.trim() !== '');
  return lines.length === 0 ? 'it wrote nothing to stderr' : `the last that it wrote to stderr: ${lines.slice(-LAST_LINES).join(' | ')}`;
}
