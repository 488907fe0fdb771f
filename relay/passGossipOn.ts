/**
 * Carries gossip between tabs that have no direct link: gossipsub passes on only topics that the node is subscribed to,
 * so the relay subscribes to what its peers subscribe to, while they do.
 */
import type { GossipSub } from '@libp2p/gossipsub';

/** Topics of this network only. */
const PREFIX = 'tutti/';
const TOPICS = 2000;
const TOPIC_LENGTH = 300;

/** `libp2pEvents` announces peers that left. Returns what stops it. */
export function passGossipOn(pubsub: GossipSub, onPeerLeft: (listener: () => void) => () => void): () => void {
  const carried = new Set<string>();
  const dropUnused = () => {
    for (const topic of carried) {
      if (pubsub.getSubscribers(topic).length > 0) continue;
      carried.delete(topic);
      pubsub.unsubscribe(topic);
    }
  };
  const onChange = ({ detail }: { detail: { subscriptions: readonly { topic: string; subscribe: boolean }[] } }) => {
    for (const { topic, subscribe } of detail.subscriptions) {
      if (!subscribe || carried.has(topic) || !topic.startsWith(PREFIX) || topic.length > TOPIC_LENGTH) continue;
      if (carried.size >= TOPICS) dropUnused();
      if (carried.size >= TOPICS) return;
      carried.add(topic);
      pubsub.subscribe(topic);
    }
    if (detail.subscriptions.some(({ subscribe }) => !subscribe)) dropUnused();
  };
  pubsub.addEventListener('subscription-change', onChange);
  const stopWatching = onPeerLeft(dropUnused);
  return () => {
    pubsub.removeEventListener('subscription-change', onChange);
    stopWatching();
  };
}
