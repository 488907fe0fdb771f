/**
 * Whom to connect to directly: a partial mesh that both ends of each link choose alike, without asking each other.
 * A full mesh of 32 tabs took 95 s to build where one of 4 dials each took 22 s.
 */

/** Each peer's strongest links; a peer has this many at least (where there are that many others), about twice at most. */
const LINKS_PER_PEER = 6;

/**
 * The peers among `everyone` that `self` has a link with. A pair is linked when either end counts the other among its
 * `links` strongest by a hash of both ids, so the answer is the same seen from both ends.
 */
export function neighbours(self: string, everyone: readonly string[], links: number = LINKS_PER_PEER): readonly string[] {
  const all = [...new Set([...everyone, self])].sort();
  const others = all.filter((id) => id !== self);
  const strongestOf = (id: string) =>
    new Set(
      all
        .filter((other) => other !== id)
        .map((other) => ({ other, strength: linkStrength(id, other) }))
        .sort((a, b) => a.strength - b.strength || (a.other < b.other ? -1 : 1))
        .slice(0, links)
        .map(({ other }) => other),
    );
  const mine = strongestOf(self);
  return others.filter((other) => mine.has(other) || strongestOf(other).has(self));
}

/** FNV-1a over both ids in order, finished by an integer mix: symmetric, cheap, and no security rests on it. */
function linkStrength(one: string, other: string): number {
  const text = one < other ? `${one} ${other}` : `${other} ${one}`;
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
