/** Dawn in Node, in a process of its own: a driver that crashes takes only itself down. */
import { create, globals } from 'webgpu';
import { answerCalls } from './answerCalls.ts';
import type { Question } from './wireForm.ts';

Object.assign(globalThis, globals);
const gpu = create([]);
// The instance owns every device: it must outlive them.
Object.assign(globalThis, { dawnInstance: gpu });
const answer = answerCalls(() => gpu.requestAdapter());
process.on('message', ({ number, question }: { number: number; question: Question }) => {
  void answer(question).then((reply) => {
    if (process.connected) process.send?.({ number, reply });
  });
});
process.on('disconnect', () => process.exit(0));
process.send?.({ number: 0 });
