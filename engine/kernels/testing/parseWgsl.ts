/** The part of WGSL that the generator writes, as a tree: enough for the lint. Text outside that part is an error. */

export type Expression =
  | { readonly kind: 'number'; readonly float: boolean }
  | { readonly kind: 'name'; readonly name: string }
  /** Casts are calls too: `bitcast<f32>`. */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'index'; readonly base: Expression; readonly at: Expression }
  | { readonly kind: 'member'; readonly base: Expression; readonly name: string }
  | { readonly kind: 'unary'; readonly operator: string; readonly of: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression };

export type Statement =
  | { readonly kind: 'declare'; readonly name: string; readonly type: string | null; readonly value: Expression | null }
  /** `operator` is `=`, `+=`, ...; `++` and `--` have no value. */
  | { readonly kind: 'assign'; readonly target: Expression; readonly operator: string; readonly value: Expression | null }
  | { readonly kind: 'evaluate'; readonly value: Expression }
  | { readonly kind: 'return'; readonly value: Expression | null }
  /** if, for, and plain blocks: what they test, then what is inside. */
  | { readonly kind: 'inside'; readonly tests: readonly Expression[]; readonly statements: readonly Statement[] };

export interface WgslFunction {
  readonly name: string;
  readonly parameters: readonly { readonly name: string; readonly type: string }[];
  readonly result: string | null;
  readonly statements: readonly Statement[];
  readonly text: string;
}

const TOKEN =
  /\s+|\/\/[^\n]*|(0x[0-9a-fA-F]+[iu]?|(?:\d+\.\d*|\.\d+)(?:[eE][+-]?\d+)?[fh]?|\d+[eE][+-]?\d+[fh]?|\d+[iufh]?|[A-Za-z_]\w*|<<=|>>=|&&|\|\||<<|>>|<=|>=|==|!=|->|\+\+|--|[-+*/%&|^]=|[-+*/%&|^~!<>=(){}[\],;:.@])/gy;

interface Token {
  readonly text: string;
  readonly at: number;
}

