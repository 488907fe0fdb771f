import { describe, expect, test } from 'vitest';
import type { Bits, Executor } from '#engine/program/executor.ts';
import { checkpointSalt } from '#swarm/protocol/checkpointTree.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { memoryCheckpoints } from './checkpointStore.ts';
import { decodeGlobalState, encodeGlobalState, encodeTensors, decodeState, type GlobalState, globalRoot, initialGlobalState } from './globalState.ts';
import { keepPrepared } from './keepPrepared.ts';
import { type CountedDelta, nextGlobal } from './nextGlobal.ts';
import { checkpointRoot, replaySegment } from './replaySegment.ts';
import type { StepReport } from './runSteps.ts';
import { cutDataset } from './dataset.ts';
import { along, ProgramBuilder } from './programBuilder.ts';
import { datasetOf, tinyData, tinyGlobal, tinyProgram, tinySpec } from './tinyNet.fixture.ts';
import { type RoundTask, trainRound } from './trainRound.ts';

const program = tinyProgram(2 ** -9);
const cut = tinyData();
const executor = referenceExecutor;
const spec = tinySpec;
const segments = spec.stepsPerRound / spec.checkpointEvery;
const secret = new Uint8Array(32).fill(9);
const lossOf = (report: StepReport) => new Float32Array((report.outputs[0] as Bits).buffer)[0] as number;

function task(globalState: GlobalState, slot: number, more: Partial<RoundTask> = {}): RoundTask {
  const salt = (checkpoint: number) => checkpointSalt(secret, { job: 1n, round: globalState.round, slot, checkpoint });
  return { executor, program, spec, dataset: datasetOf(cut), globalState, slot, salt, store: memoryCheckpoints(), ...more };
}

const asCounted = (slot: number, result: { delta: Uint8Array; deltaHash: Hash; proposalRoot: Hash }): CountedDelta => ({
  slot,
  bytes: result.delta,
  deltaHash: result.deltaHash,
  proposalRoot: result.proposalRoot,
});

/** All rounds of both slots by one party, with its own executor cache, store and batch size. */
async function trainAll(stepsPerCall: number) {
  const kept = keepPrepared(executor);
  let globalState = tinyGlobal(program);
  const roots = [globalRoot(globalState)];
  const commitments: Hash[] = [];
  const losses: number[] = [];
  for (let round = 0; round < spec.rounds; round++) {
    const deltas: CountedDelta[] = [];
    for (let slot = 0; slot < spec.slots; slot++) {
      const result = await trainRound(task(globalState, slot, { executor: kept, stepsPerCall, onStep: (report) => losses.push(lossOf(report)) }));
      expect(result.poison).toBeNull();
      commitments.push(result.checkpointsRoot, result.proposalRoot, result.deltaHash);
      deltas.push(asCounted(slot, result));
    }
    // Deltas arrive in any order.
    const next = await nextGlobal({ executor: kept, program, spec, globalState, deltas: round % 2 === 0 ? deltas : deltas.reverse() });
    globalState = next.globalState;
    roots.push(next.root);
  }
  kept.release();
  return { roots, commitments, losses, globalState };
}

