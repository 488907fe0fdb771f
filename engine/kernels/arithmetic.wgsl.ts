/**
 * Exact f32 arithmetic in WGSL, on bit patterns (SPEC N1, N2, N4).
 *
 * Hardware does only +, * and fma of finite operands. Its result is XORed with `env.zero`, which is 0 but known to no
 * compiler, so nothing can be fused or reordered across operations; Inf and NaN are decided by integer tests, since
 * WGSL lets a compiler assume that there are none.
 */
/** What an element of the arena is. */
export type Words = 'words' | 'quads';

/** Uses of one kernel that one dispatch has room for (sharedShell.ts). */
export const SHARES = 64;

const ENV = 'struct Env { zero: u32, row: u32, number: u32, count: u32, at: array<vec4<i32>, 5> }';
const SHARED_ENV = `struct Share { first: u32, number: u32, count: u32, at: array<vec4<i32>, 5> }
struct Env { zero: u32, row: u32, shares: array<Share, ${SHARES}> }`;

const declarationsOf = (words: Words, shared: boolean) => /* wgsl */ `
// What differs between uses of one kernel: workgroups in a row of the dispatch, number of the operation in the Program,
// invocations (or workgroups) with something to do, and where its buffers begin in the arena
${shared ? SHARED_ENV : ENV}
${words === 'quads' ? 'alias Quad = vec4<u32>;\n@group(0) @binding(0) var<storage, read_write> arena: array<Quad>;' : '@group(0) @binding(0) var<storage, read_write> arena: array<u32>;'}
@group(0) @binding(1) var<uniform> env: Env;
// [0] first operation with a non-finite result, [1] first with an index out of range, [2] non-zero: a mac operand is not finite
@group(0) @binding(2) var<storage, read_write> status: array<atomic<u32>>;

const SIGN = 0x80000000u;
const INF = 0x7f800000u;
const NAN = 0x7fc00000u;

`;

