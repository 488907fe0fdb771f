/**
 * A compiler that means harm: changes emitted WGSL in each way that the text of WGSL permits for floats, as far as the
 * fences let it see. Integer code is left alone: that has one meaning.
 */

export interface Rewritten {
  readonly code: string;
  /** Places that were changed. */
  readonly sites: number;
}

type Rewrite = (code: string) => Rewritten;

/** Replaces and counts. */
function replaceAll(code: string, pattern: RegExp, by: (...groups: string[]) => string): Rewritten {
  let sites = 0;
  const changed = code.replace(pattern, (_, ...groups) => {
    sites++;
    return by(...(groups as string[]));
  });
  return { code: changed, sites };
}

function inOrder(...rewrites: readonly Rewrite[]): Rewrite {
  return (code) =>
    rewrites.reduce(
      (so, rewrite) => {
        const next = rewrite(so.code);
        return { code: next.code, sites: so.sites + next.sites };
      },
      { code, sites: 0 },
    );
}

/** `let s0_1_2 = acc0_1 + x0_0_2 * x1_1_2;`: a term of a mac's chain. */
const TERM = /let (s\w+) = (\w+) \+ (x0_\w+) \* (x1_\w+);\n/g;
/** The same, or with a product that is fenced: its sum can still be moved. */
const SUMMED = /let (s\w+) = (\w+) \+ (x0_\w+ \* x1_\w+|lone_product\(\w+, \w+\));\n/g;
const FENCE_TEXT = 'fn fence(x: f32) -> u32 { return bitcast<u32>(x) ^ env.zero; }';
const LOAD = /bitcast<f32>\((\w+|\w+\[[^\]]*\])\)/g;

