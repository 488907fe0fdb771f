import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { toHash } from '#swarm/protocol/hex.ts';
import { cidToHash, hashToCid } from './blobs/hashToCid.ts';
import { sha256 } from './blobs/sha256.ts';
import { relayOrigin } from './relayOrigin.ts';
import { parseRoster } from './roster.ts';

const ID = '12D3KooWGzBX8sKkQbYWWwwpFNwpRC5Ft1CbkVZpYFq1nGcKqK3v';

describe('H5 blobs have CIDs for people', () => {
  test('H5 the CID of "hello world", computed apart', async () => {
    const hash = await sha256(new TextEncoder().encode('hello world'));
    expect(hash).toBe('0xb94d27b9934d3e08a52e52d7da7dabfac484efe37a5380ee9088f7ace2efcde9');
    expect(hashToCid(hash)).toBe('bafkreifzjut3te2nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e');
  });

  test('H5 there and back', () => {
    fc.assert(fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }).map(toHash), (hash) => cidToHash(hashToCid(hash)) === hash));
  });

  test.each(['', 'hello', 'QmYwAPJzv5CZsnA625s3Xf2nemtYgPpHdWEz79ojWnPbdG', 'bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi'])(
    'H5 %s is refused: its bytes could not be checked as a blob',
    (text) => expect(() => cidToHash(text)).toThrow(/is not a (CID|raw sha2-256)/),
  );
});

describe('relay addresses', () => {
  test.each([
    [`/ip4/10.0.0.5/tcp/8080/ws/p2p/${ID}`, 'http://10.0.0.5:8080'],
    [`/dns4/localhost/tcp/80/ws/p2p/${ID}`, 'http://localhost:80'],
    [`/dns/tutti.example/tcp/443/tls/ws/p2p/${ID}`, 'https://tutti.example:443'],
    [`/dns4/tutti.example/tcp/443/wss/p2p/${ID}`, 'https://tutti.example:443'],
    [`/ip6/::1/tcp/9/ws/p2p/${ID}`, 'http://[::1]:9'],
  ])('%s is at %s', (address, origin) => expect(relayOrigin(address)).toBe(origin));

  test.each(['', 'http://localhost', `/ip4/1.2.3.4/tcp/1/p2p/${ID}`, '/ip4/1.2.3.4/tcp/1/ws', `/ip4/1.2.3.4/udp/1/ws/p2p/${ID}`])('%s is refused', (address) => {
    expect(() => relayOrigin(address)).toThrow();
  });
});

describe('rosters', () => {
  test('give the ids in them and leave out what is none', () => {
    expect(parseRoster(JSON.stringify({ peers: [{ id: ID }, { id: 'x' }, { id: 3 }, null, 'y', {}] }))).toEqual([ID]);
  });

  test('any text is a list of ids or an error', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), (text) => {
        try {
          expect(Array.isArray(parseRoster(text))).toBe(true);
        } catch (error) {
          expect(error).toBeInstanceOf(Error);
        }
      }),
    );
  });
});
