/**
 * Programs larger than what a device binds in one piece: the arena is bound as several banks, each a window of the one
 * buffer, no tensor lies across two, and a shader names the bank of every word that it touches.
 */
const FIRST_BINDING = 3;

/** Storage buffers that every device lets a shader have are 8, of which the status is one. */
export const MOST_BANKS = 7;

/** Of banks after the first. */
export const bankBinding = (bank: number) => FIRST_BINDING + bank - 1;
const bankName = (bank: number) => (bank === 0 ? 'arena' : `arena${bank}`);

/**
 * A shader over one arena, rewritten: each access goes to the bank of the buffer whose offset (`o0`, `o1`, ...) its address
 * comes from, in `main`, where all accesses are. `bankOf`: of each buffer by slot.
 * Errors: Error, where an address comes from buffers of several banks or of none: the generator writes no such thing.
 */
export function inBanks(code: string, bankOf: readonly number[]): string {
  const start = code.indexOf('fn main(');
  const main = new BankWriter(bankOf).rewrite(code.slice(start));
  const used = [...new Set(bankOf)].filter((bank) => bank > 0);
  const declarations = code
    .slice(0, start)
    .replace(/@group\(0\) @binding\(0\) var<storage, read_write> arena: (array<\w+>);/, (first, type: string) =>
      [first, ...used.map((bank) => `@group(0) @binding(${bankBinding(bank)}) var<storage, read_write> ${bankName(bank)}: ${type};`)].join('\n'),
    );
  return declarations + main;
}

const ACCESS = 'arena[';
const ASSIGNMENT = /^\s*(let |var )?\s*(\w+)(?:\s*:\s*[\w<>, ]+)?\s*[-+*]?=(?!=)([\s\S]*)$/;

/** Follows offsets through the names that they flow into, block by block; what is loaded is a word and no address. */
class BankWriter {
  private readonly bankOf: readonly number[];
  /** Banks that a name's value comes from, innermost block last. */
  private readonly scopes: Map<string, ReadonlySet<number>>[] = [new Map()];

  constructor(bankOf: readonly number[]) {
    this.bankOf = bankOf;
  }

  rewrite(main: string): string {
    let depth = 0;
    let begin = 0;
    let written = '';
    for (let at = 0; at < main.length; at++) {
      const letter = main[at] as string;
      if ('(['.includes(letter)) depth++;
      else if (')]'.includes(letter)) depth--;
      else if (depth === 0 && ';{}'.includes(letter)) {
        written += this.statement(main.slice(begin, at)) + letter;
        if (letter === '{') this.scopes.push(new Map());
        if (letter === '}') this.scopes.pop();
        begin = at + 1;
      }
    }
    return written + main.slice(begin);
  }

  private statement(text: string): string {
    const [, declared, name = '', value = ''] = ASSIGNMENT.exec(text) ?? [];
    if (name) {
      const scope = declared ? this.scopes.at(-1) : this.scopes.findLast((one) => one.has(name));
      scope?.set(name, new Set([...(declared ? [] : (scope.get(name) ?? [])), ...this.banksIn(value)]));
    }
    return this.accesses(text);
  }

  private accesses(text: string): string {
    const begin = text.indexOf(ACCESS);
    if (begin < 0) return text;
    const inside = begin + ACCESS.length;
    const end = closing(text, inside);
    const address = text.slice(inside, end);
    const banks = [...this.banksIn(address)];
    if (banks.length !== 1) throw new Error(`the address ${address} belongs to ${banks.length} banks`);
    return `${text.slice(0, begin)}${bankName(banks[0] as number)}[${this.accesses(address)}${this.accesses(text.slice(end))}`;
  }

  private banksIn(value: string): Set<number> {
    const names = withoutAccesses(value).match(/\b[A-Za-z_]\w*/g) ?? [];
    return new Set(names.flatMap((name) => [...this.banksOf(name)]));
  }

  private banksOf(name: string): ReadonlySet<number> {
    const slot = /^o(\d+)$/.exec(name);
    const bank = slot ? this.bankOf[Number(slot[1])] : undefined;
    if (bank !== undefined) return new Set([bank]);
    return this.scopes.findLast((scope) => scope.has(name))?.get(name) ?? new Set();
  }
}

/** Of the bracket that is open before `from`. */
function closing(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at++) {
    if (text[at] === '[') depth++;
    else if (text[at] === ']' && --depth === 0) return at;
  }
  throw new Error(`no end to ${text.slice(from)}`);
}

function withoutAccesses(text: string): string {
  const begin = text.indexOf(ACCESS);
  if (begin < 0) return text;
  return text.slice(0, begin) + withoutAccesses(text.slice(closing(text, begin + ACCESS.length) + 1));
}
