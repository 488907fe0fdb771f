/** What a run of `npm run hostile` found, as docs/NUMERICS.md and docs/DECISIONS.md have it. */
import { type Target, TARGETS } from './attacks.ts';

export interface Row {
  readonly attack: string;
  readonly target: Target;
  /** Shaders given to the device, and places in them that were rewritten. */
  readonly shaders: number;
  readonly sites: number;
  readonly words: number;
  readonly mismatches: number;
  readonly promised: 'survives' | 'breaks';
  /** Where words differ: whether a device with such a compiler fails a self-test. */
  readonly noticed: boolean | null;
  readonly kept: boolean;
}

/** A text of a document, and where it stands there. */
interface Passage {
  readonly file: string;
  readonly pattern: RegExp;
  readonly text: string;
}

function tableOf(rows: readonly Row[]): string {
  const attacks = [...new Set(rows.map(({ attack }) => attack))];
  const counts = (attack: string) => TARGETS.map((target) => rows.find((row) => row.attack === attack && row.target === target)?.mismatches ?? 0);
  const survived = attacks.filter((attack) => counts(attack).every((count) => count === 0));
  const broken = attacks.filter((attack) => !survived.includes(attack));
  const words = TARGETS.map((target) => `${target}, of ${rows.find((row) => row.target === target)?.words}`);
  const line = (cells: readonly (string | number)[]) => `| ${cells.join(' | ')} |\n`;
  return [
    line(['rewrite', ...words]),
    `|${'---|'.repeat(TARGETS.length + 1)}\n`,
    line([survived.join('; '), ...TARGETS.map(() => 0)]),
    ...broken.map((attack) => line([attack, ...counts(attack)])),
  ].join('');
}

/** Of a full run. */
export function passagesOf(rows: readonly Row[], reorders: ReadonlySet<string>): Passage[] {
  const reordered = rows.filter(({ attack, target }) => target === 'f12' && reorders.has(attack));
  const differ = reordered.map(({ mismatches }) => mismatches);
  return [
    { file: 'docs/NUMERICS.md', pattern: /\| rewrite \|[^]*?\n(?=\n)/, text: tableOf(rows) },
    {
      file: 'docs/DECISIONS.md',
      pattern: /\d+ to \d+ of \d+ words \(`npm run hostile`\)/,
      text: `${Math.min(...differ)} to ${Math.max(...differ)} of ${reordered[0]?.words} words (\`npm run hostile\`)`,
    },
  ];
}

/** The document with the passage as it has to be. Errors: Error, where it has none. */
export function withPassage(document: string, { file, pattern, text }: Passage): string {
  if (!pattern.test(document)) throw new Error(`${file} has no place for: ${text}`);
  return document.replace(pattern, () => text);
}