describe('T2, T5 a whole training', () => {
  test('T2 two slots, three rounds: loss falls, and another party gets the same roots', async () => {
    const one = await trainAll(1);
    const other = await trainAll(3);
    expect(other.roots).toEqual(one.roots);
    expect(other.commitments).toEqual(one.commitments);
    expect(new Set(one.roots).size).toBe(spec.rounds + 1);
    expect(one.losses).toHaveLength(spec.rounds * spec.slots * spec.stepsPerRound);
    const mean = (values: number[]) => values.reduce((a, b) => a + b) / values.length;
    expect(mean(one.losses.slice(-8))).toBeLessThan(0.5 * mean(one.losses.slice(0, 8)));
    expect(one.roots.at(-1)).toBe(GOLDEN);
  });

  test('T5 equals the rule in ordinary f32 arithmetic, clipping included', async () => {
    const globalState = tinyGlobal(program);
    globalState.tensors.slice(3).forEach((bits) => new Float32Array(bits.buffer).fill(0.25));
    const outer = { learningRate: 0.75, momentum: 0.5, clip: 0.01 };
    const results = await Promise.all([0, 1].map((slot) => trainRound(task(globalState, slot))));
    const { unpackDelta } = await import('./packDelta.ts');
    const { dequantise } = await import('./applyDelta.ts');
    const deltas = results.map((result) => unpackDelta(result.delta, [70, 1, 70]).map(dequantise));
    const next = await nextGlobal({ executor, program, spec: { outer }, globalState, deltas: results.map((result, slot) => asCounted(slot, result)) });
    const f = Math.fround;
    const scales = deltas.map(([w, b]) => f(Math.min(1, f(f(0.01) / f(Math.sqrt([...(w as Float32Array), ...(b as Float32Array)].reduce((sum, x) => sum + x * x, 0)))))));
    expect(scales.every((scale) => scale < 1)).toBe(true);
    const floats = next.globalState.tensors.map((bits) => new Float32Array(bits.buffer));
    for (let k = 0; k < 70; k++) {
      const mean = scales.reduce((sum, scale, slot) => sum + scale * (deltas[slot]?.[0]?.[k] as number), 0) / 2;
      const momentum = 0.5 * 0.25 + mean;
      expect(floats[3]?.[k]).toBeCloseTo(momentum, 6);
      expect(floats[0]?.[k]).toBeCloseTo(0.75 * (0.5 * momentum + mean), 6);
      // Averaged: neither clipped nor given momentum.
      expect(floats[2]?.[k]).toBe(f(f((deltas[0]?.[2]?.[k] as number) + (deltas[1]?.[2]?.[k] as number)) / 2));
    }
    expect(next.globalState.tensors).toHaveLength(5);
    const reversed = await nextGlobal({ executor, program, spec: { outer }, globalState, deltas: results.map((result, slot) => asCounted(slot, result)).reverse() });
    expect(reversed.root).toBe(next.root);
  });

  test('T5 no counted slot leaves G as it is, under the next round’s root', async () => {
    const globalState = tinyGlobal(program);
    const next = await nextGlobal({ executor, program, spec, globalState, deltas: [] });
    expect(next.globalState).toEqual({ round: 1, tensors: globalState.tensors });
    expect(next.root).not.toBe(globalRoot(globalState));
  });

  test('T5 a slot twice, or a delta that is not the committed one, is refused', async () => {
    const globalState = tinyGlobal(program);
    const result = await trainRound(task(globalState, 0));
    const counted = asCounted(0, result);
    await expect(nextGlobal({ executor, program, spec, globalState, deltas: [counted, counted] })).rejects.toThrow(/slot 0 stands twice/);
    const bytes = counted.bytes.slice();
    bytes[1] = (bytes[1] as number) ^ 1;
    await expect(nextGlobal({ executor, program, spec, globalState, deltas: [{ ...counted, bytes }] })).rejects.toThrow(/slot 0: its bytes do not have the committed hash/);
  });

  test('H4 G travels as bytes, checked against its root', () => {
    const globalState = tinyGlobal(program);
    const bytes = encodeGlobalState(globalState);
    expect(decodeGlobalState(program, 0, bytes, globalRoot(globalState))).toEqual(globalState);
    expect(() => decodeGlobalState(program, 0, bytes.subarray(4), globalRoot(globalState))).toThrow(/bytes, the program needs/);
    bytes[8] = 1;
    expect(() => decodeGlobalState(program, 0, bytes, globalRoot(globalState))).toThrow(/its root is/);
  });
});

describe('N1 global states', () => {
  test.each([
    ['-0', 0x80000000],
    ['a denormal', 1],
    ['a number under 2^-125', 0x00800000],
    ['another NaN', 0x7fc00001],
    ['infinity', 0x7f800000],
  ])('N1 %s in G is refused, since executors would change it on entry or spread it', async (_name, bits) => {
    const globalState = tinyGlobal(program);
    (globalState.tensors[2] as Bits)[7] = bits;
    await expect(trainRound(task(globalState, 0))).rejects.toThrow(/tensor 2, element 7 is not a finite canonical f32/);
    expect(() => decodeGlobalState(program, 0, encodeGlobalState(globalState), globalRoot(globalState))).toThrow(/canonical/);
  });

  test('N1 first weights are made canonical', () => {
    const initial = [new Uint32Array(70).fill(0x80000000), new Uint32Array(1), new Uint32Array(70).fill(5)];
    expect(initialGlobalState(program, initial)).toEqual(tinyGlobal(program));
    expect(() => initialGlobalState(program, [...initial.slice(0, 2), new Uint32Array(70).fill(0x7f800000)])).toThrow(/tensor 2, element 0/);
    expect(() => initialGlobalState(program, initial.slice(1))).toThrow(/tensors, the program needs 5/);
  });
});

