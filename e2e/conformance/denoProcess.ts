/** Deno's WebGPU (wgpu), in a process of its own. Bundled into one file before Deno gets it. */
import process from 'node:process';
import { answerCalls } from './answerCalls.ts';
import type { Question } from './wireForm.ts';

const answer = answerCalls(() => navigator.gpu.requestAdapter());
process.on('message', ({ number, question }: { number: number; question: Question }) => {
  void answer(question).then((reply) => {
    if (process.connected) process.send?.({ number, reply });
  });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ number: 0 });
