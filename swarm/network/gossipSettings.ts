/** Gossip as tabs and relays run it. */
import type { GossipsubOpts } from '@libp2p/gossipsub';
import { networkLimits } from './networkLimits.ts';

export const gossipSettings: Partial<GossipsubOpts> = {
  // Relayed peers all have the relay's address; the stock penalty empties meshes of more than ten tabs.
  scoreParams: { IPColocationFactorWeight: 0 },
  // A tab that is alone may still speak; nobody hears it.
  allowPublishToZeroTopicPeers: true,
  emitSelf: false,
  // Data beyond the limit is dropped before it is decoded. The slack is for topic, signature and key.
  maxInboundDataLength: 4 * networkLimits.publishBytes,
};
