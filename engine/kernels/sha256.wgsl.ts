/**
 * SHA-256 in WGSL (FIPS 180-4), of many pieces of words at once: one invocation hashes one piece. A leaf (SPEC H3) is a
 * piece of 256 words of a tensor; a parent (H2) is a piece of 16 words, which are two nodes. Past the end of its range
 * a piece has zero words, which is the padding of the last leaf, and the zero node of an odd level.
 */

/** For the uniform buffer: naga copies a constant array that is indexed by a variable, in each invocation (twice as slow). */
export const ROUND_CONSTANTS = Uint32Array.of(
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
  0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
  0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
  0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
  0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
  0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
  0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
  0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
);

/** Of two nodes. */
export const PAIR_WORDS = 16;
export const HASH_WORKGROUP = 64;

/** Nodes are kept as their bytes are, so words of them are read as words of tensors are. */
export const SHA256_WGSL = /* wgsl */ `
@group(0) @binding(0) var<storage, read> tensors: array<u32>;
@group(0) @binding(1) var<storage, read_write> nodes: array<u32>;
// [0]: words of a piece, pieces, ranges; then of each range: its first piece, first word, words, first node that it gives
@group(0) @binding(2) var<storage, read> table: array<vec4<u32>>;
@group(0) @binding(3) var<uniform> constants: array<vec4<u32>, 16>;

fn rotate(x: u32, by: u32) -> u32 { return (x >> by) | (x << (32u - by)); }
// SHA-256 reads bytes as big-endian words, memory has them little-endian
fn swap(x: u32) -> u32 { return (rotate(x, 8u) & 0xff00ff00u) | (rotate(x, 24u) & 0x00ff00ffu); }

// Word k of a message of so many words, of which the first ones are there; then the end mark, and the length in bits.
fn message(at: u32, there: u32, words: u32, k: u32) -> u32 {
  if (k < there) {
    if (words == ${PAIR_WORDS}u) { return swap(nodes[at + k]); }
    return swap(tensors[at + k]);
  }
  return select(select(0u, words * 32u, k == words + 15u), 0x80000000u, k == words);
}

@compute @workgroup_size(${HASH_WORKGROUP})
fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  let words = table[0].x;
  if (id.x >= table[0].y) { return; }
  var own = 1u;
  var end = table[0].z + 1u;
  while (own + 1u < end) {
    let middle = (own + end) / 2u;
    if (table[middle].x <= id.x) { own = middle; } else { end = middle; }
  }
  let range = table[own];
  let piece = id.x - range.x;
  let at = range.y + piece * words;
  let there = min(words, range.z - piece * words);
  var hash = array<u32, 8>(0x6a09e667u, 0xbb67ae85u, 0x3c6ef372u, 0xa54ff53au, 0x510e527fu, 0x9b05688cu, 0x1f83d9abu, 0x5be0cd19u);
  for (var block = 0u; block <= words; block += 16u) {
    var w: array<u32, 16>;
    for (var k = 0u; k < 16u; k++) { w[k] = message(at, there, words, block + k); }
    var a = hash[0]; var b = hash[1]; var c = hash[2]; var d = hash[3];
    var e = hash[4]; var f = hash[5]; var g = hash[6]; var h = hash[7];
    for (var t = 0u; t < 64u; t++) {
      let k = t & 15u;
      let choice = g ^ (e & (f ^ g));
      let majority = (a & b) | (c & (a | b));
      let x = h + (rotate(e, 6u) ^ rotate(e, 11u) ^ rotate(e, 25u)) + choice + constants[t >> 2u][t & 3u] + w[k];
      let y = (rotate(a, 2u) ^ rotate(a, 13u) ^ rotate(a, 22u)) + majority;
      h = g; g = f; f = e; e = d + x; d = c; c = b; b = a; a = x + y;
      // The word of sixteen rounds later, in the place of the one just used
      let p = w[(k + 1u) & 15u];
      let q = w[(k + 14u) & 15u];
      w[k] += (rotate(p, 7u) ^ rotate(p, 18u) ^ (p >> 3u)) + w[(k + 9u) & 15u] + (rotate(q, 17u) ^ rotate(q, 19u) ^ (q >> 10u));
    }
    hash[0] += a; hash[1] += b; hash[2] += c; hash[3] += d;
    hash[4] += e; hash[5] += f; hash[6] += g; hash[7] += h;
  }
  for (var k = 0u; k < 8u; k++) { nodes[(range.w + piece) * 8u + k] = swap(hash[k]); }
}
`;
