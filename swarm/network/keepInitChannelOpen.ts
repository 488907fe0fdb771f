/**
 * Works around a race in @libp2p/webrtc 6.0: the side that is dialled closes the `init` data channel as soon as its
 * muxer starts, often before the dialling side saw it open, and that dial then hangs until its timeout (63 of 71 dials
 * measured; none once the dialled side leaves the closing to the dialler). Call before libp2p is created. Idempotent.
 */
export function keepInitChannelOpen(): void {
  const channelPrototype = globalThis.RTCDataChannel?.prototype;
  const connectionPrototype = globalThis.RTCPeerConnection?.prototype;
  if (!channelPrototype || !connectionPrototype) return;
  if (patched.has(channelPrototype)) return;
  patched.add(channelPrototype);

  const madeHere = new WeakSet<RTCDataChannel>();
  const createDataChannel = connectionPrototype.createDataChannel;
  connectionPrototype.createDataChannel = function (...args) {
    const channel = createDataChannel.apply(this, args);
    madeHere.add(channel);
    return channel;
  };
  const close = channelPrototype.close;
  channelPrototype.close = function () {
    if (this.label === 'init' && !madeHere.has(this)) return;
    close.call(this);
  };
}

const patched = new WeakSet<object>();
