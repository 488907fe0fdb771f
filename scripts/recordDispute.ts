/** Plays one dispute through the contracts on anvil and writes how it looks, for the scenes of e2e/screens: `node scripts/recordDispute.ts`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { privateKeyToAccount } from 'viem/accounts';
import { createChainClient } from '#swarm/chain/createChainClient.ts';
import { readDisputeView } from '#swarm/chain/readDisputeView.ts';
import { PARTIES, startGames } from '#swarm/chain/testing/gamesOnAnvil.ts';
import { RICH_KEY } from '#swarm/chain/testing/startAnvil.ts';
import { prepareCase } from '#swarm/dispute/testing/disputeCases.ts';

const CASES = [
  ['wrong operand', 9],
  ['lying challenger', 16],
  ['refuses to answer', 2],
] as const;

const games = await startGames();
try {
  const chain = await createChainClient({ rpcUrl: games.rpcUrl, deployment: games.deployment, account: privateKeyToAccount(RICH_KEY) });
  const views = [];
  for (const [k, [kind, seed]] of CASES.entries()) {
    await games.play(await prepareCase(kind, seed, PARTIES));
    views.push(await readDisputeView(chain, BigInt(k + 1)));
  }
  const text = JSON.stringify(views);
  if (/['\\]/.test(text)) throw new Error('the text needs escapes that this script does not write');
  const head = "/** Played through the contracts and recorded by scripts/recordDispute.ts. */\nimport type { DisputeView } from '#swarm/protocol/disputeView.ts';\n\n";
  await writeFile(
    join(import.meta.dirname, '..', 'e2e', 'screens', 'fixtureDisputes.ts'),
    `${head}export const fixtureDisputes = JSON.parse(\n  '${text}',\n) as readonly DisputeView[];\n`,
  );
} finally {
  games.stop();
}
