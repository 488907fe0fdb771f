import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { banksOf, planMemory } from '#engine/kernels/planMemory.ts';
import type { Tuning } from '#engine/kernels/tileMac.ts';
import { kernelsOf } from '#engine/kernels/webgpuExecutor.ts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { DeviceLostError, type Run, UnsupportedError } from '#engine/program/executor.ts';
import { estimateCost } from '#engine/program/estimateCost.ts';
import type { Profile, Program } from '#engine/program/program.ts';
import { randomProgram } from '#engine/program/randomProgram.ts';
import { type Case, compareOutcomes, type Outcome, runCase } from './compareCase.ts';
import { bigColumnsCase, endingCase, kernelCases } from './kernelCases.ts';
import { hashCase } from './hashCase.ts';
import { joinedCases, mapCases } from './mapCases.ts';
import { openStack, type Stack, STACKS } from './openStack.ts';
import { goldenRoots, presetCase, PRESETS, type PresetName } from './presetCases.ts';
import { casesInFours, overflowingCases, piecedCases, tiledCases } from './tiledCases.ts';
import { vectorCase } from './vectorCase.ts';

const SEEDS = Array.from({ length: 8 }, (_, k) => k + 1);
const PRESET_STEPS = 100;
/** Products too small for workgroups, whose terms share factors, or whose operands are at the ends of the range. */
const SCHEDULED = /product (33 x 200 x 17|of the ends)|convolution, same, padded/;
const TUNINGS: readonly Tuning[] = [
  { leastInvocations: 16, mostCells: 64, workgroupMemory: false, mapsInFours: false },
  { leastInvocations: 2 ** 18, mostCells: 32, workgroupMemory: false, mapsInFours: false },
  { leastInvocations: 256, mostCells: 32, workgroupMemory: true, mapsInFours: false },
  { leastInvocations: 2 ** 18, mostCells: 4, workgroupMemory: true, mapsInFours: false },
];

/** A tile's blocks in one invocation, and split over several. */
const TUNINGS_IN_FOURS: readonly Tuning[] = [
  { leastInvocations: 16, mostCells: 32, workgroupMemory: false, mapsInFours: false },
  { leastInvocations: 64, mostCells: 16, workgroupMemory: false, mapsInFours: false },
];

/** Blocks are split, so that their results go through memory. */
const TUNINGS_IN_PIECES: readonly Tuning[] = [
  { leastInvocations: 256, mostCells: 32, workgroupMemory: false, mapsInFours: false },
  { leastInvocations: 2 ** 18, mostCells: 32, workgroupMemory: true, mapsInFours: false },
];

const MAPS_IN_FOURS: Tuning = { leastInvocations: 256, mostCells: 32, workgroupMemory: false, mapsInFours: true };

const bankedCases = (): Case[] => [
  ...tiledCases('f12').slice(0, 2),
  ...casesInFours('e11').slice(0, 3),
  ...mapCases(),
  ...joinedCases().slice(0, 2),
  ...['f12', 'e11'].map((profile, k) => randomCase(20 + k, profile as Profile)),
];

/** So small that all has to lie in several. */
function bankFor(program: Program): number {
  const { sizes, words } = planMemory(program, MAPS_IN_FOURS);
  return Math.ceil(Math.max(...sizes, words / 4) / 64) * 64;
}

/** What the law says, once for all stacks. */
const laws = new Map<string, Promise<Outcome>>();
const lawOf = (one: Case): Promise<Outcome> => {
  const kept = laws.get(one.name) ?? runCase(referenceExecutor, one);
  laws.set(one.name, kept);
  return kept;
};

const randomCase = (seed: number, profile: Profile): Case => ({ name: `${profile} random Program ${seed}`, ...randomProgram(seed, 2, profile) });
const presets = new Map<PresetName, Promise<Case>>();
const presetOf = (name: PresetName): Promise<Case> => {
  const kept = presets.get(name) ?? presetCase(name, PRESET_STEPS, 'f12');
  presets.set(name, kept);
  return kept;
};

