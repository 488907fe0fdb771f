/** Puts the contracts on any chain: `npm run deploy -- --rpc URL --key KEY [--out deployment.json] [--faucet] [--timing SECONDS]`. */
import { access, writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { isHex } from 'viem';
import { deployContracts } from '#swarm/chain/deployContracts.ts';

/** Over the forced-inclusion delay of OP-stack chains (12 hours), so that a sequencer cannot run out anybody's clock. */
const REAL_CHAIN_SECONDS = 24 * 3600;

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rpc: { type: 'string' },
      key: { type: 'string' },
      out: { type: 'string', default: 'deployment.json' },
      faucet: { type: 'boolean', default: false },
      timing: { type: 'string', default: String(REAL_CHAIN_SECONDS) },
    },
  });
  const { rpc, out, faucet } = values;
  // A key on the command line is seen by everybody on the machine; the variable is not.
  const key = values.key ?? process.env['TUTTI_DEPLOYER_KEY'];
  if (!rpc || !URL.canParse(rpc)) throw new Error('--rpc URL is missing: the chain to put the contracts on');
  if (!key || !isHex(key) || key.length !== 66) throw new Error('--key KEY (or TUTTI_DEPLOYER_KEY) is missing: 0x and 64 hexadecimal digits, of an account with gas');
  const seconds = Number(values.timing);
  if (!Number.isSafeInteger(seconds) || seconds < 1) throw new Error(`--timing is a number of seconds, not ${values.timing}`);
  const there = await access(out).then(
    () => true,
    () => false,
  );
  if (there) throw new Error(`${out} is there already, with the addresses of another deployment: name another file with --out`);
  const timing = { windowSeconds: seconds, answerSeconds: seconds, challengeSeconds: seconds, withdrawSeconds: seconds, payoutSeconds: seconds };
  const deployment = await deployContracts({ rpcUrl: rpc, key, faucet, timing, onStep: (text) => process.stdout.write(`${text}\n`) });
  await writeFile(out, `${JSON.stringify(deployment, null, 2)}\n`, { flag: 'wx' });
  process.stdout.write(`wrote ${out}. To use it: TUTTI_RPC_URL=(the same address) TUTTI_SUBMITTER_KEY=... TUTTI_DEPLOYMENT=${out} npm start\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`deploy: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
