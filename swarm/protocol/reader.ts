/** Strict readers of parsed JSON: every field is named, typed and bounded; anything else is refused with its place. */
import type { Address, Hash } from './jobSpec.ts';
import { ProtocolError } from './protocolError.ts';

/** Returns the checked value, or throws a ProtocolError that begins with the place, for example `spec.outer.momentum`. */
export type Reader<T> = (value: unknown, at: string) => T;

/** A value in a message, cut so that a hostile one cannot fill a log. */
function show(value: unknown): string {
  const text =
    typeof value === 'string'
      ? JSON.stringify(value)
      : Array.isArray(value)
        ? 'a list'
        : value === null
          ? 'null'
          : typeof value === 'object'
            ? 'an object'
            : String(value as number | boolean | undefined);
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

function refuse(at: string, expected: string, value: unknown): never {
  throw new ProtocolError(`${at}: expected ${expected}, got ${value === undefined ? 'nothing' : show(value)}`);
}

/** An object with exactly these fields. */
export function object<T extends object>(fields: { readonly [K in keyof T]: Reader<T[K]> }): Reader<T> {
  const names = Object.keys(fields) as (keyof T & string)[];
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(at, 'an object', value);
    for (const name of Object.keys(value)) {
      if (!Object.hasOwn(fields, name)) throw new ProtocolError(`${at}: unknown field ${show(name)}; known are ${names.join(', ')}`);
    }
    const result: Partial<T> = {};
    for (const name of names) {
      const given = Object.hasOwn(value, name) ? (value as Record<string, unknown>)[name] : undefined;
      result[name] = fields[name](given, `${at}.${name}`);
    }
    return result as T;
  };
}

/** One of several object shapes, told apart by `kind`. */
export function variants<T extends { readonly kind: string }>(shapes: { readonly [K in T['kind']]: Reader<Extract<T, { kind: K }>> }): Reader<T> {
  const kinds = Object.keys(shapes);
  return (value, at) => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) refuse(at, 'an object', value);
    const kind = Object.hasOwn(value, 'kind') ? (value as { kind: unknown }).kind : undefined;
    if (typeof kind !== 'string' || !Object.hasOwn(shapes, kind)) refuse(`${at}.kind`, `one of ${kinds.join(', ')}`, kind);
    return shapes[kind as T['kind']](value, at) as T;
  };
}

export function literal<const T extends string | number>(...allowed: readonly T[]): Reader<T> {
  return (value, at) => (allowed.includes(value as T) ? (value as T) : refuse(at, allowed.map((item) => JSON.stringify(item)).join(' or '), value));
}

/** A whole number in [min, max]. */
export function integer(min: number, max: number): Reader<number> {
  return (value, at) =>
    typeof value === 'number' && Number.isSafeInteger(value) && !Object.is(value, -0) && value >= min && value <= max
      ? value
      : refuse(at, `a whole number from ${min} to ${max}`, value);
}

/** A finite number in [min, max]. */
export function real(min: number, max: number): Reader<number> {
  return (value, at) => (typeof value === 'number' && Number.isFinite(value) && value >= min && value <= max ? value : refuse(at, `a number from ${min} to ${max}`, value));
}

/** Text of bounded length in UTF-16 units, without lone surrogates or control characters (newline and tab are fine). */
export function text(minLength: number, maxLength: number): Reader<string> {
  return (value, at) => {
    if (typeof value !== 'string' || value.length < minLength || value.length > maxLength) {
      refuse(at, `text of ${minLength} to ${maxLength} characters`, typeof value === 'string' ? `${value.length} characters` : value);
    }
    if (!value.isWellFormed()) refuse(at, 'well-formed text', 'a lone surrogate');
    for (let k = 0; k < value.length; k++) {
      const code = value.charCodeAt(k);
      if ((code < 32 && code !== 9 && code !== 10 && code !== 13) || code === 127) refuse(at, 'text without control characters', `character ${code}`);
    }
    return value;
  };
}

/** A non-negative integer of up to 78 digits in decimal, as amounts and job numbers are written. */
export const bigNatural: Reader<bigint> = (value, at) => {
  if (typeof value !== 'string' || !/^(0|[1-9][0-9]{0,77})$/.test(value)) refuse(at, 'a whole number written in decimal digits, in quotes', value);
  return BigInt(value);
};

function hex(bytes: number, what: string): Reader<`0x${string}`> {
  const pattern = new RegExp(`^0x[0-9a-f]{${bytes * 2}}$`);
  return (value, at) => (typeof value === 'string' && pattern.test(value) ? (value as `0x${string}`) : refuse(at, what, value));
}
export const hash: Reader<Hash> = hex(32, '0x and 64 lower-case hex digits');
/** Lower case: checksum case is for people. */
export const address: Reader<Address> = hex(20, '0x and 40 lower-case hex digits');
export const signature: Reader<`0x${string}`> = hex(65, 'a 65-byte signature, 0x and 130 lower-case hex digits');

export function list<T>(item: Reader<T>, minLength: number, maxLength: number): Reader<readonly T[]> {
  return (value, at) => {
    if (!Array.isArray(value)) refuse(at, 'a list', value);
    if (value.length < minLength || value.length > maxLength) refuse(at, `a list of ${minLength} to ${maxLength} items`, `${value.length} items`);
    return value.map((entry: unknown, k) => item(entry, `${at}[${k}]`));
  };
}

export function nullable<T>(item: Reader<T>): Reader<T | null> {
  return (value, at) => (value === null ? null : item(value, at));
}
