/** Text of shaders, replaced and counted. */

export interface Rewritten {
  readonly code: string;
  /** Places that were changed. */
  readonly sites: number;
}

export type Rewrite = (code: string) => Rewritten;

export function replaceAll(code: string, pattern: RegExp, by: (...groups: string[]) => string): Rewritten {
  let sites = 0;
  const changed = code.replace(pattern, (_, ...groups) => {
    sites++;
    return by(...(groups as string[]));
  });
  return { code: changed, sites };
}

export function inOrder(...rewrites: readonly Rewrite[]): Rewrite {
  return (code) =>
    rewrites.reduce(
      (so, rewrite) => {
        const next = rewrite(so.code);
        return { code: next.code, sites: so.sites + next.sites };
      },
      { code, sites: 0 },
    );
}

const CAST = 'bitcast<f32>(';

/** Every word that becomes a float, whatever expression it is. */
export function replaceFloats(code: string, by: (word: string) => string): Rewritten {
  const begin = code.indexOf(CAST);
  if (begin < 0) return { code, sites: 0 };
  const from = begin + CAST.length;
  let at = from;
  for (let depth = 1; depth > 0; at++) depth += code[at] === '(' ? 1 : code[at] === ')' ? -1 : 0;
  const word = replaceFloats(code.slice(from, at - 1), by);
  const rest = replaceFloats(code.slice(at), by);
  return { code: `${code.slice(0, from)}${by(word.code)})${rest.code}`, sites: word.sites + rest.sites + 1 };
}

export function escape(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
