/**
 * Proves over emitted WGSL what makes it exact (DESIGN section 5): a float becomes bits only through `fence`; between
 * two fences there is one float operation, or a mac's chain of exact products; what leaves a fence is flushed; workgroup
 * memory is not raced for; no builtin whose result WGSL leaves open, no float division or comparison.
 */
import { lintBarriers } from './lintBarriers.ts';
import { type Expression, parseWgsl, type Statement, type WgslFunction } from './parseWgsl.ts';

export interface Finding {
  readonly rule:
    | 'unknown function'
    | 'float division'
    | 'float comparison'
    | 'missing fence'
    | 'two operations in a fence'
    | 'not flushed'
    | 'bits of a float'
    | 'fence is not a fence'
    | 'conversion'
    | 'not as proven'
    | 'unguarded sum'
    | 'missing barrier';
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
/** Floats that only guess a whole number, which integers then put right. */
const GUESSES = new Set(['div_finite', 'f_sqrt']);
/** Functions whose float results are exact by construction: whole numbers of at most 11 bits. */
const EXACT = new Set(['block_mantissa']);
/** Functions whose float arithmetic is exact, or one rounding, by what their callers guarantee (NUMERICS, mac), or guesses: to the letter. */
const PROVEN = new Map([
  ['near_inverse', 'fn near_inverse(x: f32) -> f32 { return 1.0 / x; }'],
  ['near_inverse_root', 'fn near_inverse_root(x: f32) -> f32 { return inverseSqrt(x); }'],
  [
    'near_whole',
    'fn near_whole(b: u32, up: u32, scale: u32) -> u32 { let lifted = fence(bitcast<f32>(b) * bitcast<f32>(up)); let whole = fence(12582912.0 + bitcast<f32>(lifted) * bitcast<f32>(scale)); return bitcast<u32>(f32(bitcast<i32>(whole - 0x4b400000u))); }',
  ],
  ['add_scaled', 'fn add_scaled(total: u32, whole: f32, scale: u32) -> u32 { return fence(bitcast<f32>(total) + whole * bitcast<f32>(scale)); }'],
  ['lone_product', 'fn lone_product(a: f32, b: f32) -> f32 { return bitcast<f32>(fence(a * b)); }'],
  ['guarded_sum', 'fn guarded_sum(sum: f32, a: f32, b: f32) -> f32 { return bitcast<f32>(fence(sum + bitcast<f32>(fence(a * b)))); }'],
  ['scale_whole', 'fn scale_whole(whole: f32, scale: u32) -> u32 { return flush(fence(whole * bitcast<f32>(scale))); }'],
]);
const FENCE = 'fn fence(x: f32) -> u32 { return bitcast<u32>(x) ^ env.zero; }';

/**
 * What is known of a float: `leaf` came from bits or a literal, `sum` is a mac's accumulator, `result` an operation's
 * value that has not been fenced. `other` is no float.
 */
type Kind = 'leaf' | 'sum' | 'result' | 'other';

export function lintWgsl(code: string): Finding[] {
  const functions = parseWgsl(code);
  const findings: Finding[] = [];
  const byName = new Map(functions.map((one) => [one.name, one]));
  const shared = new Set([...code.matchAll(/var<workgroup> (\w+)/g)].map(([, name = '']) => name));
  const fence = byName.get('fence');
  if (fence && fence.text.replace(/\s+/g, ' ') !== FENCE) findings.push({ rule: 'fence is not a fence', where: fence.text });
  for (const one of functions) {
    const proven = PROVEN.get(one.name);
    if (proven !== undefined && one.text.replace(/\s+/g, ' ') !== proven) findings.push({ rule: 'not as proven', where: one.text });
    if (one.name !== 'fence' && proven === undefined) new FunctionLint(one, byName, findings).run();
    for (const race of lintBarriers(one, shared)) findings.push({ rule: 'missing barrier', where: `${one.name}: ${race}` });
  }
  return findings;
}

class FunctionLint {
  private readonly kinds = new Map<string, Kind>();
  private readonly one: WgslFunction;
  private readonly byName: ReadonlyMap<string, WgslFunction>;
  private readonly findings: Finding[];
  private readonly guesses: boolean;

