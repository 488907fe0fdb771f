/** Everything that must hold before a Program is run anywhere (SPEC P1, P3, P4). */
import { neededReads } from './deadReads.ts';
import { encodeOperation } from './encodeProgram.ts';
import { estimateCost } from './estimateCost.ts';
import { LIMITS } from './limits.ts';
import { type Affine, DEFINED_OPS, type DType, type Instruction, type Operation, type Program, type Read } from './program.ts';
import { ProgramError } from './programError.ts';
import { typeBody } from './typeBody.ts';

const I32_MAX = 0x7fffffff;

/** Errors: ProgramError, the first that is found, with its place. */
export function validateProgram(program: Program): void {
  requireAtMost('operations', program.operations.length, LIMITS.operations);
  requireAtMost('tensors', program.tensors.length, LIMITS.tensors);
  const names = new Set<string>();
  program.tensors.forEach((tensor, k) => {
    sizeOf(tensor.shape, `tensor ${k} (${tensor.name})`);
    requireName(tensor.name);
    if (names.has(tensor.name)) throw new ProgramError(`two tensors are named ${tensor.name}`);
    names.add(tensor.name);
  });
  const known = validateEnds(program);
  for (const slot of program.state) requireBits(slot.fill, program.tensors[slot.tensor]?.dtype, `fill of state ${program.tensors[slot.tensor]?.name}`);
  program.operations.forEach((operation, k) => {
    const where = `operation ${k} (${operation.label})`;
    try {
      validateOperation(program, operation, known);
    } catch (error) {
      if (error instanceof ProgramError) throw new ProgramError(`${where}: ${error.message}`);
      throw error;
    }
    known.add(operation.out);
  });
  for (const { tensor, name } of program.outputs) requireKnown(known, tensor, `output ${name}`);
  for (const slot of program.state) {
    requireKnown(known, slot.next, `next value of state ${program.tensors[slot.tensor]?.name}`);
    if (program.tensors[slot.next]?.dtype !== program.tensors[slot.tensor]?.dtype || elementsOf(program, slot.next) !== elementsOf(program, slot.tensor)) {
      throw new ProgramError(`state ${program.tensors[slot.tensor]?.name}: its next value is of another type or size`);
    }
  }
  const { flops, peakBytes } = estimateCost(program);
  requireAtMost('FLOPs a step', flops, LIMITS.flopsPerStep);
  requireAtMost('bytes live at once', peakBytes, LIMITS.peakBytes);
}

/** Inputs and state: what operations may read from the start, and must not write. */
function validateEnds(program: Program): Set<number> {
  const known = new Set<number>();
  for (const { tensor } of [...program.inputs, ...program.state]) {
    const spec = program.tensors[tensor];
    if (!spec) throw new ProgramError(`there is no tensor ${tensor}`);
    if (known.has(tensor)) throw new ProgramError(`tensor ${spec.name} is an input or state twice`);
    known.add(tensor);
  }
  return known;
}

function validateOperation(program: Program, operation: Operation, known: ReadonlySet<number>): void {
  const out = program.tensors[operation.out];
  if (!out) throw new ProgramError(`there is no tensor ${operation.out}`);
  if (known.has(operation.out)) throw new ProgramError(`writes ${out.name}, which is an input, state, or already written`);
  const extents = [...operation.shape, ...operation.extents];
  requireAtMost('reads', operation.reads.length, LIMITS.reads);
  requireAtMost('body lines', operation.body.length, LIMITS.bodyLines);
  const courtLines = operation.body.reduce((count, line) => count + (DEFINED_OPS.has(line.op) ? LIMITS.definedLines : 1), 0);
  requireAtMost(`body lines, each defined function counted as ${LIMITS.definedLines},`, courtLines, LIMITS.courtLines);
  if (sizeOf(operation.shape, 'shape') !== elementsOf(program, operation.out)) throw new ProgramError(`its shape has another number of elements than ${out.name}`);
  requireAtMost('iteration points', sizeOf(operation.shape, 'shape') * sizeOf(operation.extents, 'extents'), LIMITS.points);
  if ((operation.reduce === 'none') !== (operation.extents.length === 0)) throw new ProgramError(`reduce ${operation.reduce} with ${operation.extents.length} reduced axes`);
  operation.reads.forEach((read, k) => validateRead(program, operation, read, k, known, extents));
  const types = typeBody(
    operation.body,
    operation.reads.map((read) => program.tensors[read.tensor]?.dtype as DType),
    extents.length,
  );
  validateResults(operation, types, out.dtype);
  requireNoDeadGather(operation);
  for (const line of operation.body) validateConstant(line);
  requireName(operation.label);
  requireAtMost('bytes', encodeOperation(operation).length, LIMITS.operationBytes);
}

/** Whether such an index is out of range (P7) would be told by whoever looks at every read, and by nobody who computes results. */
function requireNoDeadGather(operation: Operation): void {
  const needed = neededReads(operation);
  const dead = operation.reads.findIndex((read, k) => !needed.has(k) && read.index.some((index) => 'gather' in index));
  if (dead >= 0) throw new ProgramError(`read ${dead}: a gather that no result needs, leave it out`);
}

