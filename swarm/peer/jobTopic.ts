/** What a job's peers tell each other, and the address book that comes of it. */
import { signerOfText } from '#swarm/chain/signText.ts';
import type { Address } from '#swarm/protocol/jobSpec.ts';
import { type DeltaAnnouncement, encodeMessage, type LossReport, lossReportText, parseDeltaAnnouncement, parseLossReport } from '#swarm/protocol/messages.ts';
import { ownAddress, type PeerMeans } from './peerContext.ts';
import { encodePresence, parsePresence } from './presence.ts';

export interface JobTopic {
  readonly name: (part: string) => string;
  announceDelta(announcement: DeltaAnnouncement): Promise<void>;
  reportLoss(report: LossReport): Promise<void>;
  /** Mesh ids to ask for what `owner` has: its own first, then everyone who is connected. */
  peersFor(owner: Address | null): string[];
  leave(): void;
}

const PRESENCE_MS = 5000;

export function joinJobTopic(means: PeerMeans): JobTopic {
  const { mesh, chain, job } = means;
  const name = (part: string) => `tutti/${chain.chainId}/${job}/${part}`;
  const peerOf = new Map<string, string>();
  const greet = () => void mesh.publish(name('here'), encodePresence({ address: ownAddress(means), peer: mesh.id })).catch(() => undefined);

  const subscriptions = [
    mesh.subscribe(name('here'), (bytes) =>
      quietly(() => {
        const { address, peer } = parsePresence(bytes);
        peerOf.set(address.toLowerCase(), peer);
      }),
    ),
    mesh.subscribe(name('delta'), (bytes) =>
      quietly(() => {
        const { solver, peer } = parseDeltaAnnouncement(bytes);
        peerOf.set(solver.toLowerCase(), peer);
      }),
    ),
    mesh.subscribe(name('loss'), (bytes, from) => {
      if (from !== mesh.id) void showLoss(bytes).catch(() => undefined);
    }),
  ];
  const greeting = setInterval(greet, PRESENCE_MS);
  greet();

  return {
    name,
    announceDelta: (announcement) => mesh.publish(name('delta'), encodeMessage(announcement)),
    reportLoss: (report) => mesh.publish(name('loss'), encodeMessage(report)),
    peersFor(owner) {
      const known = owner ? peerOf.get(owner.toLowerCase()) : undefined;
      const others = mesh
        .peers()
        .filter((peer) => peer.path !== 'relay')
        .map((peer) => peer.id);
      return [...new Set([...(known ? [known] : []), ...others, ...peerOf.values()])].filter((id) => id !== mesh.id);
    },
    leave() {
      clearInterval(greeting);
      for (const unsubscribe of subscriptions) unsubscribe();
    },
  };

  /** Shown only when the reporter signed it: a chart is no place for strangers' noise. */
  async function showLoss(bytes: Uint8Array) {
    const report = parseLossReport(bytes);
    const signer = await signerOfText(chain, lossReportText(report), report.signature);
    if (report.job === job && signer.toLowerCase() === report.reporter.toLowerCase()) {
      means.onLoss?.({ round: report.round, slot: report.slot, loss: report.loss, accuracy: report.accuracy });
    }
  }

  /** A stranger's broken message is dropped: nobody waits for an answer to gossip. */
  function quietly(read: () => void) {
    try {
      read();
    } catch {
      return;
    }
  }
}
