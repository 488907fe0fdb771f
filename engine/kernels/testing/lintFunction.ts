/** The lint of one function: what is known of each float in it, from where it begins to where it is fenced. */
import type { Expression } from './parseExpression.ts';
import type { Statement, WgslFunction } from './parseWgsl.ts';
import type { WgslTypes } from './wgslTypes.ts';

export interface Finding {
  readonly rule:
    | 'unknown function'
    | 'float division'
    | 'float comparison'
    | 'missing fence'
    | 'two operations in a fence'
    | 'not flushed'
    | 'bits of a float'
    | 'conversion'
    | 'not as proven'
    | 'unguarded sum'
    | 'missing barrier'
    | 'float in memory'
    | 'unknown name';
  /** In words: function and expression. */
  readonly where: string;
}

/** Builtins with one answer. */
const BUILTINS = new Set([
  'bitcast<f32>',
  'bitcast<u32>',
  'bitcast<i32>',
  'select',
  'min',
  'max',
  'clamp',
  'abs',
  'countLeadingZeros',
  'u32',
  'i32',
  'f32',
  'fma',
  'atomicMin',
  'atomicOr',
  'atomicLoad',
  'arrayLength',
  'workgroupBarrier',
  'Quad',
]);
/** Functions whose float results are exact by construction: whole numbers of at most 11 bits. */
const EXACT = new Set(['block_mantissa']);

/**
 * What is known of a float: `leaf` came from bits or a literal, `sum` is a mac's accumulator, `result` an operation's
 * value that has not been fenced. `other` is no float.
 */
type Kind = 'leaf' | 'sum' | 'result' | 'other';

/** What is known of a name: `type` is undefined where only an unknown function could tell. */
interface Known {
  readonly kind: Kind;
  readonly type: string | undefined;
}

/** What a function is seen in. */
export interface Shader {
  readonly byName: ReadonlyMap<string, WgslFunction>;
  readonly types: WgslTypes;
  readonly findings: Finding[];
}

export class FunctionLint {
  /** Names by scope, innermost last. */
  private readonly scopes: Map<string, Known>[] = [new Map()];
  private readonly one: WgslFunction;
  private readonly byName: ReadonlyMap<string, WgslFunction>;
  private readonly types: WgslTypes;
  private readonly findings: Finding[];

  constructor(one: WgslFunction, { byName, types, findings }: Shader) {
    this.one = one;
    this.byName = byName;
    this.types = types;
    this.findings = findings;
  }

  run(): void {
    for (const { name, type } of this.one.parameters) this.keep(name, this.types.hasFloats(type) ? 'sum' : 'other', type);
    if (this.one.result !== null) this.requireScalar(this.one.name, this.one.result);
    this.statements(this.one.statements);
  }

