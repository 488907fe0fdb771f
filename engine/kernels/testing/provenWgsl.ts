/**
 * What of a shader is held to the letter, as its float arithmetic is exact, or one rounding, by what its callers guarantee
 * (NUMERICS, mac), or only guesses what integers then put right; and what the other rules stand on: the fence, the word
 * behind it, and what makes a result canonical.
 */
import { parseWgsl } from './parseWgsl.ts';
import { withoutSpaces } from './wgslTokens.ts';

const { declarations, functions } = parseWgsl(/* wgsl */ `
const SIGN = 0x80000000u;
const INF = 0x7f800000u;
const NAN = 0x7fc00000u;
var<uniform> env: Env;
fn fence(x: f32) -> u32 { return bitcast<u32>(x) ^ env.zero; }
fn flush(b: u32) -> u32 { return select(b, 0u, (b & 0x7f000000u) == 0u); }
fn is_nan(b: u32) -> bool { return bitcast<i32>(b & 0x7fffffffu) > 0x7f800000; }
fn canon(b: u32) -> u32 { return select(flush(b), NAN, is_nan(b)); }
fn near_inverse(x: f32) -> f32 { return 1.0 / x; }
fn near_inverse_root(x: f32) -> f32 { return inverseSqrt(x); }
fn div_finite(a: u32, b: u32) -> u32 {
  let ma = (a & 0x7fffffu) | 0x800000u;
  let mb = (b & 0x7fffffu) | 0x800000u;
  let whole = bitcast<i32>(ma) >= bitcast<i32>(mb);
  let exponent = i32((a >> 23u) & 255u) - i32((b >> 23u) & 255u) + select(126, 127, whole);
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
fn f_sqrt(a: u32) -> u32 {
  let e = (a >> 23u) + 127u;
  let odd = e & 1u;
  let m = ((a & 0x7fffffu) | 0x800000u) << odd;
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
fn block_mantissa(b: u32, largest: u32, drop: u32) -> f32 {
  let m = select((b & 0x7fffffu) | 0x800000u, 0u, (b & INF) == 0u);
  let s = min(drop + ((largest - (b & INF)) >> 23u), 25u);
  let whole = i32((m + (1u << (s - 1u)) - 1u + ((m >> s) & 1u)) >> s);
  return f32(select(whole, -whole, (b & SIGN) != 0u));
}
fn block_result(sum: f32, largest_a: u32, largest_b: u32, bias: i32) -> u32 {
  let b = fence(sum);
  let e = i32((b >> 23u) & 255u) + i32(largest_a >> 23u) + i32(largest_b >> 23u) - bias;
  let finite = (b & 0x807fffffu) | (u32(e) << 23u);
  return select(select(finite, (b & SIGN) | INF, e >= 255), 0u, ((b & INF) == 0u) | (e <= 1));
}
fn near_whole(b: u32, up: u32, scale: u32) -> u32 {
  let lifted = fence(bitcast<f32>(b) * bitcast<f32>(up));
  let whole = fence(12582912.0 + bitcast<f32>(lifted) * bitcast<f32>(scale));
  return bitcast<u32>(f32(bitcast<i32>(whole - 0x4b400000u)));
}
fn add_scaled(total: u32, whole: f32, scale: u32) -> u32 { return fence(bitcast<f32>(total) + whole * bitcast<f32>(scale)); }
fn lone_product(a: f32, b: f32) -> f32 { return bitcast<f32>(fence(a * b)); }
fn guarded_sum(sum: f32, a: f32, b: f32) -> f32 { return bitcast<f32>(fence(sum + bitcast<f32>(fence(a * b)))); }
fn scale_whole(whole: f32, scale: u32) -> u32 { return flush(fence(whole * bitcast<f32>(scale))); }
`);

const LETTERS: ReadonlyMap<string, string> = new Map([...declarations, ...functions].map(({ name, text }) => [name, withoutSpaces(text)]));

export const isHeldToTheLetter = (name: string) => LETTERS.has(name);
export const isToTheLetter = ({ name, text }: { readonly name: string; readonly text: string }) => LETTERS.get(name) === withoutSpaces(text);
