/** T4: a slot's delta in one byte a parameter, by exact operations, so that everyone gets the same bytes. */
import type { Program } from '#engine/program/program.ts';
import { along, type BodyBuilder, numberedName, ProgramBuilder } from './programBuilder.ts';
import { type SharedTensor, sharedTensors } from './globalState.ts';

export const DELTA_BLOCK = 64;
export const ZERO_EXPONENT = -127;

export function blockCount(elements: number): number {
  return Math.ceil(elements / DELTA_BLOCK);
}

/** Outputs of the quantising Program for one tensor, by offset from OUTPUTS_PER_TENSOR * k. */
export const OUTPUTS_PER_TENSOR = 4;
export const OUTPUT = { peak: 0, exponent: 1, quantised: 2, proposal: 3 } as const;

/** Smallest e with peak <= 127 * 2^e, at least -126; -127 for zero. 127 is 1.984375 * 2^6, and 0.984375 is mantissa 0x7e0000. */
function exponentOf(lines: BodyBuilder, peak: number): number {
  const bits = lines.op('f2bits', peak);
  const power = lines.op('isub', lines.op('u2i', lines.op('ushr', bits, lines.u32(23))), lines.i32(133));
  const mantissa = lines.op('u2i', lines.op('iand', bits, lines.u32(0x7fffff)));
  const exact = lines.op('iadd', power, lines.op('ilt', lines.i32(0x7e0000), mantissa));
  const lowest = lines.i32(-126);
  const clamped = lines.op('select', lines.op('ilt', exact, lowest), lowest, exact);
  return lines.op('select', lines.op('ieq', bits, lines.u32(0)), lines.i32(ZERO_EXPONENT), clamped);
}

/** 2^e as f32; e in [-125, 127]. */
function powerOfTwo(lines: BodyBuilder, exponent: number): number {
  const field = lines.op('iadd', exponent, lines.i32(127));
  return lines.op('bits2f', lines.op('i2u', lines.op('shl', field, lines.i32(23))));
}

/** q * 2^e, canonical. In two factors, because 2^-126 alone is flushed to zero. */
export function dequantised(lines: BodyBuilder, quantised: number, exponent: number): number {
  const half = lines.op('sshr', exponent, lines.i32(1));
  const rest = lines.op('isub', exponent, half);
  return lines.op('mul', lines.op('mul', lines.op('i2f', quantised), powerOfTwo(lines, half)), powerOfTwo(lines, rest));
}

function quantiseTensor(builder: ProgramBuilder, tensor: SharedTensor): void {
  const { name, elements } = tensor;
  const flat = [elements];
  const blocks = blockCount(elements);
  const start = builder.argument(`${name}/start`, 'f32', flat);
  const end = builder.argument(`${name}/end`, 'f32', flat);
  const delta = builder.operation(`${name}/delta`, 'f32', flat, (lines) => lines.op('sub', lines.read(end, flat, [along(0)]), lines.read(start, flat, [along(0)])));
  const inBlock = {
    terms: [
      [0, DELTA_BLOCK],
      [1, 1],
    ] as const,
    offset: 0,
    div: 1,
    exact: false,
  };
  const peak = builder.operation(`${name}/peak`, 'f32', [blocks], (lines) => lines.op('abs', lines.read(delta, flat, [inBlock])), { reduce: 'max', extents: [DELTA_BLOCK] });
  const exponent = builder.operation(`${name}/exponent`, 'i32', [blocks], (lines) => exponentOf(lines, lines.read(peak, [blocks], [along(0)])));
  const quantised = builder.operation(`${name}/quantised`, 'i32', flat, (lines) => {
    const e = lines.read(exponent, [blocks], [along(0, 1, DELTA_BLOCK)]);
    const scale = powerOfTwo(lines, lines.op('isub', lines.i32(0), e));
    return lines.op('f2i', lines.op('round', lines.op('mul', lines.read(delta, flat, [along(0)]), scale)));
  });
  const proposal = builder.operation(`${name}/proposal`, 'f32', flat, (lines) => {
    const e = lines.read(exponent, [blocks], [along(0, 1, DELTA_BLOCK)]);
    const q = lines.read(quantised, flat, [along(0)]);
    return lines.op('add', lines.read(start, flat, [along(0)]), dequantised(lines, q, e));
  });
  // The peak is an output so that a delta beyond f32 is a divergence (P6) and not a silently saturated integer.
  for (const output of [peak, exponent, quantised, proposal]) builder.output(output);
}

const built = new WeakMap<Program, Program>();

/**
 * Inputs, for each shared tensor of `program` in order: start, end (f32, flat). Outputs, for each: peak of |delta| per
 * block of 64 (f32), exponent per block (i32), quantised delta (i32), proposal = start + dequantised (f32, T6).
 * The same object for the same Program, so that a prepared run of it can be kept.
 */
export function quantiseProgram(program: Program): Program {
  const known = built.get(program);
  if (known) return known;
  const builder = new ProgramBuilder();
  sharedTensors(program).forEach((tensor, k) => quantiseTensor(builder, { ...tensor, name: numberedName(k, tensor.name) }));
  const made = builder.build();
  built.set(program, made);
  return made;
}