describe('A3 replays', () => {
  test('A3 every segment, from its checkpoint and from G_r, gives what the solver committed', async () => {
    const store = memoryCheckpoints();
    const globalState = tinyGlobal(program);
    const result = await trainRound(task(globalState, 1, { store }));
    for (let segment = 0; segment < segments; segment++) {
      const state = await store.get(segment);
      const bytes = encodeTensors(state ?? []);
      const checkpoint = decodeState(program, bytes);
      expect(checkpointRoot(spec, 0, 1, segment, checkpoint)).toBe(result.checkpointRoots[segment]);
      const common = { executor, program, spec, dataset: datasetOf(cut), globalState, slot: 1, segment };
      const replay = await replaySegment({ ...common, checkpoint });
      const fromStart = await replaySegment({ ...common, checkpoint: null });
      expect(replay.root).toBe(result.checkpointRoots[segment + 1]);
      expect(replay.proposalRoot).toBe(segment === segments - 1 ? result.proposalRoot : null);
      expect(fromStart.target).toBe(replay.target);
      expect([replay.steps, fromStart.steps]).toEqual([spec.checkpointEvery, (segment + 1) * spec.checkpointEvery]);
    }
  });

  test('A3 liars: one bit of one weight, another slot’s rows, a stale G, a false proposal: each changes the target', async () => {
    const store = memoryCheckpoints();
    const globalState = tinyGlobal(program);
    const result = await trainRound(task(globalState, 0, { store }));
    const common = { executor, program, spec, dataset: datasetOf(cut), globalState, slot: 0, segment: 1, checkpoint: null };
    const honest = await replaySegment(common);
    expect(honest.target).toBe(result.checkpointRoots[2]);

    const lied = ((await store.get(2)) ?? []).map((bits) => bits.slice());
    (lied[0] as Bits)[17] = ((lied[0] as Bits)[17] as number) ^ 1;
    expect(checkpointRoot(spec, 0, 0, 2, lied)).not.toBe(honest.target);

    const otherRows = await replaySegment({ ...common, slot: 1 });
    expect(otherRows.target).not.toBe(honest.target);
    const sameRowsOtherSeed = await replaySegment({ ...common, spec: { ...spec, seed: `0x${'11'.repeat(32)}` } });
    expect(sameRowsOtherSeed.target).not.toBe(honest.target);

    const stale: GlobalState = { round: 0, tensors: globalState.tensors.map((bits) => bits.slice()) };
    (stale.tensors[1] as Bits)[0] = 0x3f800000;
    expect((await replaySegment({ ...common, globalState: stale })).target).not.toBe(honest.target);

    // A skipped segment repeats the earlier state; its header says another step.
    expect(result.checkpointRoots[1]).not.toBe(result.checkpointRoots[2]);
    const last = await replaySegment({ ...common, segment: segments - 1 });
    const { auditTarget } = await import('#swarm/protocol/attestation.ts');
    expect(last.target).toBe(auditTarget(result.checkpointRoots[segments] as Hash, result));
    expect(last.target).not.toBe(auditTarget(result.checkpointRoots[segments] as Hash, { ...result, proposalRoot: globalRoot(globalState) }));
  });

  test('A3 the state itself is read back for the last segment alone: the others need its roots', async () => {
    let reads = 0;
    const counting: Executor = {
      ...executor,
      async prepare(given) {
        const run = await executor.prepare(given);
        const state = () => {
          reads++;
          return run.state();
        };
        return { ...run, state };
      },
    };
    const common = { executor: counting, program, spec, dataset: datasetOf(cut), globalState: tinyGlobal(program), slot: 0, checkpoint: null };
    await replaySegment({ ...common, segment: segments - 2 });
    expect(reads).toBe(0);
    await replaySegment({ ...common, segment: segments - 1 });
    expect(reads).toBe(1);
  });

  test('A3 a segment that does not exist is refused', async () => {
    const common = { executor, program, spec, dataset: datasetOf(cut), globalState: tinyGlobal(program), slot: 0, checkpoint: null };
    await expect(replaySegment({ ...common, segment: segments })).rejects.toThrow(/segment 4 of 4/);
  });
});

