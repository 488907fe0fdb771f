/** The whole job once more on the reference executor, from what is public: the law's own roots to hold the tabs against. */
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { getMaterial } from '#swarm/peer/effects/getMaterial.ts';
import { localTrainingEngine } from '#swarm/peer/localTrainingEngine.ts';
import { sha256 } from '#swarm/network/blobs/sha256.ts';
import type { Blobs } from '#swarm/network/mesh.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import type { JobView } from '#swarm/protocol/jobView.ts';
import { parseJobSpec } from '#swarm/protocol/parseJobSpec.ts';

export interface ReferenceRound {
  readonly round: number;
  readonly loss: number;
  /** Root after the round: of G_{round + 1}. */
  readonly root: Hash;
  /** Slots whose committed delta is not the one that the law gives. */
  readonly liars: readonly number[];
}

/** Reads the relay's hub only: what a stranger could fetch. */
function hubBlobs(origin: string): Blobs {
  return {
    has: async () => false,
    put: () => Promise.reject(new Error('this reader stores nothing')),
    async get(hash) {
      // Minutes of training lie between two requests: a kept connection would be gone.
      const response = await fetch(new URL(`/api/blob/${hash.slice(2)}`, origin), { headers: { connection: 'close' } });
      if (!response.ok) throw new Error(`the relay has no blob ${hash}`);
      const bytes = new Uint8Array(await response.arrayBuffer());
      if ((await sha256(bytes)) !== hash) throw new Error(`the relay's blob ${hash} has other bytes`);
      return bytes;
    },
    traffic: () => ({ sent: 0, received: 0 }),
  };
}

/** In this thread. `retrainOnReference` keeps it in one of its own, so that the relay beside it goes on answering. */
export async function retrain(origin: string, view: JobView, say: (text: string) => void): Promise<ReferenceRound[]> {
  const engine = localTrainingEngine({ training: referenceExecutor, outer: referenceExecutor });
  const blobs = hubBlobs(origin);
  const key = 'reference';
  await getMaterial({ blobs, engine, view, key, from: [] });
  const spec = parseJobSpec(await blobs.get(view.terms.specHash));
  let state = await blobs.get(spec.initialState);
  const rounds: ReferenceRound[] = [];
  for (const { round, slots } of view.rounds) {
    const counted = slots.flatMap(({ slot, commitment }) => (commitment ? [{ slot, commitment }] : []));
    const losses: number[] = [];
    const liars: number[] = [];
    const deltas = [];
    for (const { slot, commitment } of counted) {
      const result = await engine.train(key, round, slot, state, () => undefined);
      losses.push(result.loss);
      if (result.deltaHash !== commitment.deltaHash) liars.push(slot);
      // What was counted is what the next state is made of, also where it was a lie.
      const { deltaHash, proposalRoot } = commitment;
      deltas.push({ slot, deltaHash, proposalRoot, bytes: await blobs.get(deltaHash) });
    }
    const next = await engine.next(key, round, state, deltas);
    state = next.state;
    rounds.push({ round, loss: losses.reduce((sum, loss) => sum + loss, 0) / Math.max(1, losses.length), root: next.root, liars });
    say(
      `reference: round ${round + 1} of ${view.rounds.length} trained again, ${liars.length === 0 ? "every delta is the law's" : `slot ${liars.map((slot) => slot + 1).join(', ')} lied`}`,
    );
  }
  return rounds;
}

interface Task {
  readonly origin: string;
  readonly view: JobView;
}

/** Errors: whatever the thread threw. */
export function retrainOnReference(origin: string, view: JobView, say: (text: string) => void): Promise<ReferenceRound[]> {
  return new Promise((resolve, reject) => {
    const thread = new Worker(new URL(import.meta.url), { workerData: { origin, view } satisfies Task });
    thread.on('message', (message: string | ReferenceRound[]) => {
      if (typeof message === 'string') say(message);
      else resolve(message);
    });
    thread.on('error', reject);
    thread.on('exit', (code) => reject(new Error(`the reference's thread ended with ${code} before it was done`)));
  });
}

if (!isMainThread && parentPort) {
  const { origin, view } = workerData as Task;
  const port = parentPort;
  port.postMessage(await retrain(origin, view, (text) => port.postMessage(text)));
}
