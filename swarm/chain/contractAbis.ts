/** ABIs by the names of a deployment's addresses. */
import { auditsAbi } from '#abi/auditsAbi.ts';
import { challengesAbi } from '#abi/challengesAbi.ts';
import { courtAbi } from '#abi/courtAbi.ts';
import { faucetAbi } from '#abi/faucetAbi.ts';
import { gameAbi } from '#abi/gameAbi.ts';
import { gameFaultsAbi } from '#abi/gameFaultsAbi.ts';
import { jobsAbi } from '#abi/jobsAbi.ts';
import { roundsAbi } from '#abi/roundsAbi.ts';
import { tuttiForwarderAbi } from '#abi/tuttiForwarderAbi.ts';
import { tuttiTokenAbi } from '#abi/tuttiTokenAbi.ts';
import { vaultAbi } from '#abi/vaultAbi.ts';

const all = [
  ...vaultAbi,
  ...jobsAbi,
  ...roundsAbi,
  ...auditsAbi,
  ...challengesAbi,
  ...gameAbi,
  ...gameFaultsAbi,
  ...courtAbi,
  ...faucetAbi,
  ...tuttiTokenAbi,
  ...tuttiForwarderAbi,
];

/** Every custom error that a call can end with. */
export const errorsAbi = all.filter((entry) => entry.type === 'error');

/** Events that tell the protocol's story. */
export const eventsAbi = [...jobsAbi, ...roundsAbi, ...auditsAbi, ...challengesAbi, ...gameAbi, ...vaultAbi].filter((entry) => entry.type === 'event');