describe('T7 poisoned rounds', () => {
  const wild = tinyProgram(4096);

  test('T7 divergence is a result: roots for all checkpoints, a delta that changes nothing, and every segment replays to it', async () => {
    const globalState = tinyGlobal(wild);
    const result = await trainRound(task(globalState, 0, { program: wild }));
    expect(result.poison?.reason).toMatch(/diverged/);
    expect(result.checkpointRoots).toHaveLength(segments + 1);
    expect(new Set(result.checkpointRoots).size).toBe(segments + 1);
    for (let segment = 0; segment < segments; segment++) {
      const replay = await replaySegment({ executor, program: wild, spec, dataset: datasetOf(cut), globalState, slot: 0, segment, checkpoint: null });
      expect(replay.root).toBe(result.checkpointRoots[segment + 1]);
      if (segment === segments - 1) expect(replay.proposalRoot).toBe(result.proposalRoot);
    }
    const next = await nextGlobal({ executor, program: wild, spec, globalState, deltas: [asCounted(0, result)] });
    expect(next.globalState.tensors).toEqual(globalState.tensors);
  });
});

describe('T7 bad indices', () => {
  /** Looks up a table of five rows by the data's label, and moves it. */
  function lookingUp() {
    const builder = new ProgramBuilder();
    const label = builder.input('label', 'i32', [8], { kind: 'column', column: 'label' });
    const table = builder.state('table', [5]);
    const picked = builder.operation('picked', 'f32', [8], (lines) => {
      lines.read(label, [8], [along(0)]);
      return lines.read(table, [5], [{ gather: 0 }]);
    });
    const loss = builder.operation('loss', 'f32', [], (lines) => lines.read(picked, [8], [along(0)]), { reduce: 'sum', extents: [8] });
    const next = builder.operation('next', 'f32', [5], (lines) => lines.op('add', lines.read(table, [5], [along(0)]), lines.scalar(loss)));
    builder.advance(table, next, 'trained');
    builder.output(loss);
    return builder.build();
  }

  test('T7 a label beyond the table poisons the round for everyone alike', async () => {
    const looking = lookingUp();
    const labels = (bad: number) =>
      datasetOf(cutDataset([{ name: 'label', shape: [], data: Int32Array.from({ length: 128 }, (_, row) => (row === 77 ? bad : row % 5)) }], { source: '', licence: '' }));
    const globalState = initialGlobalState(looking, [new Uint32Array(5)]);
    const outcomes = await Promise.all([0, 1].map((slot) => trainRound(task(globalState, slot, { program: looking, dataset: labels(5) }))));
    // Row 77 falls to one slot of the round's 128 rows.
    expect(outcomes.filter((outcome) => outcome.poison).map((outcome) => outcome.poison?.reason)).toEqual([expect.stringMatching(/out of range/)]);
    const slot = outcomes.findIndex((outcome) => outcome.poison);
    const replay = await replaySegment({ executor, program: looking, spec, dataset: labels(5), globalState, slot, segment: segments - 1, checkpoint: null });
    expect([replay.root, replay.proposalRoot]).toEqual([outcomes[slot]?.checkpointRoots[segments], outcomes[slot]?.proposalRoot]);
    const fine = await trainRound(task(globalState, slot, { program: looking, dataset: labels(4) }));
    expect(fine.poison).toBeNull();
  });
});

