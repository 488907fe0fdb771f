/**
 * `npm run watchtower -- --relay URL [--job N ...] [--rpc URL] [--key-file FILE] [--for FILE ...]`: trains every slot of the chosen jobs (all open
 * ones, unless some are named) for itself on the reference executor, accuses whoever committed anything else, and plays the
 * dispute to its end. One honest watchtower is enough to have a liar struck, whoever else is in league with it.
 * `--for`: a delegation that somebody's account page saved; it then makes that account's moves in disputes too, on both sides (SPEC D14).
 */
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseArgs } from 'node:util';
import { formatEther, type Hex, isHex } from 'viem';
import { generatePrivateKey, privateKeyToAccount } from 'viem/accounts';
import { referenceExecutor } from '#engine/numerics/referenceExecutor.ts';
import { type ChainClient, createChainClient } from '#swarm/chain/createChainClient.ts';
import { parseDeployment } from '#swarm/chain/deployment.ts';
import { fundFromFaucet } from '#swarm/chain/fundFromFaucet.ts';
import { readAccount } from '#swarm/chain/readAccount.ts';
import { readDelegate } from '#swarm/chain/readDelegate.ts';
import { readJobs } from '#swarm/chain/readJobs.ts';
import { watchBlocks } from '#swarm/chain/watchBlocks.ts';
import { httpBlobHub } from '#swarm/network/blobs/httpBlobHub.ts';
import { MemoryNet } from '#swarm/network/memoryMesh.ts';
import { createJobPeer, type JobPeer } from '#swarm/peer/jobPeer.ts';
import { localTrainingEngine } from '#swarm/peer/localTrainingEngine.ts';
import { memoryStore } from '#swarm/peer/peerStore.ts';
import { type Delegation, parseDelegation } from '#swarm/protocol/delegation.ts';

const LOOK_MS = 5000;
const say = (text: string) => void process.stdout.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

interface Options {
  readonly relay: string;
  readonly rpcUrl: string | null;
  readonly jobs: readonly bigint[];
  readonly keyFile: string;
  readonly delegations: readonly string[];
}

function readOptions(): Options {
  const { values } = parseArgs({
    options: {
      relay: { type: 'string' },
      rpc: { type: 'string' },
      job: { type: 'string', multiple: true },
      for: { type: 'string', multiple: true },
      'key-file': { type: 'string', default: '.tutti/watchtower.key' },
    },
  });
  const { relay, rpc, job = [] } = values;
  if (!relay || !URL.canParse(relay)) throw new Error('--relay URL is missing: the address that npm start printed, or another relay');
  if (rpc !== undefined && !URL.canParse(rpc)) throw new Error(`--rpc takes the address of a chain, not ${rpc}`);
  const bad = job.find((one) => !/^\d{1,18}$/.test(one));
  if (bad !== undefined) throw new Error(`--job takes the number of a job, not ${bad}`);
  return { relay: new URL(relay).origin, rpcUrl: rpc ?? null, jobs: job.map(BigInt), keyFile: values['key-file'], delegations: values.for ?? [] };
}

/** Kept for the next start: bonds and shares of stakes belong to it. */
async function readKey(file: string): Promise<Hex> {
  const text = (await readFile(file, 'utf8').catch(() => '')).trim();
  if (isHex(text) && text.length === 66) return text;
  if (text !== '') throw new Error(`${file} holds no key (0x and 64 hexadecimal digits): restore it, or move it away and a new one is made`);
  const key = generatePrivateKey();
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, `${key}\n`, { flag: 'wx' });
  await chmod(file, 0o600);
  say(`made a key for itself: ${file}`);
  return key;
}

async function connect({ relay, rpcUrl, keyFile }: Options): Promise<ChainClient> {
  const response = await fetch(`${relay}/api/config`).catch(() => null);
  if (!response?.ok) throw new Error(`${relay} does not answer as a relay: is it running, and is this its address?`);
  const config = (await response.json()) as { readonly deployment: unknown; readonly rpcPath: string; readonly submits: boolean };
  const account = privateKeyToAccount(await readKey(keyFile));
  // With a chain of its own it pays its own gas, and no relay can silence it.
  const way = rpcUrl === null ? { rpcUrl: `${relay}${config.rpcPath}`, ...(config.submits ? { submitter: { url: `${relay}/api/submit` } } : {}) } : { rpcUrl };
  return createChainClient({ ...way, account, deployment: parseDeployment(config.deployment) });
}