/** A Program of one tensor of so many elements, made of its axis. */
function hugeCase(elements: number): Case {
  const tensors = [
    { name: 'huge', dtype: 'i32' as const, shape: [elements] },
    { name: 'first', dtype: 'i32' as const, shape: [] },
  ];
  return {
    name: 'huge',
    program: {
      profile: 'f12',
      tensors,
      inputs: [],
      state: [],
      outputs: [{ tensor: 1, name: 'first' }],
      operations: [
        { label: 'huge', out: 0, shape: [elements], reduce: 'none', extents: [], reads: [], body: [{ op: 'axis', axis: 0 }], results: [0] },
        {
          label: 'first',
          out: 1,
          shape: [],
          reduce: 'none',
          extents: [],
          reads: [{ tensor: 0, view: [elements], index: [{ terms: [], offset: 0, div: 1, exact: false }], fill: 0 }],
          body: [{ op: 'read', read: 0 }],
          results: [0],
        },
      ],
    },
    state: [],
    steps: [[]],
  };
}

describe.each(STACKS)('%s', (name) => {
  let stack: Stack;
  beforeAll(async () => {
    stack = await openStack(name);
  }, 120_000);
  afterAll(() => stack?.close());

  const expectLaw = async (one: Case, executor = stack.executor) => {
    const found = await runCase(executor, one);
    expect(compareOutcomes(one.program, await lawOf(one), found), one.name).toEqual({ mismatches: 0, first: null });
  };

  test('N1, N2, N3 every body operation gives the golden vectors', async () => {
    const one = vectorCase();
    const { outputs } = await runCase(stack.executor, one);
    one.golden.forEach(({ op, bits }, k) => expect([...(outputs[0]?.[k] ?? [])], op).toEqual([...bits]));
  });

  test.each(kernelCases('f12').map((one) => [one.name, one] as const))('N4, N5, N6, P6, P7 %s', (_, one) => expectLaw(one));

  test.each<Profile>(['e11', 'e10'])('N4e every mac of profile %s', async (profile) => {
    for (const one of kernelCases(profile)) await expectLaw(one);
    for (const one of overflowingCases(profile)) for (const tuning of TUNINGS_IN_FOURS) await expectLaw(one, stack.scheduled({ tuning }));
  });

  test('N4 no tuning and no variant changes a bit', async () => {
    const products = [...kernelCases('f12').filter(({ name }) => SCHEDULED.test(name)), ...tiledCases('f12'), ...tiledCases('e11')];
    // Chromium compiles as Dawn does, Deno as Firefox: there the device's own tuning is enough.
    const tunings = [...(name === 'chromium' || name === 'deno' ? [] : TUNINGS), await stack.tune()];
    for (const one of products) {
      for (const tuning of tunings) await expectLaw(one, stack.scheduled({ tuning }));
      // Other profiles have one variant.
      if (one.program.profile === 'f12') for (const tuning of tunings.slice(-2)) await expectLaw(one, stack.scheduled({ tuning, variant: 'guarded' }));
    }
  });

  test('P5 memory in several banks', async () => {
    for (const one of bankedCases()) {
      const bank = bankFor(one.program);
      await expectLaw(one, stack.scheduled({ bank }));
      await expectLaw(one, stack.scheduled({ bank, tuning: MAPS_IN_FOURS }));
    }
  });

  test('N1, N2, P6 maps in fours', async () => {
    for (const one of mapCases()) await expectLaw(one, stack.scheduled({ tuning: MAPS_IN_FOURS }));
  });

  test('N1, P6 updates that share a dispatch', async () => {
    for (const one of joinedCases()) await expectLaw(one, stack.scheduled({ tuning: MAPS_IN_FOURS }));
  });

  test.each<Profile>(['f12', 'e11'])('N4, N4e products of %s in fours', async (profile) => {
    for (const one of casesInFours(profile)) for (const tuning of TUNINGS_IN_FOURS) await expectLaw(one, stack.scheduled({ tuning }));
  });

  test.each<Profile>(['f12', 'e11'])('N4, N4e, P5, P6 products of %s in pieces', async (profile) => {
    for (const one of piecedCases(profile)) for (const tuning of TUNINGS_IN_PIECES) await expectLaw(one, stack.scheduled({ tuning }));
  });

  // Dawn in Node compiles their many shaders one by one, for minutes; Chromium, which has Dawn too, takes them all.
  test.each(name === 'dawn' ? SEEDS.slice(0, 2) : SEEDS)('P1 random Program %i', (seed) => expectLaw(randomCase(seed, 'f12')));

  test.each([
    [100, 'e11'],
    [101, 'e10'],
  ] as const)('P1 random Program %i of profile %s', (seed, profile) => expectLaw(randomCase(seed, profile)));

  test.each(PRESETS)('H4 the state after 100 steps of %s has its golden root', async (preset) => {
    const { root, error } = await runCase(stack.executor, await presetOf(preset));
    expect({ root, error }).toEqual({ root: goldenRoots()['f12']?.[preset], error: null });
  });

  test('H2, H3 the GPU gives the roots of the reference, and so does whoever is faster', async () => {
    const { program, state, steps } = hashCase();
    const law = await referenceExecutor.prepare(program);
    const run = await stack.executor.prepare(program);
    for (const one of [law, run]) await one.load(state);
    expect(await run.roots(undefined, 'gpu')).toEqual(await law.roots());
    for (const one of [law, run]) await one.run(steps);
    for (const hasher of ['gpu', 'cpu', undefined] as const) expect(await run.roots(undefined, hasher), hasher).toEqual(await law.roots());
    run.dispose();
    expect((await stack.hashing()).fault).toBeNull();
  });

  test('P1 calls take effect in the order in which they are made, whichever are answered by then', async () => {
    const { program, state, steps } = hashCase();
    const run = await stack.executor.prepare(program);
    const ask = (one: Run) => {
      const early = [one.run(steps), one.state()] as const;
      const late = [one.roots(early[1]), one.run([...steps, ...steps]), one.roots(), one.state()] as const;
      return Promise.all([...early, ...late]);
    };
    const law = await referenceExecutor.prepare(program);
    for (const one of [law, run]) await one.load(state);
    expect(await ask(run)).toEqual(await ask(law));
    run.dispose();
  });

  test('the self-test of a job finds every pipeline right, and judges each', async () => {
    const one = await presetOf('mnist-cnn');
    const verdicts = await stack.check(one);
    expect(verdicts.filter(({ different }) => different > 0)).toEqual([]);
    expect(verdicts.every(({ values }) => values > 0)).toBe(true);
    expect(verdicts.reduce((sum, { values }) => sum + values, 0)).toBeGreaterThan(one.program.operations.length);
  });

  test('P5 a Program far too big is refused with the number, before anything is allocated', async () => {
    await expect(stack.executor.prepare(hugeCase(2 ** 28).program)).rejects.toThrow(UnsupportedError);
    await expect(stack.executor.prepare(hugeCase(2 ** 28).program)).rejects.toThrow(/\d+ MiB/);
  });

  // Last: it costs the device its pipelines.
  test('a lost device is an error of the run, and work goes on from the last state on another', async () => {
    const one = endingCase('goes on after a loss', [
      { index: 3, factor: 2 },
      { index: 0, factor: 0.5 },
      { index: 1, factor: 3 },
    ]);
    const law = await lawOf(one);
    const run = await stack.executor.prepare(one.program);
    await run.load(one.state);
    const [first] = await run.run(one.steps.slice(0, 1));
    const checkpoint = await run.state();
    await stack.loseDevice();
    await expect(run.run(one.steps.slice(1))).rejects.toThrow(DeviceLostError);
    const rest = await runCase(stack.executor, { ...one, state: checkpoint, steps: one.steps.slice(1) });
    expect([first, ...rest.outputs]).toEqual(law.outputs);
    expect(rest.state).toEqual(law.state);
  });
});

