/** Single body operations on a WebGPU device of this machine: Dawn in Node, or Chromium where Dawn finds none. */
import type { BodyOp } from '#engine/program/program.ts';
import { scalarProgram } from '#engine/program/scalarProgram.ts';
import { openStack, type Stack } from '../e2e/conformance/openStack.ts';
import type { ScalarCase } from './startCourt.ts';

async function openAny(): Promise<Stack> {
  const refusals: string[] = [];
  for (const name of ['dawn', 'chromium'] as const) {
    try {
      return await openStack(name);
    } catch (error) {
      refusals.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`no WebGPU device on this machine\n${refusals.join('\n')}`);
}

/** Result bits in the order of `cases`. Errors: no device, with what each stack said. */
export async function computeOnWebgpu(cases: readonly ScalarCase[]): Promise<number[]> {
  const placesOf = new Map<BodyOp, number[]>();
  cases.forEach(({ op }, place) => {
    const places = placesOf.get(op) ?? [];
    places.push(place);
    placesOf.set(op, places);
  });
  const { program, inputs } = scalarProgram([...placesOf].map(([op, places]) => ({ op, rows: places.map((place) => cases[place]?.args ?? []) })));
  const results: number[] = cases.map(() => 0);
  if (cases.length === 0) return results;
  const stack = await openAny();
  try {
    const run = await stack.executor.prepare(program);
    const [outputs = []] = await run.run([inputs]);
    [...placesOf.values()].forEach((places, k) => places.forEach((place, row) => (results[place] = outputs[k]?.[row] as number)));
    run.dispose();
  } finally {
    await stack.close();
  }
  return results;
}