const fuse = inOrder(
  (code) => replaceAll(code, TERM, (name = '', sum = '', a = '', b = '') => `let ${name} = fma(${a}, ${b}, ${sum});\n`),
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

const FLUSH_WORD = 'fn hostile_flush(b: u32) -> u32 { return select(b, b & 0x80000000u, (b & 0x7f800000u) == 0u); }\n';
const FLUSH_FLOAT = 'fn hostile_flushed(x: f32) -> f32 { return bitcast<f32>(hostile_flush(bitcast<u32>(x))); }\n';
const withFunctions =
  (functions: string, rewrite: Rewrite): Rewrite =>
  (code) => {
    const { code: changed, sites } = rewrite(code);
    return { code: sites === 0 ? code : changed.replace(/(?=\n@compute)/, `\n${functions}`), sites };
  };

const flushInputs: Rewrite = (code) => replaceAll(code, LOAD, (word = '') => `bitcast<f32>(hostile_flush(${word}))`);
const flushOutputs = inOrder(
  (code) => replaceAll(code, new RegExp(escape(FENCE_TEXT), 'g'), () => 'fn fence(x: f32) -> u32 { return hostile_flush(bitcast<u32>(x)) ^ env.zero; }'),
  (code) => replaceAll(code, TERM, (name = '', sum = '', a = '', b = '') => `let ${name} = hostile_flushed(${sum} + hostile_flushed(${a} * ${b}));\n`),
);

/** Zeros that floats give, or are given, have the other sign. */
const signOfZero = inOrder(
  (code) => replaceAll(code, new RegExp(escape(FENCE_TEXT), 'g'), () => 'fn fence(x: f32) -> u32 { return hostile_zero(bitcast<u32>(x)) ^ env.zero; }'),
  (code) => replaceAll(code, LOAD, (word = '') => `bitcast<f32>(hostile_zero(${word}))`),
);

/** The chain of one cell within straight-line code: the terms' products, from where it starts to where it goes. */
interface Chain {
  readonly from: string;
  readonly names: string[];
  readonly products: string[];
}

/** Takes the chains of straight-line code apart; `join` says how the products are added up, if they are `least` or more. */
function rejoin(least: number, join: (from: string, products: readonly string[]) => string): Rewrite {
  return (code) => {
    let sites = 0;
    // A chunk ends where its sums go back to the accumulators.
    const changed = code.replace(/(?:(?:let|var) [^\n]*\n|arena[^\n]*\n)*(?:acc\w+ = s\w+;\n)+/g, (chunk) => {
      const chains = new Map<string, Chain>();
      const left = chunk.replace(SUMMED, (_, name: string, sum: string, product: string) => {
        const chain: Chain = chains.get(sum) ?? { from: sum, names: [], products: [] };
        chain.names.push(name);
        chain.products.push(product);
        chains.delete(sum);
        chains.set(name, chain);
        return '';
      });
      const sums = [...chains].map(([last, { from, products }]) => {
        if (products.length < least) return `let ${last} = ${[from, ...products].join(' + ')};\n`;
        sites++;
        return `let ${last} = ${join(from, products)};\n`;
      });
      return left.replace(/(?=acc\w+ = s)/, sums.join(''));
    });
    return { code: sites === 0 ? code : changed, sites };
  };
}

const inPairs = (parts: readonly string[]): string => {
  if (parts.length === 1) return parts[0] as string;
  const half = Math.ceil(parts.length / 2);
  return `(${inPairs(parts.slice(0, half))} + ${inPairs(parts.slice(half))})`;
};

const bracket = rejoin(2, (from, products) => `${from} + ${inPairs(products)}`);
const reorder = rejoin(2, (from, products) => [from, ...products.toReversed()].join(' + '));
const vectorise = rejoin(4, (from, products) => {
  const lanes = [0, 1, 2, 3].map((lane) => inPairs(products.filter((_, k) => k % 4 === lane)));
  return `${from} + dot(vec4<f32>(${lanes.join(', ')}), vec4<f32>(1.0))`;
});

function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

const ZERO_WORD = 'fn hostile_zero(b: u32) -> u32 { return select(b, b ^ 0x80000000u, (b & 0x7fffffffu) == 0u); }\n';

/** By what is done. The last three change the order of sums that have no fence between their terms. */
export const REWRITES = {
  'fuse mul and add': fuse,
  'split fma': split,
  'flush denormal inputs': withFunctions(FLUSH_WORD, flushInputs),
  'flush denormal outputs': withFunctions(FLUSH_WORD + FLUSH_FLOAT, flushOutputs),
  'flush denormal inputs and outputs': withFunctions(FLUSH_WORD + FLUSH_FLOAT, inOrder(flushInputs, flushOutputs)),
  'change the sign of zero': withFunctions(ZERO_WORD, signOfZero),
  'reciprocals too large': guessOff('+'),
  'reciprocals too small': guessOff('-'),
  're-bracket sums': bracket,
  'reorder sums': reorder,
  'vectorise sums': vectorise,
} satisfies Record<string, Rewrite>;

export type RewriteName = keyof typeof REWRITES;
export const REWRITE_NAMES = Object.keys(REWRITES) as RewriteName[];
export const CHANGES_ORDER: ReadonlySet<RewriteName> = new Set<RewriteName>(['re-bracket sums', 'reorder sums', 'vectorise sums']);

/** A compiler that looks through the fences inside of sums: products and partial sums are plain floats again. */
export function withoutGuards(code: string): Rewritten {
  return inOrder(
    (text) => replaceAll(text, /= guarded_sum\((.+), (.+), (.+)\);\n/g, (sum = '', a = '', b = '') => `= ${sum} + ${a} * ${b};\n`),
    (text) => replaceAll(text, /\+ lone_product\((\w+), (\w+)\)/g, (a = '', b = '') => `+ ${a} * ${b}`),
  )(code);
}

/**
 * An engine without its fences: operations are plain floats, nothing is made canonical, and the compiler may look from one
 * operation into the next. With `fused` it does: a product that is added becomes one fma.
 */
export function withoutFences(code: string, fused: boolean): Rewritten {
  const plain = inOrder(
    (text) => replaceAll(text, new RegExp(escape(FENCE_TEXT), 'g'), () => 'fn fence(x: f32) -> u32 { return bitcast<u32>(x); }'),
    (text) => replaceAll(text, /fn flush\(b: u32\) -> u32 \{[^\n]*\}/g, () => 'fn flush(b: u32) -> u32 { return b; }'),
  )(code);
  if (!fused) return plain;
  const factors = new Map([...plain.code.matchAll(/let (v\d+) = (?:f_mul|mul_finite)\((\w+), (\w+)\);/g)].map(([, name = '', a = '', b = '']) => [name, [a, b] as const]));
  const float = (word: string) => `bitcast<f32>(${word})`;
  const seen = replaceAll(plain.code, /(f_add|add_finite)\((v\d+), (\w+)\)/g, (add = '', product = '', other = '') => {
    const pair = factors.get(product);
    return pair ? `bitcast<u32>(fma(${float(pair[0])}, ${float(pair[1])}, ${float(other)}))` : `${add}(${product}, ${other})`;
  });
  return { code: seen.code, sites: plain.sites + seen.sites };
}
