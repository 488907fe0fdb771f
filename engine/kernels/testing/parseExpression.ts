/** Expressions and types of WGSL as trees, and what reads them: the ground of parseWgsl.ts. */
import { type Token, tokensOf } from './wgslTokens.ts';

export type Expression =
  | { readonly kind: 'number'; readonly float: boolean }
  | { readonly kind: 'name'; readonly name: string }
  /** Casts and constructors are calls too: `bitcast<f32>`, `vec4<u32>`. */
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'index'; readonly base: Expression; readonly at: Expression }
  | { readonly kind: 'member'; readonly base: Expression; readonly name: string }
  | { readonly kind: 'unary'; readonly operator: string; readonly of: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly left: Expression; readonly right: Expression };

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
const WORD = /^[A-Za-z_]\w*$/;
const NUMBER = /^[.\d]/;
/** Names that `<` follows as the beginning of a type, not as a comparison. */
const GENERIC = /^(?:bitcast|array|atomic|ptr|(?:vec|mat)\d\w*)$/;

export class ExpressionParser {
  protected readonly tokens: readonly Token[];
  private readonly code: string;
  protected next = 0;

  constructor(code: string) {
    this.code = code;
    this.tokens = tokensOf(code);
  }

  protected expression(least: number): Expression {
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
    const name = GENERIC.test(word) && this.peek() === '<' ? word + this.template() : word;
    return this.peek() === '(' ? { kind: 'call', name, args: this.arguments() } : { kind: 'name', name };
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

  protected peek(): string {
    return this.tokens[this.next]?.text ?? '';
  }

  protected take(): string {
    const token = this.tokens[this.next++];
    if (!token) throw new SyntaxError('WGSL ends too early');
    return token.text;
  }

  protected expect(text: string): void {
    const got = this.take();
    if (got !== text) throw new SyntaxError(`expected ${text} in WGSL, found ${got}`);
  }

  protected type(): string {
    const name = this.take();
    return this.peek() === '<' ? name + this.template() : name;
  }

  /** What stands in `<` and `>`, with them. */
  private template(): string {
    let text = '';
    let depth = 0;
    do {
      const word = this.take();
      depth += word === '<' ? 1 : word === '>' ? -1 : word === '>>' ? -2 : 0;
      text += word;
    } while (depth > 0);
    return text;
  }

  protected textFrom(start: number): string {
    const [first, last] = [this.tokens[start], this.tokens[this.next - 1]] as [Token, Token];
    return this.code.slice(first.at, last.at + last.text.length);
  }
}
