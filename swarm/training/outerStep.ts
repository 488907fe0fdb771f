/** T5: G_r and the counted slots' deltas to G_{r+1}, as a Program: one step a slot in slot order, the last one moves the weights. */
import type { Program } from '#engine/program/program.ts';
import type { JobSpec } from '#swarm/protocol/jobSpec.ts';
import { type SharedTensor, sharedTensors } from './globalState.ts';
import { along, type BodyBuilder, numberedName, ProgramBuilder } from './programBuilder.ts';
import { blockCount, DELTA_BLOCK, dequantised } from './quantiseDelta.ts';

type Outer = JobSpec['outer'];

interface Sources {
  /** f32 scalar: number of counted slots. */
  readonly slots: number;
  /** i32 scalar: 1 in the last step. */
  readonly last: number;
}

interface Parts extends SharedTensor {
  readonly state: number;
  readonly momentum: number | null;
  readonly sum: number;
  readonly delta: number;
}

const at = (lines: BodyBuilder, tensor: number, elements: number) => lines.read(tensor, [elements], [along(0)]);

function dequantiseInput(builder: ProgramBuilder, tensor: SharedTensor): number {
  const flat = [tensor.elements];
  const blocks = [blockCount(tensor.elements)];
  const exponent = builder.argument(`${tensor.name}/exponent`, 'i32', blocks);
  const quantised = builder.argument(`${tensor.name}/quantised`, 'i32', flat);
  return builder.operation(`${tensor.name}/delta`, 'f32', flat, (lines) => {
    const e = lines.read(exponent, blocks, [along(0, 1, DELTA_BLOCK)]);
    return dequantised(lines, at(lines, quantised, tensor.elements), e);
  });
}

/** min(1, clip / norm over all trained tensors of this slot). A norm beyond f32 gives 0; a zero norm gives 1. */
function clipScale(builder: ProgramBuilder, trained: readonly Parts[], clip: number): number {
  let total = -1;
  for (const part of trained) {
    const squares = builder.operation(
      `${part.name}/squares`,
      'f32',
      [],
      (lines) => {
        const d = at(lines, part.delta, part.elements);
        return lines.op('mul', d, d);
      },
      { reduce: 'sum', extents: [part.elements] },
    );
    const before = total;
    total = before < 0 ? squares : builder.operation(`${part.name}/squares so far`, 'f32', [], (lines) => lines.op('add', lines.scalar(before), lines.scalar(squares)));
  }
  return builder.operation('scale', 'f32', [], (lines) => lines.op('min', lines.f32(1), lines.op('div', lines.f32(clip), lines.op('sqrt', lines.scalar(total)))));
}

function advanceTensor(builder: ProgramBuilder, part: Parts, scale: number, sources: Sources, outer: Outer): { state: number; momentum: number | null; sum: number } {
  const { name, elements } = part;
  const flat = [elements];
  const sum = builder.operation(`${name}/sum next`, 'f32', flat, (lines) => {
    const delta = at(lines, part.delta, elements);
    return lines.op('add', at(lines, part.sum, elements), part.role === 'trained' ? lines.op('mul', lines.scalar(scale), delta) : delta);
  });
  const mean = (lines: BodyBuilder) => lines.op('div', at(lines, sum, elements), lines.scalar(sources.slots));
  const onlyLast = (lines: BodyBuilder, moved: number, before: number) => lines.op('select', lines.scalar(sources.last), moved, before);
  const velocity = part.momentum;
  const momentum =
    velocity === null
      ? null
      : builder.operation(`${name}/momentum next`, 'f32', flat, (lines) => {
          const before = at(lines, velocity, elements);
          return onlyLast(lines, lines.op('add', lines.op('mul', lines.f32(outer.momentum), before), mean(lines)), before);
        });
  const state = builder.operation(`${name}/next`, 'f32', flat, (lines) => {
    const before = at(lines, part.state, elements);
    const move = mean(lines);
    if (momentum === null) return onlyLast(lines, lines.op('add', before, move), before);
    const looked = lines.op('add', lines.op('mul', lines.f32(outer.momentum), at(lines, momentum, elements)), move);
    return onlyLast(lines, lines.op('add', before, lines.op('mul', lines.f32(outer.learningRate), looked)), before);
  });
  return { state, momentum, sum };
}

const built = new WeakMap<Program, Map<string, Program>>();

/**
 * State: G's tensors (H4 order), then one running sum for each shared tensor. Inputs of a step: for each shared tensor
 * exponents and quantised delta of one slot (i32), then `slots` (f32, how many count) and `last` (i32, 1 in the last step).
 * The same object for the same Program and settings.
 */
export function outerProgram(program: Program, outer: Outer): Program {
  const known = built.get(program) ?? new Map<string, Program>();
  built.set(program, known);
  const key = JSON.stringify([outer.learningRate, outer.momentum, outer.clip]);
  const made = known.get(key) ?? buildOuter(sharedTensors(program), outer);
  known.set(key, made);
  return made;
}

function buildOuter(tensors: readonly SharedTensor[], outer: Outer): Program {
  const shared = tensors.map((tensor, k) => ({ ...tensor, name: numberedName(k, tensor.name) }));
  const builder = new ProgramBuilder();
  const states = shared.map((tensor) => builder.state(tensor.name, [tensor.elements]));
  const momenta = shared.map((tensor) => (tensor.role === 'trained' ? builder.state(`${tensor.name}/momentum`, [tensor.elements]) : null));
  const sums = shared.map((tensor) => builder.state(`${tensor.name}/sum`, [tensor.elements]));
  const parts = shared.map(
    (tensor, k): Parts => ({ ...tensor, state: states[k] as number, momentum: momenta[k] as number | null, sum: sums[k] as number, delta: dequantiseInput(builder, tensor) }),
  );
  const sources: Sources = { slots: builder.argument('slots', 'f32', []), last: builder.argument('last', 'i32', []) };
  const trained = parts.filter((part) => part.role === 'trained');
  const scale = trained.length > 0 ? clipScale(builder, trained, outer.clip) : -1;
  const next = parts.map((part) => advanceTensor(builder, part, scale, sources, outer));
  parts.forEach((part, k) => builder.advance(part.state, next[k]?.state as number, part.role));
  parts.forEach((part, k) => {
    if (part.momentum !== null) builder.advance(part.momentum, next[k]?.momentum as number, 'trained');
  });
  parts.forEach((part, k) => builder.advance(part.sum, next[k]?.sum as number, 'local'));
  return builder.build();
}
