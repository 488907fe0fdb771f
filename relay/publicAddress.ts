/** The relay's multiaddr as seen by whoever asked over HTTP: same host and port, which surely lead here. */
import { isIP } from 'node:net';

/**
 * `host` is a Host header (`name`, `name:port`, `[ip6]:port`). Without a usable one the address is on loopback.
 */
export function publicAddress(host: string | undefined, secure: boolean, listeningPort: number, peerId: string): string {
  const parsed = host?.match(/^(?:\[([0-9a-fA-F:.]+)\]|([\w.-]+))(?::(\d{1,5}))?$/);
  const name = parsed?.[1] ?? parsed?.[2] ?? '127.0.0.1';
  const port = parsed?.[3] ?? (parsed ? (secure ? '443' : '80') : String(listeningPort));
  const family = isIP(name);
  const kind = family === 4 ? 'ip4' : family === 6 ? 'ip6' : 'dns';
  return `/${kind}/${name}/tcp/${port}${secure ? '/tls' : ''}/ws/p2p/${peerId}`;
}
