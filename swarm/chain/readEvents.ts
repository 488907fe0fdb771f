/** Everything that happened, oldest first, for timelines and receipts. Blocks that were read are not read again. */
import { parseEventLogs } from 'viem';
import { eventsAbi } from './contractAbis.ts';
import type { ChainClient } from './createChainClient.ts';
import { describeFailure } from './describeRevert.ts';
import type { ChainEvent } from '#swarm/protocol/jobView.ts';

/** Blocks in one question: nodes refuse more than some thousands. */
const BLOCKS_PER_CALL = 5000n;

const GAME_EVENTS: ReadonlySet<string> = new Set(['GameOpened', 'GameMoved', 'GameOver', 'GameMoot']);

/** With `job`: its events only. Names are the contracts' event names (`Committed`, `SlotPaid`, ...). */
export async function readEvents(chain: ChainClient, { job }: { readonly job?: bigint } = {}): Promise<readonly ChainEvent[]> {
  const { events } = chain.memory;
  const reading = events.reading.catch(() => undefined).then(() => readNew(chain));
  events.reading = reading;
  try {
    await reading;
  } catch (error) {
    throw describeFailure(error);
  }
  if (job === undefined) return [...events.all];
  // A game knows its own number only; the challenge that it is about says whose it is.
  const games = new Set(events.all.flatMap(({ name, args }) => (name === 'ChallengePlayed' && args['job'] === job ? [args['game']] : [])));
  return events.all.filter(({ name, args }) => args['job'] === job || (GAME_EVENTS.has(name) && games.has(args['id'])));
}

async function readNew(chain: ChainClient): Promise<void> {
  const { publicClient, deployment, memory } = chain;
  const { jobs, rounds, audits, challenges, game, vault } = deployment.addresses;
  const head = await publicClient.getBlockNumber({ cacheTime: 0 });
  while (memory.events.nextBlock <= head) {
    const fromBlock = memory.events.nextBlock;
    const toBlock = fromBlock + BLOCKS_PER_CALL > head ? head : fromBlock + BLOCKS_PER_CALL;
    const logs = await publicClient.getLogs({ address: [jobs, rounds, audits, challenges, game, vault], fromBlock, toBlock });
    const times = await timesOf(chain, logs);
    for (const log of parseEventLogs({ abi: eventsAbi, logs })) {
      const { eventName, args } = log as unknown as { eventName: string; args: Readonly<Record<string, unknown>> };
      memory.events.all.push({ name: eventName, block: log.blockNumber, time: times.get(log.blockNumber) ?? 0, transaction: log.transactionHash, args });
    }
    memory.events.nextBlock = toBlock + 1n;
  }
}

async function timesOf(chain: ChainClient, logs: readonly { blockNumber: bigint; blockTimestamp?: bigint | undefined }[]): Promise<Map<bigint, number>> {
  const times = new Map<bigint, number>();
  for (const { blockNumber, blockTimestamp } of logs) {
    if (times.has(blockNumber)) continue;
    // Not every node puts the time into its logs.
    const seconds = blockTimestamp ?? (await chain.publicClient.getBlock({ blockNumber })).timestamp;
    times.set(blockNumber, Number(seconds));
  }
  return times;
}
