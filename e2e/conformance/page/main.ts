import { answerCalls } from '../answerCalls.ts';

Object.assign(window, { answer: answerCalls(async () => navigator.gpu?.requestAdapter()) });
