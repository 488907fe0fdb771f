/** WGSL cut into words and signs, without spaces and comments. */

const TOKEN =
  /\s+|\/\/[^\n]*|(0x[0-9a-fA-F]+[iu]?|(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?[fh]?|\d+[eE][+-]?\d+[fh]?|\d+[iufh]?|[A-Za-z_]\w*|<<=|>>=|&&|\|\||<<|>>|<=|>=|==|!=|->|\+\+|--|[-+*/%&|^]=|[-+*/%&|^~!<>=(){}[\],;:.@])/gy;

export interface Token {
  readonly text: string;
  readonly at: number;
}

/** Errors: SyntaxError. */
export function tokensOf(code: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  let at = 0;
  while (at < code.length) {
    const match = TOKEN.exec(code);
    if (!match) throw new SyntaxError(`not WGSL that the generator writes: ${code.slice(at, at + 40)}`);
    if (match[1] !== undefined) found.push({ text: match[1], at });
    at = TOKEN.lastIndex;
  }
  return found;
}

/** The same text for whatever spaces and comments. */
export const withoutSpaces = (code: string) =>
  tokensOf(code)
    .map(({ text }) => text)
    .join(' ');
