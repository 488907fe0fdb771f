/**
 * A compiler that means harm: changes emitted WGSL in each way that the text of WGSL permits for floats, as far as the
 * fences let it see. Integer code is left alone: that has one meaning.
 */
import { escape, inOrder, replaceAll, replaceFloats, type Rewrite, type Rewritten } from './replaceText.ts';
import { bracket, LOOPED, reorder, SUMMED, TERM, vectorise } from './rewriteSums.ts';

const FENCE = new RegExp(escape('fn fence(x: f32) -> u32 { return bitcast<u32>(x) ^ env.zero; }'), 'g');
/** A term of computed factors (generalMac in emitKernel.ts). */
const COMPUTED = /acc = (fma\(.+, acc\));\n/g;

const fuse = inOrder(
  (code) => replaceAll(code, TERM, (name = '', sum = '', a = '', b = '') => `let ${name} = fma(${a}, ${b}, ${sum});\n`),
  (code) => replaceAll(code, LOOPED, (a = '', b = '') => `sum = fma(${a}, ${b}, sum);\n`),
  (code) => replaceAll(code, /fence\(([\w.<>()]+) \+ ((?:bitcast<f32>\(\w+\)|whole)) \* (bitcast<f32>\(\w+\))\)/g, (sum = '', a = '', b = '') => `fence(fma(${a}, ${b}, ${sum}))`),
);

/** As far off as WGSL allows, and a little more: 2.5 units in the last place for a quotient, 2 for an inverse root. */
const guessOff = (sign: '+' | '-'): Rewrite =>
  inOrder(
    (code) => replaceAll(code, /return 1\.0 \/ x;/g, () => `return bitcast<f32>(bitcast<u32>(1.0 / x) ${sign} 4u);`),
    (code) => replaceAll(code, /return inverseSqrt\(x\);/g, () => `return bitcast<f32>(bitcast<u32>(inverseSqrt(x)) ${sign} 3u);`),
  );

const split: Rewrite = (code) =>
  replaceAll(code, /fma\((bitcast<f32>\((?:[^()]|\([^()]*\))*\)), (bitcast<f32>\((?:[^()]|\([^()]*\))*\)), (\w+)\)/g, (a = '', b = '', sum = '') => `(${a} * ${b} + ${sum})`);

/** What becomes of words that are floats' bits, as the body of a function of `b`. */
const FLUSHED = 'select(b, b & 0x80000000u, (b & 0x7f800000u) == 0u)';
const OTHER_ZERO = 'select(b, b ^ 0x80000000u, (b & 0x7fffffffu) == 0u)';
/** To an operation of finite numbers, Inf is a result like any other that WGSL does not name. */
const LARGEST = 'select(b, (b & 0x80000000u) | 0x7f7fffffu, (b & 0x7fffffffu) == 0x7f800000u)';

/** Changes what floats are given, what they give, or both. */
function changeFloats(change: string, ...where: readonly Rewrite[]): Rewrite {
  const functions = `fn hostile_word(b: u32) -> u32 { return ${change}; }\nfn hostile_float(x: f32) -> f32 { return bitcast<f32>(hostile_word(bitcast<u32>(x))); }\n`;
  return (code) => {
    const { code: changed, sites } = inOrder(...where)(code);
    return { code: sites === 0 ? code : changed.replace(/(?=\n@compute)/, `\n${functions}`), sites };
  };
}

const inputs: Rewrite = (code) => replaceFloats(code, (word) => `hostile_word(${word})`);
const outputs = inOrder(
  (code) => replaceAll(code, FENCE, () => 'fn fence(x: f32) -> u32 { return hostile_word(bitcast<u32>(x)) ^ env.zero; }'),
  (code) => replaceAll(code, SUMMED, (name = '', sum = '', product = '') => `let ${name} = hostile_float(${sum} + hostile_float(${product}));\n`),
  (code) => replaceAll(code, LOOPED, (a = '', b = '') => `sum = hostile_float(sum + hostile_float(${a} * ${b}));\n`),
  (code) => replaceAll(code, COMPUTED, (fused = '') => `acc = hostile_float(${fused});\n`),
);

/** By what is done. */
export const REWRITES = {
  'fuse mul and add': fuse,
  'split fma': split,
  'flush denormal inputs': changeFloats(FLUSHED, inputs),
  'flush denormal outputs': changeFloats(FLUSHED, outputs),
  'flush denormal inputs and outputs': changeFloats(FLUSHED, outputs, inputs),
  'change the sign of zero': changeFloats(OTHER_ZERO, outputs, inputs),
  'reciprocals too large': guessOff('+'),
  'reciprocals too small': guessOff('-'),
  're-bracket sums': bracket,
  'reorder sums': reorder,
  'vectorise sums': vectorise,
  'overflow to the largest finite number': changeFloats(LARGEST, outputs),
} satisfies Record<string, Rewrite>;

export type RewriteName = keyof typeof REWRITES;
export const REWRITE_NAMES = Object.keys(REWRITES) as RewriteName[];
/** Of sums that have no fence between their terms. */
export const CHANGES_ORDER: ReadonlySet<RewriteName> = new Set<RewriteName>(['re-bracket sums', 'reorder sums', 'vectorise sums']);
/** No way to write a program is safe from it: that Inf comes at overflow is trusted, and tested on each device. */
export const CHANGES_OVERFLOW: RewriteName = 'overflow to the largest finite number';

/** A compiler that looks through the fences inside of sums: products and partial sums are plain floats again. */
export function withoutGuards(code: string): Rewritten {
  return inOrder(
    (text) => replaceAll(text, /= guarded_sum\((.+), (.+), (.+)\);\n/g, (sum = '', a = '', b = '') => `= ${sum} + ${a} * ${b};\n`),
    (text) => replaceAll(text, /\+ lone_product\((\w+), (\w+)\)/g, (a = '', b = '') => `+ ${a} * ${b}`),
  )(code);
}

/** An engine without its fences: operations are plain floats, nothing is made canonical, and the compiler may look from one operation into the next. */
export const withoutFences = inOrder(
  (text) => replaceAll(text, FENCE, () => 'fn fence(x: f32) -> u32 { return bitcast<u32>(x); }'),
  (text) => replaceAll(text, /fn flush\(b: u32\) -> u32 \{[^\n]*\}/g, () => 'fn flush(b: u32) -> u32 { return b; }'),
);

/** A product that is added becomes one fma. */
export const unfencedAndFused = inOrder(withoutFences, (code) => {
  const factors = new Map([...code.matchAll(/let (v\d+) = (?:f_mul|mul_finite)\((\w+), (\w+)\);/g)].map(([, name = '', a = '', b = '']) => [name, [a, b] as const]));
  const float = (word: string) => `bitcast<f32>(${word})`;
  return replaceAll(code, /(f_add|add_finite)\((v\d+), (\w+)\)/g, (add = '', product = '', other = '') => {
    const pair = factors.get(product);
    return pair ? `bitcast<u32>(fma(${float(pair[0])}, ${float(pair[1])}, ${float(other)}))` : `${add}(${product}, ${other})`;
  });
});

/** Zeros have the other sign, and nothing makes them +0 again. */
export const unfencedZeros = inOrder(
  REWRITES['change the sign of zero'],
  (code) => replaceAll(code, /(fn fence\(x: f32\) -> u32 \{ return hostile_word\(bitcast<u32>\(x\)\)) \^ env\.zero;/g, (begin = '') => `${begin};`),
  withoutFences,
);