describe('T2 interruptions', () => {
  test('T2 an aborted round goes on from its own checkpoints to the same commitment', async () => {
    const globalState = tinyGlobal(program);
    const whole = await trainRound(task(globalState, 0));
    const store = memoryCheckpoints();
    const stop = new AbortController();
    let roots: readonly Hash[] = [];
    const stopped = trainRound(
      task(globalState, 0, {
        store,
        stepsPerCall: 1,
        signal: stop.signal,
        onCheckpoint: (so) => (roots = so),
        onStep: ({ step }) => step === 5 && stop.abort(new Error('tab closed')),
      }),
    );
    await expect(stopped).rejects.toThrow('tab closed');
    expect(roots).toHaveLength(3);
    const steps: number[] = [];
    const resumed = await trainRound(task(globalState, 0, { store, resumeFrom: { roots }, onStep: ({ step }) => steps.push(step) }));
    expect(steps).toEqual([5, 6, 7, 8]);
    expect({ ...resumed, unkept: [] }).toEqual(whole);
  });

  test('T2 the next steps are handed over before the last are answered, and never more; in the end nothing is under way', async () => {
    const counts: number[] = [];
    let underWay = 0;
    const slow: Executor = {
      ...executor,
      async prepare(one) {
        const run = await executor.prepare(one);
        return {
          ...run,
          async run(steps) {
            counts.push(++underWay);
            const outputs = await run.run(steps);
            await new Promise((resolve) => setTimeout(resolve, 3));
            underWay--;
            return outputs;
          },
          dispose() {
            expect(underWay).toBe(0);
            run.dispose();
          },
        };
      },
    };
    const globalState = tinyGlobal(program);
    const calm = await trainRound(task(globalState, 0));
    const hasty = await trainRound(task(globalState, 0, { executor: slow, stepsPerCall: 1 }));
    expect(hasty.checkpointsRoot).toBe(calm.checkpointsRoot);
    expect(hasty.deltaHash).toBe(calm.deltaHash);
    expect(Math.max(...counts)).toBe(2);
    const stop = new AbortController();
    const onStep = ({ step }: StepReport) => {
      if (step === 2) stop.abort(new Error('enough'));
    };
    await expect(trainRound(task(globalState, 0, { executor: slow, stepsPerCall: 1, signal: stop.signal, onStep }))).rejects.toThrow('enough');
    expect(underWay).toBe(0);
  });

  test('T2 stored checkpoints that are spoiled or of another round are not used', async () => {
    const globalState = tinyGlobal(program);
    const whole = await trainRound(task(globalState, 0));
    const store = memoryCheckpoints();
    await trainRound(task(globalState, 0, { store }));
    const spoiled = ((await store.get(4)) ?? []).map((bits) => bits.slice());
    (spoiled[0] as Bits)[0] = 1;
    await store.put(4, spoiled);
    const steps: number[] = [];
    const resumed = await trainRound(task(globalState, 0, { store, resumeFrom: { roots: whole.checkpointRoots }, onStep: ({ step }) => steps.push(step) }));
    expect(steps).toEqual([7, 8]);
    expect(resumed).toEqual(whole);
    const later = await trainRound(task({ ...globalState, round: 1 }, 0, { store, resumeFrom: { roots: whole.checkpointRoots } }));
    expect(later).toEqual(await trainRound(task({ ...globalState, round: 1 }, 0)));
  });

  test('T3, A3 a learning-rate schedule: audits follow it to the bit, and who keeps another one is found out from there on', async () => {
    const learning = tinyProgram('rate');
    const globalState = { ...tinyGlobal(learning), round: 1 };
    const schedules = [{ name: 'rate', steps: [0, 8, 12], values: [2 ** -8, 2 ** -9, 2 ** -10] }];
    const scheduled = { program: learning, spec: { ...spec, schedules } };
    const honest = await trainRound(task(globalState, 0, scheduled));
    const lazy = [{ name: 'rate', steps: [0, 8], values: [2 ** -8, 2 ** -9] }];
    const liar = await trainRound(task(globalState, 0, { program: learning, spec: { ...spec, schedules: lazy } }));
    const audits = await Promise.all(
      [0, 1, 2, 3].map((segment) => replaySegment({ executor, ...scheduled, dataset: datasetOf(cut), globalState, slot: 0, segment, checkpoint: null })),
    );
    expect(audits.map(({ root }) => root)).toEqual(honest.checkpointRoots.slice(1));
    // Step 12 of the job is the fifth of round 1, the first of its third segment.
    expect(liar.checkpointRoots.map((root, k) => root === honest.checkpointRoots[k])).toEqual([true, true, true, false, false]);
    await expect(trainRound(task(globalState, 0, { program: learning }))).rejects.toThrow('the program needs schedule rate; the job has none');
  });

  test('T2 a full disk costs nothing but the kept states', async () => {
    const globalState = tinyGlobal(program);
    const full = { put: async () => Promise.reject(new Error('quota exceeded')), get: async () => null };
    const result = await trainRound(task(globalState, 0, { store: full }));
    expect(result.unkept).toEqual([0, 1, 2, 3, 4].map((checkpoint) => ({ checkpoint, reason: 'quota exceeded' })));
    expect({ ...result, unkept: [] }).toEqual(await trainRound(task(globalState, 0)));
  });
});

const GOLDEN = '0xd8b846111b406d0cd8031cd774ca128479cdef90da0ecfb9f68f70bccbb24460';
