/**
 * Exact f32 arithmetic in WGSL, on bit patterns (SPEC N1, N2, N4).
 *
 * Hardware does only +, * and fma of finite operands. Its result is XORed with `env.zero`, which is 0 but known to no
 * compiler, so nothing can be fused or reordered across operations; Inf and NaN are decided by integer tests, since
 * WGSL lets a compiler assume that there are none.
 */
const DECLARATIONS = /* wgsl */ `
struct Env { zero: u32 }
@group(0) @binding(0) var<storage, read_write> arena: array<u32>;
@group(0) @binding(1) var<uniform> env: Env;
// [0] first operation with a non-finite result, [1] first with an index out of range, [2] non-zero: a mac operand is not finite
@group(0) @binding(2) var<storage, read_write> status: array<atomic<u32>>;

const SIGN = 0x80000000u;
const INF = 0x7f800000u;
const NAN = 0x7fc00000u;

`;

const FUNCTIONS = /* wgsl */ `
fn fence(x: f32) -> u32 { return bitcast<u32>(x) ^ env.zero; }
fn flush(b: u32) -> u32 { return select(b, 0u, (b & INF) <= 0x00800000u); }
fn special(b: u32) -> bool { return (b & INF) == INF; }
fn is_nan(b: u32) -> bool { return (b & 0x7fffffffu) > INF; }
fn canon(b: u32) -> u32 { return select(flush(b), NAN, is_nan(b)); }

// One branch, rarely taken. (Written with selects alone, long bodies took SwiftShader's compiler minutes.)
fn f_add(a: u32, b: u32) -> u32 {
  var sum = flush(fence(bitcast<f32>(a) + bitcast<f32>(b)));
  if (special(a) || special(b)) { sum = select(select(b, a, special(a)), NAN, is_nan(b) || (special(a) && special(b) && a != b)); }
  return sum;
}
fn f_sub(a: u32, b: u32) -> u32 { return f_add(a, b ^ SIGN); }
fn f_mul(a: u32, b: u32) -> u32 {
  var product = flush(fence(bitcast<f32>(a) * bitcast<f32>(b)));
  if (special(a) || special(b)) { product = select(((a ^ b) & SIGN) | INF, NAN, is_nan(a) || is_nan(b) || a == 0u || b == 0u); }
  return product;
}
// sign, biased exponent (may be out of range), 25 bits of quotient or root (24 and a rounding bit), and whether more follows
fn pack(sign: u32, exponent: i32, bits25: u32, sticky: bool) -> u32 {
  let mantissa = (bits25 >> 1u) + select(0u, 1u, (bits25 & 1u) == 1u && (sticky || (bits25 & 2u) != 0u));
  let b = (u32(exponent) << 23u) + mantissa - 0x800000u;
  let kept = select(sign | b, 0u, (b & INF) <= 0x00800000u);
  return select(select(kept, sign | INF, exponent >= 255), 0u, exponent <= 0);
}
// long division in digits of 8 bits; a quotient of the mantissas under 1 takes one more bit
fn f_div(a: u32, b: u32) -> u32 {
  let sign = (a ^ b) & SIGN;
  let ma = (a & 0x7fffffu) | 0x800000u;
  let mb = (b & 0x7fffffu) | 0x800000u;
  let whole = ma >= mb;
  let exponent = i32((a >> 23u) & 255u) - i32((b >> 23u) & 255u) + select(126, 127, whole);
  let r0 = select(ma << 1u, ma, whole) - mb;
  let d1 = (r0 << 8u) / mb;
  let r1 = (r0 << 8u) - d1 * mb;
  let d2 = (r1 << 8u) / mb;
  let r2 = (r1 << 8u) - d2 * mb;
  let d3 = (r2 << 8u) / mb;
  let r3 = (r2 << 8u) - d3 * mb;
  let q = 0x1000000u | (d1 << 16u) | (d2 << 8u) | d3;
  var quotient = select(pack(sign, exponent, q, r3 != 0u), 0u, a == 0u);
  if (b == 0u) { quotient = select((a & SIGN) | INF, NAN, a == 0u); }
  if (special(a) || special(b)) { quotient = select(select(0u, sign | INF, special(a)), NAN, is_nan(a) || is_nan(b) || (special(a) && special(b))); }
  return quotient;
}
fn f_sqrt(a: u32) -> u32 {
  if (a == 0u || a == INF) { return a; }
  if (is_nan(a) || (a & SIGN) != 0u) { return NAN; }
  var m = (a & 0x7fffffu) | 0x800000u;
  var e = i32(a >> 23u) - 127;
  if ((e & 1) == 1) { m = m << 1u; e -= 1; }
  var q = 0u;
  var rest = 0u;
  for (var i = 24; i >= 0; i--) {
    let shift = 2 * i - 25;
    var pair = 0u;
    if (shift >= 0) { pair = (m >> u32(shift)) & 3u; } else if (shift == -1) { pair = (m << 1u) & 3u; }
    rest = (rest << 2u) | pair;
    let trial = (q << 2u) | 1u;
    q = q << 1u;
    if (rest >= trial) { rest -= trial; q |= 1u; }
  }
  return pack(0u, e / 2 + 127, q, rest != 0u);
}
// order of values as order of integers; there is one zero
fn key(b: u32) -> u32 { return select(b | SIGN, ~b, (b & SIGN) != 0u); }
fn f_min(a: u32, b: u32) -> u32 { return select(select(b, a, key(a) < key(b)), NAN, is_nan(a) || is_nan(b)); }
fn f_max(a: u32, b: u32) -> u32 { return select(select(b, a, key(a) > key(b)), NAN, is_nan(a) || is_nan(b)); }
fn f_neg(a: u32) -> u32 { return select(a ^ SIGN, a, a == 0u || is_nan(a)); }
fn f_abs(a: u32) -> u32 { return a & 0x7fffffffu; }
fn f_floor(a: u32) -> u32 {
  let e = (a >> 23u) & 255u;
  if (e >= 150u) { return a; }
  if (e < 127u) { return select(0u, 0xbf800000u, (a & SIGN) != 0u && a != SIGN); }
  let mask = 0x7fffffu >> (e - 127u);
  return select(a & ~mask, (a + mask) & ~mask, (a & SIGN) != 0u);
}
fn f_round(a: u32) -> u32 {
  let e = (a >> 23u) & 255u;
  let sign = a & SIGN;
  if (e >= 150u) { return a; }
  if (e < 126u) { return 0u; }
  if (e == 126u) { return select(0u, sign | 0x3f800000u, (a & 0x7fffffu) != 0u); }
  let mask = 0x7fffffu >> (e - 127u);
  let half = (mask + 1u) >> 1u;
  let odd = (a >> (150u - e)) & 1u;
  return (a + half - 1u + odd) & ~mask;
}
fn f_feq(a: u32, b: u32) -> u32 { return select(0u, 1u, a == b && !is_nan(a)); }
fn f_flt(a: u32, b: u32) -> u32 { return select(0u, 1u, !is_nan(a) && !is_nan(b) && key(a) < key(b)); }
fn f_fle(a: u32, b: u32) -> u32 { return select(0u, 1u, !is_nan(a) && !is_nan(b) && key(a) <= key(b)); }
fn f_u2f(a: u32) -> u32 {
  if (a == 0u) { return 0u; }
  let top = 31u - countLeadingZeros(a);
  var mantissa = a;
  if (top <= 23u) { mantissa = a << (23u - top); } else {
    let drop = top - 23u;
    let rest = a & ((1u << drop) - 1u);
    let half = 1u << (drop - 1u);
    mantissa = a >> drop;
    if (rest > half || (rest == half && (mantissa & 1u) == 1u)) { mantissa += 1u; }
  }
  return ((top + 127u) << 23u) + mantissa - 0x800000u;
}
fn f_i2f(a: u32) -> u32 { if ((a & SIGN) != 0u) { return SIGN | f_u2f(~a + 1u); } return f_u2f(a); }
fn magnitude(a: u32) -> u32 {
  let e = (a >> 23u) & 255u;
  let m = (a & 0x7fffffu) | 0x800000u;
  if (e < 127u) { return 0u; }
  if (e < 150u) { return m >> (150u - e); }
  return m << (e - 150u);
}
fn f_f2i(a: u32) -> u32 {
  if (is_nan(a)) { return 0u; }
  let negative = (a & SIGN) != 0u;
  if (((a >> 23u) & 255u) >= 158u) { return select(0x7fffffffu, 0x80000000u, negative); }
  let m = magnitude(a);
  return select(m, ~m + 1u, negative);
}
fn f_f2u(a: u32) -> u32 {
  if (is_nan(a) || (a & SIGN) != 0u) { return 0u; }
  if (((a >> 23u) & 255u) >= 159u) { return 0xffffffffu; }
  return magnitude(a);
}
fn u_mulhi(a: u32, b: u32) -> u32 {
  let al = a & 0xffffu; let ah = a >> 16u; let bl = b & 0xffffu; let bh = b >> 16u;
  let middle = ah * bl + ((al * bl) >> 16u);
  let carry = al * bh + (middle & 0xffffu);
  return ah * bh + (middle >> 16u) + (carry >> 16u);
}
fn s_lt(a: u32, b: u32) -> u32 { return select(0u, 1u, bitcast<i32>(a) < bitcast<i32>(b)); }
fn s_le(a: u32, b: u32) -> u32 { return select(0u, 1u, bitcast<i32>(a) <= bitcast<i32>(b)); }
fn round12(b: u32) -> u32 {
  let m = b & 0x7fffffffu;
  if (m < 0x26000000u) { return 0u; }
  let r = (m + 0x7ffu + ((m >> 12u) & 1u)) & 0xfffff000u;
  return (b & SIGN) | min(r, 0x53800000u);
}
fn floor_div(a: i32, b: i32) -> i32 { let q = a / b; return select(q, q - 1, a % b < 0); }
`;

/** By name: the text of each function, with the comment before it. */
const SOURCES: ReadonlyMap<string, string> = new Map(
  FUNCTIONS.split(/\n(?=\/\/|fn )/).reduce<[string, string][]>((parts, text) => {
    const before = parts.at(-1);
    if (before?.[0] === '') parts.pop();
    const whole = before?.[0] === '' ? `${before[1]}\n${text}` : text;
    parts.push([/^fn (\w+)/m.exec(whole)?.[1] ?? '', whole]);
    return parts;
  }, []),
);

/** Declarations, and of the functions those that `code` calls: compiling is most of the wait before a first step. */
export function arithmeticFor(code: string): string {
  const used = new Set<string>();
  const visit = (text: string) => {
    for (const [, name = ''] of text.matchAll(/\b(\w+)\(/g)) {
      const source = SOURCES.get(name);
      if (source === undefined || used.has(name)) continue;
      used.add(name);
      visit(source);
    }
  };
  visit(code);
  return DECLARATIONS + [...SOURCES].filter(([name]) => used.has(name)).map(([, text]) => `${text}\n`).join('');
}