function validateConstant(line: Instruction): void {
  if (line.op === 'const') requireBits(line.bits, line.dtype, 'a constant');
}

/** A word; of f32 a canonical one (N1), so that no executor has to canonicalise what is written in the Program. */
function requireBits(bits: number, dtype: DType | undefined, what: string): void {
  if (bits >>> 0 !== bits) throw new ProgramError(`${what} of ${bits} is not a 32-bit word`);
  if (dtype !== 'f32') return;
  const exponent = (bits >>> 23) & 0xff;
  const tiny = exponent <= 1 && bits !== 0;
  const otherNaN = exponent === 0xff && (bits & 0x7fffff) !== 0 && bits !== 0x7fc00000;
  if (tiny || otherNaN) throw new ProgramError(`${what} of bits ${bits.toString(16)} is not canonical`);
}

function requireName(name: string): void {
  requireAtMost('bytes of a name', new TextEncoder().encode(name).length, LIMITS.nameBytes);
}

function validateRead(program: Program, operation: Operation, read: Read, k: number, known: ReadonlySet<number>, extents: readonly number[]): void {
  requireKnown(known, read.tensor, `read ${k}`);
  if (sizeOf(read.view, `view of read ${k}`) !== elementsOf(program, read.tensor)) throw new ProgramError(`read ${k}: its view has another number of elements than the tensor`);
  if (read.index.length !== read.view.length) throw new ProgramError(`read ${k}: ${read.index.length} indexes for ${read.view.length} dimensions`);
  requireBits(read.fill, program.tensors[read.tensor]?.dtype, `read ${k}: a fill`);
  for (const index of read.index) {
    if ('gather' in index) {
      const from = operation.reads[index.gather];
      if (!from || index.gather >= k) throw new ProgramError(`read ${k}: gathers by read ${index.gather}, which is not an earlier one`);
      if (program.tensors[from.tensor]?.dtype === 'f32') throw new ProgramError(`read ${k}: gathers by a read of f32, must be an integer`);
    } else {
      validateAffine(index, k, extents);
    }
  }
}

function validateAffine(index: Affine, k: number, extents: readonly number[]): void {
  if (!Number.isInteger(index.div) || index.div < 1 || index.div > I32_MAX) throw new ProgramError(`read ${k}: division by ${index.div}`);
  requireAtMost('index terms', index.terms.length, 2 * LIMITS.rank);
  if (!Number.isInteger(index.offset)) throw new ProgramError(`read ${k}: offset ${index.offset} is not a whole number`);
  let reach = Math.abs(index.offset);
  for (const [axis, coefficient] of index.terms) {
    if (!Number.isInteger(coefficient)) throw new ProgramError(`read ${k}: coefficient ${coefficient} is not a whole number`);
    const extent = extents[axis];
    if (extent === undefined) throw new ProgramError(`read ${k}: there is no axis ${axis}`);
    reach += Math.abs(coefficient) * (extent - 1);
  }
  if (!(reach <= I32_MAX)) throw new ProgramError(`read ${k}: an index can reach ${reach}, more than 32 bits hold`);
}

function validateResults(operation: Operation, types: readonly DType[], out: DType): void {
  const wanted = operation.reduce === 'mac' ? 2 : 1;
  if (operation.results.length !== wanted) throw new ProgramError(`reduce ${operation.reduce} takes ${wanted} results, has ${operation.results.length}`);
  for (const result of operation.results) {
    const type = types[result];
    if (!type) throw new ProgramError(`result ${result} is not a body line`);
    if ((operation.reduce === 'mac' || operation.reduce === 'sum') && type !== 'f32') throw new ProgramError(`reduce ${operation.reduce} over ${type}, must be f32`);
    const gives = operation.reduce === 'argmax' ? 'i32' : type;
    if (gives !== out) throw new ProgramError(`gives ${gives}, its tensor is ${out}`);
  }
}

function elementsOf(program: Program, tensor: number): number {
  return (program.tensors[tensor]?.shape ?? []).reduce((product, extent) => product * extent, 1);
}

function sizeOf(shape: readonly number[], what: string): number {
  requireAtMost(`dimensions of ${what}`, shape.length, LIMITS.rank);
  const size = shape.reduce((product, extent) => product * extent, 1);
  if (shape.some((extent) => !Number.isInteger(extent) || extent < 1)) throw new ProgramError(`${what}: every extent must be a whole number of at least 1`);
  requireAtMost(`elements of ${what}`, size, LIMITS.elementsPerTensor);
  return size;
}

function requireAtMost(what: string, value: number, limit: number): void {
  if (!(value <= limit)) throw new ProgramError(`${value} ${what} are over the limit of ${limit}`);
}

function requireKnown(known: ReadonlySet<number>, tensor: number, what: string): void {
  if (!known.has(tensor)) throw new ProgramError(`${what}: tensor ${tensor} has no value there`);
}
