/** The part of WGSL that the generator writes, as a tree: enough for the lint. Text outside that part is an error. */
import { type Expression, ExpressionParser } from './parseExpression.ts';

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
  readonly parameters: readonly WgslField[];
  readonly result: string | null;
  readonly statements: readonly Statement[];
  readonly text: string;
}

export interface WgslField {
  readonly name: string;
  readonly type: string;
}

/** Of a module: a variable has a type, a constant a value. */
export type WgslDeclaration =
  | { readonly kind: 'struct'; readonly name: string; readonly fields: readonly WgslField[]; readonly text: string }
  | { readonly kind: 'alias'; readonly name: string; readonly type: string; readonly text: string }
  /** `space`: `storage`, `uniform`, `workgroup`, ... */
  | { readonly kind: 'variable'; readonly name: string; readonly space: string; readonly type: string; readonly text: string }
  | { readonly kind: 'constant'; readonly name: string; readonly value: Expression; readonly text: string };

export interface WgslModule {
  readonly declarations: readonly WgslDeclaration[];
  readonly functions: readonly WgslFunction[];
}

const ASSIGNMENTS = new Set(['=', '+=', '-=', '*=', '/=', '%=', '&=', '|=', '^=', '<<=', '>>=']);

class Parser extends ExpressionParser {
  module(): WgslModule {
    const declarations: WgslDeclaration[] = [];
    const functions: WgslFunction[] = [];
    while (this.next < this.tokens.length) {
      while (this.peek() === '@') this.attribute();
      if (this.peek() === 'fn') functions.push(this.function());
      else declarations.push(this.moduleDeclaration());
    }
    return { declarations, functions };
  }

  private attribute(): void {
    this.take();
    this.take();
    if (this.peek() === '(') while (this.take() !== ')');
  }

  private moduleDeclaration(): WgslDeclaration {
    const start = this.next;
    const word = this.take();
    switch (word) {
      case 'struct':
        return { kind: 'struct', name: this.take(), fields: this.fields('{', '}'), text: this.textFrom(start) };
      case 'alias': {
        const name = this.take();
        this.expect('=');
        const type = this.type();
        this.expect(';');
        return { kind: 'alias', name, type, text: this.textFrom(start) };
      }
      case 'var': {
        this.expect('<');
        const space = this.take();
        while (this.take() !== '>');
        const [name, , type] = [this.take(), this.expect(':'), this.type()];
        this.expect(';');
        return { kind: 'variable', name, space, type, text: this.textFrom(start) };
      }
      case 'const': {
        const name = this.take();
        this.expect('=');
        const value = this.expression(0);
        this.expect(';');
        return { kind: 'constant', name, value, text: this.textFrom(start) };
      }
      default:
        throw new SyntaxError(`unexpected ${word} in WGSL`);
    }
  }

  /** `name: type`, with commas between. */
  private fields(open: string, close: string): WgslField[] {
    this.expect(open);
    const found: WgslField[] = [];
    while (this.peek() !== close) {
      while (this.peek() === '@') this.attribute();
      const name = this.take();
      this.expect(':');
      found.push({ name, type: this.type() });
      if (this.peek() === ',') this.take();
    }
    this.expect(close);
    return found;
  }

  private function(): WgslFunction {
    const start = this.next;
    this.expect('fn');
    const name = this.take();
    const parameters = this.fields('(', ')');
    let result: string | null = null;
    if (this.peek() === '->') {
      this.take();
      result = this.type();
    }
    const statements = this.block();
    return { name, parameters, result, statements, text: this.textFrom(start) };
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
    const first = this.peek() === ';' ? null : this.simple();
    this.expect(';');
    const tests = this.peek() === ';' ? [] : [this.expression(0)];
    this.expect(';');
    const update = this.peek() === ')' ? null : this.simple();
    this.expect(')');
    const statements = this.block();
    if (update) statements.push(update);
    const loop: Statement = { kind: 'inside', tests, statements };
    return first ? { kind: 'inside', tests: [], statements: [first, loop] } : loop;
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
}

/** Errors: SyntaxError. */
export function parseWgsl(code: string): WgslModule {
  return new Parser(code).module();
}
