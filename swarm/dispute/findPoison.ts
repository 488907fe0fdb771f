/** The witness (SPEC D8) that a step is poison: the first index out of range, or the first value that is not finite. */
import { isFinite32 } from '#engine/numerics/canon.ts';
import type { Bits } from '#engine/program/executor.ts';
import type { Account, StepRecord } from './account.ts';
import type { Witness } from './court.ts';
import { evaluatePoint } from './evaluatePoint.ts';
import { type PathsOfStep, showPoint, showWord } from './ownLists.ts';
import { readTypes } from './traceStep.ts';

const product = (shape: readonly number[]) => shape.reduce((total, extent) => total * extent, 1);

/** Errors: RangeError where the step is not poison. */
export function findPoison(account: Account, record: StepRecord, paths: PathsOfStep): Witness {
  const { program, docket } = account.material;
  const { poison, tensors } = record.trace;
  if (!poison) throw new RangeError(`step ${record.step} is not poison`);
  const k = poison.operation;
  const operation = program.operations[k] as (typeof program.operations)[number];
  if (poison.kind === 'nonfinite') {
    const element = (tensors[operation.out] as Bits).findIndex((bits) => !isFinite32(bits));
    return { kind: 'nonfinite', tensor: operation.out, fact: docket.show('tensor', operation.out), element, word: showWord(account, record, operation.out, element, paths) };
  }
  const dtypes = readTypes(program, k);
  const terms = product(operation.extents);
  const word = (read: number, element: number) => tensors[operation.reads[read]?.tensor as number]?.[element] as number;
  for (let at = 0; at < product(operation.shape) * terms; at++) {
    const point = { element: Math.floor(at / terms), term: at % terms };
    if (evaluatePoint(operation, dtypes, point, word).outside === null) continue;
    return { kind: 'index', operation: k, bytes: docket.show('operation', k), point, shown: showPoint(account, record, k, point, paths) };
  }
  throw new RangeError(`operation ${k} reads no index out of range`);
}
