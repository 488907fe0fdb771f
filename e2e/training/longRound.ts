/** A round of the tests' small net that takes some seconds: what an engine makes of it, from which step on. */
import { encodeProgram } from '#engine/program/encodeProgram.ts';
import type { TrainingEngine } from '#swarm/peer/trainingEngine.ts';
import { encodeGlobalState } from '#swarm/training/globalState.ts';
import { tinyData, tinyGlobal, tinyProgram, tinySpec } from '#swarm/training/tinyNet.fixture.ts';

const spec = { ...tinySpec, stepsPerRound: 3000, checkpointEvery: 100 };

export interface LongRound {
  readonly roots: readonly string[];
  readonly deltaHash: string;
  /** The first step that was told. */
  readonly from: number;
}

export async function longRound(engine: TrainingEngine, onStep: (step: number) => void = () => undefined): Promise<LongRound> {
  const program = tinyProgram(2 ** -9);
  await engine.open('job', { spec, programBytes: encodeProgram(program), ...tinyData() });
  let from = 0;
  const { checkpointRoots, deltaHash } = await engine.train('job', 0, 1, encodeGlobalState(tinyGlobal(program)), ({ step }) => {
    from ||= step;
    onStep(step);
  });
  return { roots: checkpointRoots, deltaHash, from };
}