function tokens(code: string): Token[] {
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

const PRECEDENCE: Readonly<Record<string, number>> = {
  '||': 1,
  '&&': 2,
  '|': 3,
  '^': 4,
  '&': 5,
  '==': 6,
  '!=': 6,
  '<': 7,
  '>': 7,
  '<=': 7,
  '>=': 7,
  '<<': 8,
  '>>': 8,
  '+': 9,
  '-': 9,
  '*': 10,
  '/': 10,
  '%': 10,
};
const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>=']);
const WORD = /^[A-Za-z_]\w*$/;
const NUMBER = /^[.\d]/;

class Parser {
  private readonly tokens: readonly Token[];
  private readonly code: string;
  private next = 0;

  constructor(code: string) {
    this.code = code;
    this.tokens = tokens(code);
  }

  functions(): WgslFunction[] {
    const found: WgslFunction[] = [];
    while (this.next < this.tokens.length) {
      if (this.peek() === 'fn') found.push(this.function());
      else this.skipDeclaration();
    }
    return found;
  }

  /** Up to the `;`, or over a struct or an attribute. */
  private skipDeclaration(): void {
    if (this.peek() === 'struct') {
      while (this.take() !== '}');
      return;
    }
    if (this.peek() === '@') {
      this.take();
      this.take();
      if (this.peek() === '(') while (this.take() !== ')');
      return;
    }
    while (this.take() !== ';');
  }

  private function(): WgslFunction {
    const start = this.tokens[this.next] as Token;
    this.expect('fn');
    const name = this.take();
    this.expect('(');
    const parameters: { name: string; type: string }[] = [];
    while (this.peek() !== ')') {
      while (this.peek() === '@') {
        this.take();
        this.take();
        if (this.peek() === '(') while (this.take() !== ')');
      }
      const parameter = this.take();
      this.expect(':');
      parameters.push({ name: parameter, type: this.type() });
      if (this.peek() === ',') this.take();
    }
    this.expect(')');
    let result: string | null = null;
    if (this.peek() === '->') {
      this.take();
      result = this.type();
    }
    const statements = this.block();
    const end = this.tokens[this.next - 1] as Token;
    return { name, parameters, result, statements, text: this.code.slice(start.at, end.at + 1) };
  }

  private type(): string {
    let text = this.take();
    if (this.peek() !== '<') return text;
    text += this.take();
    while (this.peek() !== '>') text += this.take();
    return text + this.take();
  }

  private block(): Statement[] {
    this.expect('{');
    const statements: Statement[] = [];
    while (this.peek() !== '}') statements.push(...this.statement());
    this.expect('}');
    return statements;
  }

  private statement(): Statement[] {
    const word = this.peek();
    if (word === ';') {
      this.take();
      return [];
    }
    if (word === '{') return [{ kind: 'inside', tests: [], statements: this.block() }];
    if (word === 'if') return [this.branch()];
    if (word === 'for') return [this.loop()];
    const statement = this.simple();
    this.expect(';');
    return statement ? [statement] : [];
  }

  private branch(): Statement {
    this.expect('if');
    const tests = [this.expression(0)];
    const statements = this.block();
    if (this.peek() === 'else') {
      this.take();
      statements.push(...(this.peek() === 'if' ? [this.branch()] : this.block()));
    }
    return { kind: 'inside', tests, statements };
  }

  private loop(): Statement {
    this.expect('for');
    this.expect('(');
    const statements: Statement[] = [];
    const first = this.peek() === ';' ? null : this.simple();
    if (first) statements.push(first);
    this.expect(';');
    const tests = this.peek() === ';' ? [] : [this.expression(0)];
    this.expect(';');
    const update = this.peek() === ')' ? null : this.simple();
    this.expect(')');
    statements.push(...this.block());
    if (update) statements.push(update);
    return { kind: 'inside', tests, statements };
  }

  /** Without its `;`. Null for break and continue. */
  private simple(): Statement | null {
    const word = this.peek();
    if (word === 'break' || word === 'continue') {
      this.take();
      return null;
    }
    if (word === 'return') {
      this.take();
      return { kind: 'return', value: this.peek() === ';' ? null : this.expression(0) };
    }
    if (word === 'let' || word === 'var' || word === 'const') return this.declaration();
    const target = this.expression(0);
    if (ASSIGNMENTS.has(this.peek())) {
      const operator = this.take();
      return { kind: 'assign', target, operator, value: this.expression(0) };
    }
    if (this.peek() === '++' || this.peek() === '--') return { kind: 'assign', target, operator: this.take(), value: null };
    return { kind: 'evaluate', value: target };
  }

  private declaration(): Statement {
    this.take();
    const name = this.take();
    let type: string | null = null;
    if (this.peek() === ':') {
      this.take();
      type = this.type();
    }
    if (this.peek() !== '=') return { kind: 'declare', name, type, value: null };
    this.take();
    return { kind: 'declare', name, type, value: this.expression(0) };
  }

  private expression(least: number): Expression {
    let left = this.unary();
    for (;;) {
      const operator = this.peek();
      const precedence = PRECEDENCE[operator];
      if (precedence === undefined || precedence < least) return left;
      this.take();
      left = { kind: 'binary', operator, left, right: this.expression(precedence + 1) };
    }
  }

  private unary(): Expression {
    const word = this.peek();
    if (word === '-' || word === '!' || word === '~' || word === '&') {
      this.take();
      return { kind: 'unary', operator: word, of: this.unary() };
    }
    return this.postfix(this.primary());
  }

  private primary(): Expression {
    const word = this.take();
    if (word === '(') {
      const inside = this.expression(0);
      this.expect(')');
      return inside;
    }
    if (NUMBER.test(word)) return { kind: 'number', float: !word.startsWith('0x') && /[.eEfh]/.test(word) };
    if (!WORD.test(word)) throw new SyntaxError(`unexpected ${word} in WGSL`);
    const cast = word === 'bitcast' ? `${word}<${this.castType()}>` : word;
    return this.peek() === '(' ? { kind: 'call', name: cast, args: this.arguments() } : { kind: 'name', name: word };
  }

  private castType(): string {
    this.expect('<');
    const type = this.take();
    this.expect('>');
    return type;
  }

  private arguments(): Expression[] {
    this.expect('(');
    const args: Expression[] = [];
    while (this.peek() !== ')') {
      args.push(this.expression(0));
      if (this.peek() === ',') this.take();
    }
    this.expect(')');
    return args;
  }

  private postfix(base: Expression): Expression {
    if (this.peek() === '[') {
      this.take();
      const at = this.expression(0);
      this.expect(']');
      return this.postfix({ kind: 'index', base, at });
    }
    if (this.peek() === '.') {
      this.take();
      return this.postfix({ kind: 'member', base, name: this.take() });
    }
    return base;
  }

  private peek(): string {
    return this.tokens[this.next]?.text ?? '';
  }

  private take(): string {
    const token = this.tokens[this.next++];
    if (!token) throw new SyntaxError('WGSL ends too early');
    return token.text;
  }

  private expect(text: string): void {
    const got = this.take();
    if (got !== text) throw new SyntaxError(`expected ${text} in WGSL, found ${got}`);
  }
}

/** Errors: SyntaxError. */
export function parseWgsl(code: string): WgslFunction[] {
  return new Parser(code).functions();
}