  private statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.statement(statement);
  }

  private statement(statement: Statement): void {
    switch (statement.kind) {
      case 'inside':
        for (const test of statement.tests) this.settled(test);
        this.scopes.push(new Map());
        this.statements(statement.statements);
        this.scopes.pop();
        return;
      case 'declare':
        return this.declaration(statement);
      case 'assign':
        return this.assign(statement);
      case 'return':
        if (statement.value) this.settled(statement.value);
        return;
      case 'evaluate':
        this.settled(statement.value);
        return;
    }
  }

  private declaration({ name, type, value }: Extract<Statement, { kind: 'declare' }>): void {
    if (value) return this.keep(name, this.kept(value, type), type ?? this.typeOf(value));
    this.keep(name, type !== null && this.types.hasFloats(type) ? 'sum' : 'other', type ?? undefined);
  }

  private keep(name: string, kind: Kind, type: string | undefined): void {
    if (type !== undefined) this.requireScalar(name, type);
    this.scopes.at(-1)?.set(name, { kind, type });
  }

  private requireScalar(name: string, type: string): void {
    if (this.types.hidesFloats(type)) this.findings.push({ rule: 'float in memory', where: `${this.one.name}: ${name}: ${type}` });
  }

  private assign({ target, operator, value }: Extract<Statement, { kind: 'assign' }>): void {
    const held = this.kindOf(target);
    if (!value) return;
    if (operator !== '=' && held !== 'other') return this.report('missing fence', value);
    // What a name stands for does not change, so a loop may be read once.
    if (this.kept(value, null) === 'sum' && held !== 'sum') this.report('missing fence', value);
  }

  /** A variable may hold a leaf or a running sum; any other unfenced result is a fault. */
  private kept(value: Expression, type: string | null): Kind {
    if (this.isChain(value)) return 'sum';
    const kind = this.settled(value);
    // `var acc = 0.0` begins a sum.
    if (value.kind === 'number' && (value.float || type === 'f32')) return 'sum';
    return kind;
  }

  /** Kind of an expression whose float operations must all have been fenced. */
  private settled(value: Expression): Kind {
    const kind = this.kindOf(value);
    if (kind === 'result') this.report('missing fence', value);
    return kind;
  }

  private known(name: string): Known | undefined {
    return this.scopes.findLast((scope) => scope.has(name))?.get(name);
  }

  private typeOf(value: Expression): string | undefined {
    return this.types.typeOf(value, (name) => this.known(name)?.type);
  }

  /** One more exact product, added in order (SPEC N4). Where some sums of a shader are guarded, all are. */
  private isChain(value: Expression): boolean {
    if (value.kind === 'call' && value.name === 'guarded_sum') {
      const [before, a, b] = value.args as [Expression, Expression, Expression];
      return this.isSum(before) && [a, b].every((part) => this.kindOf(part) === 'leaf');
    }
    const isFast = this.isFastChain(value);
    if (isFast && this.byName.has('guarded_sum')) this.report('unguarded sum', value);
    return isFast;
  }

  private isSum(part: Expression): boolean {
    return part.kind === 'name' && this.known(part.name)?.kind === 'sum';
  }

  /** sum + leaf * leaf, or fma(leaf, leaf, sum). */
  private isFastChain(value: Expression): boolean {
    const leaf = (part: Expression) => this.kindOf(part) === 'leaf';
    const sum = (part: Expression) => this.isSum(part);
    if (value.kind === 'call' && value.name === 'fma') {
      const [a, b, c] = value.args as [Expression, Expression, Expression];
      return leaf(a) && leaf(b) && sum(c);
    }
    if (value.kind !== 'binary' || value.operator !== '+') return false;
    if (value.right.kind === 'call' && value.right.name === 'lone_product') return sum(value.left) && value.right.args.every(leaf);
    if (value.right.kind !== 'binary' || value.right.operator !== '*') return false;
    return sum(value.left) && leaf(value.right.left) && leaf(value.right.right);
  }

  private kindOf(value: Expression): Kind {
    switch (value.kind) {
      case 'number':
        return value.float ? 'leaf' : 'other';
      case 'name':
        return this.known(value.name)?.kind ?? this.stored(value);
      case 'index':
        this.kindOf(value.base);
        this.settled(value.at);
        return this.stored(value);
      case 'member':
        this.kindOf(value.base);
        return this.stored(value);
      case 'unary':
        return this.kindOf(value.of) === 'other' ? 'other' : 'result';
      case 'binary':
        return this.binary(value);
      case 'call':
        return this.call(value);
    }
  }

  /** Of what lies in memory: a float there has been settled when it was stored. */
  private stored(value: Expression): Kind {
    const type = this.typeOf(value);
    if (type === undefined) this.report('unknown name', value);
    return type !== undefined && this.types.hasFloats(type) ? 'leaf' : 'other';
  }

  private binary(value: Extract<Expression, { kind: 'binary' }>): Kind {
    const kinds = [this.kindOf(value.left), this.kindOf(value.right)];
    if (kinds.every((kind) => kind === 'other')) return 'other';
    if (['<', '>', '<=', '>=', '==', '!='].includes(value.operator)) this.report('float comparison', value);
    if (['/', '%'].includes(value.operator)) this.report('float division', value);
    if (kinds.includes('result')) this.report('missing fence', value);
    return 'result';
  }

  private call(value: Extract<Expression, { kind: 'call' }>): Kind {
    const { name, args } = value;
    const defined = this.byName.get(name);
    if (!defined && !BUILTINS.has(name)) this.report('unknown function', value);
    if (name === 'fence') return this.fenced(value);
    if ((name === 'flush' || name === 'canon') && args[0]?.kind === 'call' && args[0].name === 'fence') {
      this.checkFence(args[0]);
      return 'other';
    }
    const kinds = args.map((arg) => this.settled(arg));
    const floats = kinds.some((kind) => kind !== 'other');
    if (defined) return defined.result !== 'f32' ? 'other' : EXACT.has(name) ? 'leaf' : 'result';
    if (name === 'bitcast<f32>') return 'leaf';
    if (name === 'bitcast<u32>' || name === 'bitcast<i32>') {
      if (floats) this.report('bits of a float', value);
      return 'other';
    }
    if (name === 'u32' || name === 'i32' || name === 'f32') {
      if (floats || name === 'f32') this.report('conversion', value);
      return name === 'f32' ? 'leaf' : 'other';
    }
    return floats || name === 'fma' ? 'result' : 'other';
  }

  /** Not directly inside flush or canon. */
  private fenced(value: Extract<Expression, { kind: 'call' }>): Kind {
    this.report('not flushed', value);
    this.checkFence(value);
    return 'other';
  }

  /** One operation of leaves, or a finished sum. */
  private checkFence(value: Extract<Expression, { kind: 'call' }>): void {
    const inside = value.args[0] as Expression;
    const kind = (part: Expression) => this.kindOf(part);
    if (inside.kind === 'name' && kind(inside) === 'sum') return;
    const single = inside.kind === 'binary' && ['+', '-', '*'].includes(inside.operator) && kind(inside.left) === 'leaf' && kind(inside.right) === 'leaf';
    if (!single) this.report('two operations in a fence', value);
  }

  private report(rule: Finding['rule'], value: Expression): void {
    this.findings.push({ rule, where: `${this.one.name}: ${show(value)}` });
  }
}

function show(value: Expression): string {
  switch (value.kind) {
    case 'number':
      return value.float ? '<float>' : '<number>';
    case 'name':
      return value.name;
    case 'call':
      return `${value.name}(${value.args.map(show).join(', ')})`;
    case 'index':
      return `${show(value.base)}[${show(value.at)}]`;
    case 'member':
      return `${show(value.base)}.${value.name}`;
    case 'unary':
      return `${value.operator}${show(value.of)}`;
    case 'binary':
      return `(${show(value.left)} ${value.operator} ${show(value.right)})`;
  }
}