/** Errors: a file that is none, is for another chain or another watchtower, or whose account has not named this one on chain. */
async function readDelegation(chain: ChainClient, file: string): Promise<Delegation> {
  const bytes = await readFile(file).catch(() => {
    throw new Error(`--for ${file}: there is no such file; the account page saves one as tutti-delegation.json`);
  });
  const { account, delegate, chainId, secret } = parseDelegation(bytes);
  if (chainId !== chain.deployment.chainId) throw new Error(`${file} is for chain ${chainId}, this relay is on ${chain.deployment.chainId}`);
  const named = await readDelegate(chain, account);
  if (named?.toLowerCase() !== chain.address.toLowerCase())
    throw new Error(
      `${account} has named ${named ?? 'nobody'} on chain, and ${file} is for ${delegate}: this watchtower is ${chain.address}; name it on the account page, and use the file that is saved then`,
    );
  say(`answering for ${account}`);
  return { account, secret };
}

async function main(): Promise<void> {
  const options = readOptions();
  const chain = await connect(options);
  if ((await readAccount(chain)).balanceWei === 0n && chain.deployment.faucet) await fundFromFaucet(chain);
  const { balanceWei, stakedWei } = await readAccount(chain);
  const standsFor: Delegation[] = [];
  for (const file of options.delegations) standsFor.push(await readDelegation(chain, file));
  say(`watching as ${chain.address}, with ${formatEther(balanceWei + stakedWei)} TUT for bonds`);
  const { mesh, blobs } = new MemoryNet().connect('watchtower', undefined, httpBlobHub(options.relay, { sent: 0, received: 0 }));
  const clock = { time: Date.now() / 1000, seenAt: Date.now() };
  const stopClock = watchBlocks(chain, ({ time }) => Object.assign(clock, { time, seenAt: Date.now() }));
  const peers = new Map<bigint, JobPeer>();

  const watch = (job: bigint) => {
    say(`job ${job}: watching it`);
    const peer = createJobPeer({
      job,
      chain,
      mesh,
      blobs,
      engine: localTrainingEngine({ training: referenceExecutor, outer: referenceExecutor }),
      store: memoryStore(),
      // It trains in secret and seals nothing.
      secret: crypto.getRandomValues(new Uint8Array(32)),
      watches: true,
      standsFor,
      now: () => clock.time + (Date.now() - clock.seenAt) / 1000,
      journal: (text, bad) => say(`job ${job}: ${bad ? '! ' : ''}${text}`),
      onProgress: ({ doing, round, slot, step }) => {
        if (doing === 'auditing' && step && step.step + 1 === step.steps) say(`job ${job}: round ${round + 1}, slot ${slot + 1} computed`);
      },
    });
    peers.set(job, peer);
  };
  const look = async () => {
    for (const view of await readJobs(chain)) {
      const wanted = (options.jobs.length === 0 || options.jobs.includes(view.id)) && (view.phase === 'recruiting' || view.phase === 'running');
      if (wanted && !peers.has(view.id)) watch(view.id);
      if (!wanted && peers.has(view.id)) {
        peers.get(view.id)?.stop();
        peers.delete(view.id);
        say(`job ${view.id}: ${view.phase}`);
      }
    }
  };
  await look();
  const looking = setInterval(() => void look().catch((error: unknown) => say(`! ${error instanceof Error ? error.message : String(error)}`)), LOOK_MS);

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      clearInterval(looking);
      stopClock();
      for (const peer of peers.values()) peer.stop();
      say('stopped; what it began on chain goes on when it is started again');
      process.exit(0);
    });
  }
}

try {
  await main();
} catch (error) {
  process.stderr.write(`watchtower: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exit(1);
}
