/** Changes of the order in which a mac's products are added up, where no fence stands between them. */
import { inOrder, replaceAll, type Rewrite } from './replaceText.ts';

/** `let s0_1_2 = acc0_1 + x0_0_2 * x1_1_2;`: a term of a mac's chain. */
export const TERM = /let (s\w+) = (\w+) \+ (x0_\w+) \* (x1_\w+);\n/g;
/** The same, or with a product that is fenced: its sum can still be moved. */
export const SUMMED = /let (s\w+) = (\w+) \+ (x0_\w+ \* x1_\w+|lone_product\(\w+, \w+\));\n/g;
/** Of the second look (emitSecondLook.ts), which adds one term a round. */
export const LOOPED = /sum = sum \+ (bitcast<f32>\(a\)) \* (bitcast<f32>\(b\));\n/g;

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

const SUM_LOOP = new RegExp(`var sum = 0\\.0;\\n((?:var [^\\n]*\\n)*)for \\(var r = ([^;]*); r < ([^;]*); r\\+\\+\\) \\{\\n((?:(?!\\n\\}\\n)[^])*\\n)${LOOPED.source}\\}\\n`, 'g');

/** A loop of the second look: what is declared before it, its first round and its end, what a round does before it adds a product. */
interface SumLoop {
  readonly before: string;
  readonly first: string;
  readonly end: string;
  readonly inside: string;
  readonly product: string;
}

const reloop =
  (write: (loop: SumLoop) => string): Rewrite =>
  (code) =>
    replaceAll(code, SUM_LOOP, (before = '', first = '', end = '', inside = '', a = '', b = '') => write({ before, first, end, inside, product: `${a} * ${b}` }));

const loopInPairs = reloop(
  ({ before, first, end, inside, product }) => `var sum = 0.0;
var pair = 0.0;
${before}for (var r = ${first}; r < ${end}; r++) {
${inside}if ((r & 1) == 0) { pair = ${product}; } else { sum = sum + (pair + ${product}); pair = 0.0; }
}
sum = sum + pair;
`,
);

const loopBackwards = reloop(
  ({ before, first, end, inside, product }) => `var sum = 0.0;
${before}for (var r = ${end} - 1; r >= ${first}; r--) {
${inside}sum = sum + ${product};
}
`,
);

const loopInLanes = reloop(
  ({ before, first, end, inside, product }) => `var lanes = vec4<f32>(0.0);
${before}for (var r = ${first}; r < ${end}; r++) {
${inside}lanes[r & 3] = lanes[r & 3] + ${product};
}
let sum = dot(lanes, vec4<f32>(1.0));
`,
);

/** Of computed factors (generalMac in emitKernel.ts): of two terms after each other, the products are added first. Blocks have an even number. */
const computedInPairs: Rewrite = (code) => {
  const paired = replaceAll(
    code,
    /acc = fma\((.+), (bitcast<f32>\(.+\)), acc\);\n/g,
    (a = '', b = '') => `if ((n & 1u) == 0u) { pair = ${a} * ${b}; } else { acc = acc + (pair + ${a} * ${b}); pair = 0.0; }\n`,
  );
  if (paired.sites === 0) return paired;
  return { code: paired.code.replace('var acc = 0.0;\n', 'var acc = 0.0;\nvar pair = 0.0;\n').replace('if (n > 0u) {', 'acc = acc + pair;\nif (n > 0u) {'), sites: paired.sites };
};

export const bracket = inOrder(
  rejoin(2, (from, products) => `${from} + ${inPairs(products)}`),
  loopInPairs,
  computedInPairs,
);

export const reorder = inOrder(
  rejoin(2, (from, products) => [from, ...products.toReversed()].join(' + ')),
  loopBackwards,
);

export const vectorise = inOrder(
  rejoin(4, (from, products) => {
    const lanes = [0, 1, 2, 3].map((lane) => inPairs(products.filter((_, k) => k % 4 === lane)));
    return `${from} + dot(vec4<f32>(${lanes.join(', ')}), vec4<f32>(1.0))`;
  }),
  loopInLanes,
);