const FUNCTIONS = /* wgsl */ `
fn fence(x: f32) -> u32 { return bitcast<u32>(x) ^ env.zero; }
// exponent fields 0 and 1
fn flush(b: u32) -> u32 { return select(b, 0u, (b & 0x7f000000u) == 0u); }
fn special(b: u32) -> bool { return (b & INF) == INF; }
fn is_nan(b: u32) -> bool { return bitcast<i32>(b & 0x7fffffffu) > 0x7f800000; }
fn canon(b: u32) -> u32 { return select(flush(b), NAN, is_nan(b)); }

// Truth values are joined by | and &, never || and &&, which are branches: a software GPU pays for each one, and
// SwiftShader's compiler takes minutes over long bodies of them.
// There is one NaN, so an operand that is special is the result, unless both are and differ.
fn f_add(a: u32, b: u32) -> u32 {
  let sum = add_finite(a, b);
  let sb = special(b);
  return select(select(sum, b, sb), select(a, NAN, sb & (a != b)), special(a));
}
// both finite
fn add_finite(a: u32, b: u32) -> u32 { return flush(fence(bitcast<f32>(a) + bitcast<f32>(b))); }
fn f_sub(a: u32, b: u32) -> u32 { return f_add(a, select(b ^ SIGN, b, is_nan(b))); }
// both finite
fn mul_finite(a: u32, b: u32) -> u32 { return flush(fence(bitcast<f32>(a) * bitcast<f32>(b))); }
fn f_mul(a: u32, b: u32) -> u32 {
  let product = mul_finite(a, b);
  // signed: few processors compare unsigned numbers
  let size_a = bitcast<i32>(a & 0x7fffffffu);
  let size_b = bitcast<i32>(b & 0x7fffffffu);
  let most = max(size_a, size_b);
  let beyond = select(((a ^ b) & SIGN) | INF, NAN, (most > 0x7f800000) | (min(size_a, size_b) == 0));
  return select(product, beyond, most >= 0x7f800000);
}
// for x in [1, 4): WGSL promises 2.5 and 2 units, and integers correct what they lead to
fn near_inverse(x: f32) -> f32 { return 1.0 / x; }
fn near_inverse_root(x: f32) -> f32 { return inverseSqrt(x); }
// both finite, b not zero
fn div_finite(a: u32, b: u32) -> u32 {
  let ma = (a & 0x7fffffu) | 0x800000u;
  let mb = (b & 0x7fffffu) | 0x800000u;
  let whole = bitcast<i32>(ma) >= bitcast<i32>(mb);
  let exponent = i32((a >> 23u) & 255u) - i32((b >> 23u) & 255u) + select(126, 127, whole);
  // q: ma * 2^shift / mb to the nearest; it has 24 bits, and never lies half way. A guess off by less than 2^7 leaves a
  // remainder that fits in 32 bits, so wrapped products give it exactly. By it q becomes the right one or, as the next
  // guess aims low by a quarter, one too few. Over 2^23, mantissas are f32 in [1, 2) with no conversion.
  let inverse = near_inverse(bitcast<f32>(mb | 0x3f000000u));
  var q = i32(bitcast<f32>(ma | 0x3f000000u) * inverse * select(16777216.0, 8388608.0, whole));
  var rest = bitcast<i32>(ma << select(24u, 23u, whole)) - q * bitcast<i32>(mb);
  let step = i32(f32(rest) * inverse * 1.1920928955078125e-7 + 128.25) - 128;
  q += step;
  rest -= step * bitcast<i32>(mb);
  q += select(0, 1, 2 * rest > bitcast<i32>(mb));
  let sign = (a ^ b) & SIGN;
  let number = (exponent << 23u) + q - 0x800000;
  let kept = select(sign | bitcast<u32>(number), 0u, (number < 0x01000000) | (a == 0u));
  return select(kept, sign | INF, exponent >= 255);
}
fn f_div(a: u32, b: u32) -> u32 {
  let size_a = bitcast<i32>(a & 0x7fffffffu);
  let size_b = bitcast<i32>(b & 0x7fffffffu);
  let most = max(size_a, size_b);
  // where one is special or b is zero: then equal sizes are two zeros, two infinities or NaN
  let beyond = select(select(0u, ((a ^ b) & SIGN) | INF, size_a > size_b), NAN, (most > 0x7f800000) | (size_a == size_b));
  return select(div_finite(a, b), beyond, (most >= 0x7f800000) | (size_b == 0));
}
fn f_sqrt(a: u32) -> u32 {
  // mantissa times an even power of two: m in [2^23, 2^25)
  let e = (a >> 23u) + 127u;
  let odd = e & 1u;
  let m = ((a & 0x7fffffu) | 0x800000u) << odd;
  // q = sqrt(m * 2^23) to the nearest, from a guess that is off by less than 2^5, as a quotient is
  let x = bitcast<f32>((a & 0x7fffffu) + 0x3f800000u + (odd << 23u));
  let y = near_inverse_root(x);
  var q = i32(x * y * 8388608.0);
  var rest = bitcast<i32>(m << 23u) - q * q;
  let step = i32(f32(rest) * y * 5.9604644775390625e-8 + 32.25) - 32;
  rest -= step * (2 * q + step);
  q += step;
  q += select(0, 1, rest > q);
  let root = ((e >> 1u) << 23u) + bitcast<u32>(q) - 0x800000u;
  let number = bitcast<i32>(a);
  return select(select(root, NAN, (number < 0) | (number > 0x7f800000)), a, (number == 0) | (number == 0x7f800000));
}
// order of values as order of integers; there is one zero
fn key(b: u32) -> u32 { return select(b | SIGN, ~b, (b & SIGN) != 0u); }
// of numbers, Inf too; what they give for NaN is for nobody
fn min_number(a: u32, b: u32) -> u32 { return select(b, a, key(a) < key(b)); }
fn max_number(a: u32, b: u32) -> u32 { return select(b, a, key(a) > key(b)); }
fn neg_number(a: u32) -> u32 { return select(a ^ SIGN, a, a == 0u); }
fn f_abs(a: u32) -> u32 { return a & 0x7fffffffu; }
// by arithmetic on the sign bit, not by select: Mesa's compiler gives wrong bits for the latter
fn f_floor(a: u32) -> u32 {
  let e = (a >> 23u) & 255u;
  let negative = a >> 31u;
  let mask = 0x7fffffu >> (clamp(e, 127u, 149u) - 127u);
  let cut = (a + mask * negative) & ~mask;
  let under_one = 0xbf800000u * negative;
  return select(select(cut, under_one, e < 127u), a, e >= 150u);
}
fn f_round(a: u32) -> u32 {
  let e = (a >> 23u) & 255u;
  let at = clamp(e, 127u, 149u);
  let mask = 0x7fffffu >> (at - 127u);
  let odd = (a >> (150u - at)) & 1u;
  let cut = (a + (mask >> 1u) + odd) & ~mask;
  let near_one = select(0u, (a & SIGN) | 0x3f800000u, (e == 126u) & ((a & 0x7fffffu) != 0u));
  return select(select(cut, near_one, e < 127u), a, e >= 150u);
}
fn f_feq(a: u32, b: u32) -> u32 { return select(0u, 1u, (a == b) & !is_nan(a)); }
fn f_flt(a: u32, b: u32) -> u32 { return select(0u, 1u, !is_nan(a) & !is_nan(b) & (key(a) < key(b))); }
fn f_fle(a: u32, b: u32) -> u32 { return select(0u, 1u, !is_nan(a) & !is_nan(b) & (key(a) <= key(b))); }
fn f_u2f(a: u32) -> u32 {
  let zeros = countLeadingZeros(a | 1u);
  let top = a << zeros;
  let rest = top & 255u;
  let up = (rest > 128u) | ((rest == 128u) & ((top & 256u) != 0u));
  let mantissa = (top >> 8u) + select(0u, 1u, up);
  return select(((158u - zeros) << 23u) + mantissa - 0x800000u, 0u, a == 0u);
}
fn f_i2f(a: u32) -> u32 {
  let negative = (a & SIGN) != 0u;
  return select(0u, SIGN, negative) | f_u2f(select(a, ~a + 1u, negative));
}
fn magnitude(a: u32) -> u32 {
  let e = (a >> 23u) & 255u;
  let m = (a & 0x7fffffu) | 0x800000u;
  let large = m << (clamp(e, 150u, 158u) - 150u);
  return select(select(large, m >> (150u - clamp(e, 127u, 150u)), e < 150u), 0u, e < 127u);
}
fn f_f2i(a: u32) -> u32 {
  let negative = (a & SIGN) != 0u;
  let m = magnitude(a);
  let end = select(0x7fffffffu, 0x80000000u, negative);
  return select(select(select(m, ~m + 1u, negative), end, ((a >> 23u) & 255u) >= 158u), 0u, is_nan(a));
}
fn f_f2u(a: u32) -> u32 {
  let whole = select(magnitude(a), 0xffffffffu, ((a >> 23u) & 255u) >= 159u);
  return select(whole, 0u, is_nan(a) | ((a & SIGN) != 0u));
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
  let r = (m + 0x7ffu + ((m >> 12u) & 1u)) & 0xfffff000u;
  return select((b & SIGN) | min(r, 0x53800000u), 0u, m < 0x26000000u);
}
// N4e: nearest even whole number of value * 2^(m - 2 - E), where drop = 25 - m and E is the exponent of largest
fn block_mantissa(b: u32, largest: u32, drop: u32) -> f32 {
  let m = select((b & 0x7fffffu) | 0x800000u, 0u, (b & INF) == 0u);
  let s = min(drop + ((largest - (b & INF)) >> 23u), 25u);
  let whole = i32((m + (1u << (s - 1u)) - 1u + ((m >> s) & 1u)) >> s);
  return f32(select(whole, -whole, (b & SIGN) != 0u));
}
// an exact whole number of at most 2^24 times 2^(both exponents - bias)
fn block_result(sum: f32, largest_a: u32, largest_b: u32, bias: i32) -> u32 {
  let b = fence(sum);
  let e = i32((b >> 23u) & 255u) + i32(largest_a >> 23u) + i32(largest_b >> 23u) - bias;
  let finite = (b & 0x807fffffu) | (u32(e) << 23u);
  return select(select(finite, (b & SIGN) | INF, e >= 255), 0u, ((b & INF) == 0u) | (e <= 1));
}
// the same mantissa as its f32's word: up and scale are powers of two whose product is 2^(m - 2 - E), of which up keeps what
// it lifts an f32; products by them are exact, and 1.5 * 2^23 has no room for fractions
fn near_whole(b: u32, up: u32, scale: u32) -> u32 {
  let lifted = fence(bitcast<f32>(b) * bitcast<f32>(up));
  let whole = fence(12582912.0 + bitcast<f32>(lifted) * bitcast<f32>(scale));
  return bitcast<u32>(f32(bitcast<i32>(whole - 0x4b400000u)));
}
// a whole number times a power of two, exact, neither tiny nor huge; so is what it is added to: but the sign of zero, the sum is canonical
fn add_scaled(total: u32, whole: f32, scale: u32) -> u32 { return fence(bitcast<f32>(total) + whole * bitcast<f32>(scale)); }
// an exact product that a compiler cannot share with its neighbours
fn lone_product(a: f32, b: f32) -> f32 { return bitcast<f32>(fence(a * b)); }
// a sum with one more exact product, neither of which a compiler can join with its neighbours
fn guarded_sum(sum: f32, a: f32, b: f32) -> f32 { return bitcast<f32>(fence(sum + bitcast<f32>(fence(a * b)))); }
fn scale_whole(whole: f32, scale: u32) -> u32 { return flush(fence(whole * bitcast<f32>(scale))); }
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
export function arithmeticFor(code: string, words: Words = 'words', shared = false): string {
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
  return declarationsOf(words, shared) + [...SOURCES].filter(([name]) => used.has(name)).map(([, text]) => `${text}\n`).join('');
}