test.each<Profile>(['f12', 'e11', 'e10'])('products of %s that are tried under all tunings go through workgroup memory where a tuning says so', (profile) => {
  for (const { name, program } of tiledCases(profile)) {
    const shaders = (workgroupMemory: boolean) =>
      kernelsOf(planMemory(program, { leastInvocations: 256, mostCells: 32, workgroupMemory, mapsInFours: false })).filter(({ code }) => code.includes('workgroupBarrier'));
    expect([shaders(false).length, shaders(true).length], name).toEqual([0, 1]);
  }
});

test('the product of big columns takes a few of them at a time', () => {
  const shaders = TUNINGS_IN_FOURS.flatMap((tuning) => kernelsOf(planMemory(bigColumnsCase().program, tuning))).map(({ code }) => code);
  expect(shaders.filter((code) => code.includes('far * 8 + near')).length).toBe(TUNINGS_IN_FOURS.length);
});

test.each<Profile>(['f12', 'e11', 'e10'])('products of %s that are tried in fours are read and written so, split and whole', (profile) => {
  const [whole, split] = TUNINGS_IN_FOURS.map((tuning) =>
    casesInFours(profile).map(({ name, program }) => ({
      name,
      inFours: kernelsOf(planMemory(program, tuning)).filter(({ code }) => code.includes('var acc0_0') && code.includes('= Quad(')),
    })),
  );
  for (const { name, inFours } of whole ?? []) expect(inFours.length, name).toBe(1);
  expect(split?.filter(({ inFours }) => inFours.some(({ code }) => code.includes('first_block'))).length).toBeGreaterThan(1);
});

