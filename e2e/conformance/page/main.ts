import { answerCalls } from '../answerCalls.ts';

const adapter = await navigator.gpu?.requestAdapter();
Object.assign(window, { answer: answerCalls(adapter ?? null) });
