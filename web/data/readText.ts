/** A text as windows of characters, for a model that continues it. */
import { DataError } from './dataError.ts';
import type { ReadData } from './readDataset.ts';

const MAX_VOCABULARY = 256;
const UNKNOWN = '\uFFFD';

/** Distinct characters in code-point order; where there are more than 256, the rarest become the replacement character. */
function vocabularyOf(characters: readonly string[]): string[] {
  const counts = new Map<string, number>();
  for (const character of characters) counts.set(character, (counts.get(character) ?? 0) + 1);
  const byCode = (a: string, b: string) => (a.codePointAt(0) as number) - (b.codePointAt(0) as number);
  let kept = [...counts.keys()].filter((character) => character !== UNKNOWN).sort(byCode);
  const isCut = kept.length > MAX_VOCABULARY || (counts.has(UNKNOWN) && kept.length === MAX_VOCABULARY);
  if (isCut) {
    const often = kept.toSorted((a, b) => (counts.get(b) as number) - (counts.get(a) as number) || byCode(a, b));
    kept = often.slice(0, MAX_VOCABULARY - 1).sort(byCode);
  }
  return isCut || counts.has(UNKNOWN) ? [...kept, UNKNOWN].sort(byCode) : kept;
}

/** Rows of window + 1 tokens; the last token of one is the first of the next, so every character is predicted once. */
function windowsOf(tokens: Uint8Array, window: number): Uint8Array {
  const rows = Math.floor((tokens.length - 1) / window);
  const data = new Uint8Array(rows * (window + 1));
  for (let row = 0; row < rows; row++) data.set(tokens.subarray(row * window, (row + 1) * window + 1), row * (window + 1));
  return data;
}

/**
 * Column: `tokens` u8 [window + 1]; token k is character k of the task's vocabulary (code points). The last tenth of the
 * text is for testing. Errors: DataError for a text that is too short.
 */
export function readText(text: string, name: string, window: number): ReadData {
  const characters = [
    ...text
      .replace(/^\uFEFF/, '')
      .replaceAll('\r\n', '\n')
      .toWellFormed(),
  ];
  const least = 20 * (window + 1);
  if (characters.length < least)
    throw new DataError(`${name} has ${characters.length} characters; windows of ${window} need at least ${least}. Choose a longer text or a shorter window.`);
  const vocabulary = vocabularyOf(characters);
  if (vocabulary.length < 2) throw new DataError(`${name} is one character repeated: there is nothing to learn. Choose another text.`);
  const places = new Map(vocabulary.map((character, k) => [character, k]));
  const unknown = places.get(UNKNOWN) ?? 0;
  const tokens = Uint8Array.from(characters, (character) => places.get(character) ?? unknown);
  const cutAt = Math.floor(tokens.length * 0.9);
  const column = (part: Uint8Array) => [{ name: 'tokens', shape: [window + 1], data: windowsOf(part, window) }];
  return {
    task: { kind: 'text', vocabulary: vocabulary.join(''), window },
    train: column(tokens.subarray(0, cutAt)),
    test: column(tokens.subarray(cutAt)),
    source: name,
    licence: '',
  };
}
