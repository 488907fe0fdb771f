/** Two slots, three rounds of the tests' small net on any executor: every hash that the protocol makes of it. */
import type { Executor } from '#engine/program/executor.ts';
import { checkpointSalt } from '#swarm/protocol/checkpointTree.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { memoryCheckpoints } from '#swarm/training/checkpointStore.ts';
import { keepPrepared } from '#swarm/training/keepPrepared.ts';
import { type CountedDelta, nextGlobal } from '#swarm/training/nextGlobal.ts';
import { replaySegment } from '#swarm/training/replaySegment.ts';
import { datasetOf, tinyData, tinyGlobal, tinyProgram, tinySpec } from '#swarm/training/tinyNet.fixture.ts';
import { trainRound } from '#swarm/training/trainRound.ts';

/** `rate` is the local learning rate; a large one diverges, which is a result like any other. */
export async function trainTiny(executor: Executor, rate: number): Promise<{ hashes: Hash[]; poison: (string | null)[] }> {
  const kept = keepPrepared(executor);
  const program = tinyProgram(rate);
  const dataset = datasetOf(tinyData());
  const hashes: Hash[] = [];
  const poison: (string | null)[] = [];
  let globalState = tinyGlobal(program);
  for (let round = 0; round < tinySpec.rounds; round++) {
    const deltas: CountedDelta[] = [];
    for (let slot = 0; slot < tinySpec.slots; slot++) {
      const salt = (checkpoint: number) => checkpointSalt(new Uint8Array(32), { job: 1n, round, slot, checkpoint });
      const store = memoryCheckpoints();
      const common = { executor: kept, program, spec: tinySpec, dataset, globalState, slot };
      const result = await trainRound({ ...common, salt, store });
      const replay = await replaySegment({ ...common, segment: 3, checkpoint: await store.get(3) });
      hashes.push(...result.checkpointRoots, result.proposalRoot, result.deltaHash, replay.target);
      poison.push(result.poison?.reason ?? null);
      deltas.push({ slot, bytes: result.delta, deltaHash: result.deltaHash, proposalRoot: result.proposalRoot });
    }
    const next = await nextGlobal({ executor: kept, program, spec: tinySpec, globalState, deltas });
    globalState = next.globalState;
    hashes.push(next.root);
  }
  kept.release();
  return { hashes, poison };
}
