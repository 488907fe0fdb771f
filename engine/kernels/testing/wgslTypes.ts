/** Which type an expression of a shader has, and whether there are floats in a type. */
import type { Expression } from './parseExpression.ts';
import type { WgslField, WgslModule } from './parseWgsl.ts';

/** Words of types in which there is no float; any other that the shader does not define is taken for one. */
const WITHOUT_FLOATS = new Set(['u32', 'i32', 'bool', 'array', 'atomic', 'vec2', 'vec3', 'vec4']);
const OF_FIRST_ARGUMENT = new Set(['select', 'min', 'max', 'clamp', 'abs', 'countLeadingZeros', 'fma']);
const PARTS = /^(?:[xyzw]{1,4}|[rgba]{1,4})$/;

/** Types of local names. */
export type Locals = (name: string) => string | undefined;

export class WgslTypes {
  private readonly structs = new Map<string, readonly WgslField[]>();
  private readonly aliases = new Map<string, string>();
  private readonly globals = new Map<string, string>([
    ['true', 'bool'],
    ['false', 'bool'],
  ]);
  private readonly results: ReadonlyMap<string, string | null>;

  constructor({ declarations, functions }: WgslModule) {
    this.results = new Map(functions.map(({ name, result }) => [name, result]));
    for (const one of declarations) {
      if (one.kind === 'struct') this.structs.set(one.name, one.fields);
      if (one.kind === 'alias') this.aliases.set(one.name, one.type);
      if (one.kind === 'variable') this.globals.set(one.name, one.type);
      if (one.kind === 'constant') this.globals.set(one.name, this.typeOf(one.value, () => undefined) ?? 'unknown');
    }
  }

  hasFloats(type: string): boolean {
    return (type.match(/\b[A-Za-z_]\w*/g) ?? []).some((word) => {
      const alias = this.aliases.get(word);
      if (alias !== undefined) return this.hasFloats(alias);
      const fields = this.structs.get(word);
      return fields ? fields.some((field) => this.hasFloats(field.type)) : !WITHOUT_FLOATS.has(word);
    });
  }

  /** Floats may be a scalar that a function holds: what they are is followed there. Not so in what has parts. */
  hidesFloats(type: string): boolean {
    return type !== 'f32' && this.hasFloats(type);
  }

  /** Undefined where something has no such name or member. */
  typeOf(value: Expression, locals: Locals): string | undefined {
    switch (value.kind) {
      case 'number':
        return value.float ? 'f32' : 'i32';
      case 'name':
        return locals(value.name) ?? this.globals.get(value.name);
      case 'index':
        return this.elementOf(this.typeOf(value.base, locals));
      case 'member':
        return this.memberOf(this.typeOf(value.base, locals), value.name);
      case 'unary':
        return this.typeOf(value.of, locals);
      case 'binary':
        return /^(?:[<>]=?|[=!]=|&&|\|\|)$/.test(value.operator) ? 'bool' : this.typeOf(value.left, locals);
      case 'call':
        return this.resultOf(value, locals);
    }
  }

  private resultOf({ name, args }: Extract<Expression, { kind: 'call' }>, locals: Locals): string | undefined {
    const result = this.results.get(name);
    if (result !== undefined) return result ?? undefined;
    if (args[0] && OF_FIRST_ARGUMENT.has(name)) return this.typeOf(args[0], locals);
    if (name.startsWith('atomic') || name === 'arrayLength') return 'u32';
    // A cast, or a constructor.
    return /^bitcast<(.*)>$/.exec(name)?.[1] ?? name;
  }

  private elementOf(type: string | undefined): string | undefined {
    const whole = this.aliases.get(type ?? '') ?? type ?? '';
    return /^(?:array|vec\d)<(.+?)(?:,\w+)?>$/.exec(whole)?.[1];
  }

  private memberOf(type: string | undefined, name: string): string | undefined {
    const fields = this.structs.get(type ?? '');
    if (fields) return fields.find((field) => field.name === name)?.type;
    const element = this.elementOf(type);
    if (!PARTS.test(name) || type?.startsWith('array')) return undefined;
    return name.length === 1 || element === undefined ? element : `vec${name.length}<${element}>`;
  }
}