test.each<Profile>(['f12', 'e11', 'e10'])('products of %s that are tried in pieces are so', (profile) => {
  for (const { name, program } of piecedCases(profile)) {
    for (const tuning of TUNINGS_IN_PIECES) {
      const { kernels } = planMemory(program, tuning);
      expect(kernels.filter(({ label }) => label === program.operations[0]?.label).length, name).toBeGreaterThan(1);
    }
  }
});

test.each<Profile>(['f12', 'e11', 'e10'])('P5 a training step of profile %s needs little more memory than tensors alive at once', async (profile) => {
  for (const preset of PRESETS) {
    const program: Program = { ...(await presetOf(preset)).program, profile };
    for (const tuning of [...TUNINGS, ...TUNINGS_IN_PIECES]) expect((planMemory(program, tuning).words * 4) / estimateCost(program).peakBytes, preset).toBeLessThan(1.25);
  }
});

test('maps that are tried in fours are written so', () => {
  for (const { name, program } of mapCases()) {
    const shaders = kernelsOf(planMemory(program, MAPS_IN_FOURS));
    expect(
      shaders.some(({ code }) => code.includes('= Quad(')),
      name,
    ).toBe(true);
  }
});

test('what is tried in several banks lies in several', () => {
  for (const { name, program } of bankedCases()) expect(banksOf(planMemory(program, MAPS_IN_FOURS, 'fast', bankFor(program))), name).toBeGreaterThan(1);
});

test('updates of parameters share dispatches of 64', () => {
  expect(joinedCases().map(({ program }) => planMemory(program, MAPS_IN_FOURS).kernels.map(({ twins }) => twins?.length))).toEqual([[5], [5], [64, 3], [2]]);
});

test('a different bit anywhere is a difference', async () => {
  const one = randomCase(1, 'f12');
  const law = await lawOf(one);
  const flip = (bits: Uint32Array | undefined) => {
    const wrong = (bits as Uint32Array).slice();
    wrong[0] = ((wrong[0] as number) ^ 1) >>> 0;
    return wrong;
  };
  const [outputs = [], ...later] = law.outputs;
  expect(compareOutcomes(one.program, law, { ...law, outputs: [[flip(outputs[0]), ...outputs.slice(1)], ...later] }).mismatches).toBe(1);
  expect(compareOutcomes(one.program, law, { ...law, state: [flip(law.state[0]), ...law.state.slice(1)] }).mismatches).toBe(1);
  expect(compareOutcomes(one.program, law, { ...law, outputs: [] }).mismatches).toBeGreaterThan(0);
  expect(compareOutcomes(one.program, law, { ...law, error: 'DivergedError' }).mismatches).toBe(1);
});
