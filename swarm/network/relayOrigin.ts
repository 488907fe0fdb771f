/** Where a relay's HTTP door is: the same host and port as its libp2p WebSocket. */
import { multiaddr } from '@multiformats/multiaddr';

/**
 * `/ip4/10.0.0.5/tcp/8080/ws/p2p/12D3...` gives `http://10.0.0.5:8080`; with `/tls` or `/wss`, https.
 * Errors: the address is malformed, or has no host, port, WebSocket or peer id.
 */
export function relayOrigin(address: string): string {
  const parts = multiaddr(address).getComponents();
  const named = (...names: readonly string[]) => parts.find(({ name }) => names.includes(name));
  const host = named('ip4', 'ip6', 'dns', 'dns4', 'dns6');
  const port = named('tcp')?.value;
  if (!host?.value || !port || !named('ws', 'wss') || !named('p2p')?.value) {
    throw new Error(`relay address ${address} must look like /ip4/HOST/tcp/PORT/ws/p2p/ID (or /dns4/, and /tls/ws for https)`);
  }
  const secure = named('wss', 'tls') !== undefined;
  return `${secure ? 'https' : 'http'}://${host.name === 'ip6' ? `[${host.value}]` : host.value}:${port}`;
}