  constructor(one: WgslFunction, byName: ReadonlyMap<string, WgslFunction>, findings: Finding[]) {
    this.one = one;
    this.byName = byName;
    this.findings = findings;
    this.guesses = GUESSES.has(one.name);
    for (const { name, type } of one.parameters) this.kinds.set(name, type === 'f32' ? 'sum' : 'other');
  }

  run(): void {
    this.statements(this.one.statements);
  }

  private statements(statements: readonly Statement[]): void {
    for (const statement of statements) this.statement(statement);
  }

  private statement(statement: Statement): void {
    switch (statement.kind) {
      case 'inside':
        for (const test of statement.tests) this.settled(test);
        return this.statements(statement.statements);
      case 'declare':
        if (statement.value) this.kinds.set(statement.name, this.kept(statement.value, statement.type));
        return;
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

  private assign({ target, operator, value }: Extract<Statement, { kind: 'assign' }>): void {
    if (target.kind === 'index') this.settled(target.at);
    if (!value) return;
    const held = target.kind === 'name' ? (this.kinds.get(target.name) ?? 'other') : 'other';
    if (operator !== '=' && held !== 'other') return this.report('missing fence', value);
    const kind = this.kept(value, null);
    if (target.kind === 'name' && kind !== 'other') this.kinds.set(target.name, kind === 'leaf' ? 'sum' : kind);
  }

  /** A variable may hold a leaf or a running sum; any other unfenced result is a fault. */
  private kept(value: Expression, type: string | null): Kind {
    if (!this.guesses && this.isChain(value)) return 'sum';
    const kind = this.settled(value);
    // `var acc = 0.0` begins a sum.
    if (value.kind === 'number' && (value.float || type === 'f32')) return 'sum';
    return kind;
  }

  /** Kind of an expression whose float operations must all have been fenced. */
  private settled(value: Expression): Kind {
    const kind = this.kindOf(value);
    if (kind === 'result' && !this.guesses) this.report('missing fence', value);
    return kind;
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
    return part.kind === 'name' && this.kinds.get(part.name) === 'sum';
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
        return this.kinds.get(value.name) ?? 'other';
      case 'index':
        this.settled(value.base);
        this.settled(value.at);
        return 'other';
      case 'member':
        return 'other';
      case 'unary':
        return this.kindOf(value.of) === 'other' ? 'other' : 'result';
      case 'binary':
        return this.binary(value);
      case 'call':
        return this.call(value);
    }
  }

  private binary(value: Extract<Expression, { kind: 'binary' }>): Kind {
    const kinds = [this.kindOf(value.left), this.kindOf(value.right)];
    if (kinds.every((kind) => kind === 'other')) return 'other';
    if (['<', '>', '<=', '>=', '==', '!='].includes(value.operator)) this.report('float comparison', value);
    if (['/', '%'].includes(value.operator)) this.report('float division', value);
    if (!this.guesses && kinds.includes('result')) this.report('missing fence', value);
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
      if (floats && !this.guesses) this.report('bits of a float', value);
      return 'other';
    }
    if (name === 'u32' || name === 'i32' || name === 'f32') {
      if (!this.guesses && !EXACT.has(this.one.name) && (floats || name === 'f32')) this.report('conversion', value);
      return name === 'f32' ? 'leaf' : 'other';
    }
    return floats || name === 'fma' ? 'result' : 'other';
  }

  /** Not directly inside flush or canon: only block_result takes the bits apart itself. */
  private fenced(value: Extract<Expression, { kind: 'call' }>): Kind {
    if (this.one.name !== 'block_result') this.report('not flushed', value);
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
