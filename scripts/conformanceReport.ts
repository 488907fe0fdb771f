/** What `npm run conformance` prints and writes of its verdicts. */
import type { Profile } from '#engine/program/program.ts';
import type { Verdict } from './conformanceVerdict.ts';

export interface ModelResult {
  readonly model: string;
  readonly profile: Profile;
  /** That were asked for, and that the reference did before the case ended. */
  readonly steps: number;
  readonly done: number;
  readonly law: Verdict;
  /** Of each open stack. */
  readonly stacks: Readonly<Record<string, Verdict>>;
}

export interface Report {
  readonly cases: readonly ModelResult[];
  readonly random: { readonly count: number; readonly stacks: Readonly<Record<string, Verdict>> };
  /** Stacks that answered at the start, and those that did not. */
  readonly open: readonly string[];
  readonly missing: readonly string[];
}

const mismatchesOf = (verdicts: Readonly<Record<string, Verdict>>) => Object.values(verdicts).reduce((sum, { mismatches }) => sum + mismatches, 0);

export function caseLine({ model, profile, steps, law, stacks }: ModelResult): string {
  const ending = law.cell === 'equal' ? '' : ` (${law.cell})`;
  const verdicts = Object.entries(stacks).map(([name, { kind, cell, firstDifference }]) => {
    if (kind === 'equal' || kind === 'not compared') return `${name} ${kind}`;
    return `${name} ${kind === 'differs' ? 'DIFFERS' : cell.toUpperCase()} (${firstDifference})`;
  });
  return `${model}, ${profile}, ${steps} steps${ending}, root ${law.root || 'none'}: ${verdicts.join(', ')}`;
}

/** Programs down, stacks across. */
export function matrix({ cases, random: { count, stacks: ofRandom } }: Report, stacks: readonly string[]): string {
  const rowOf = (name: string, verdicts: Readonly<Record<string, Verdict>>) => [name, ...stacks.map((stack) => verdicts[stack]?.cell ?? 'missing')];
  const rows = [['', ...stacks], ...cases.map((one) => rowOf(`${one.model}, ${one.profile}, ${one.steps} steps`, one.stacks))];
  if (count > 0) rows.push(rowOf(`${count} random Programs`, ofRandom));
  const widths = ['', ...stacks].map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)) + 2);
  return rows.map((row) => row.map((text, column) => text.padEnd(widths[column] ?? 0)).join('')).join('\n');
}

/** `steps` are those that were compared, and each root is that of the state after them: fewer than asked for where the case ended early. */
export function toJson({ cases, random, missing }: Report): string {
  const plain = ({ root, mismatches, firstDifference }: Verdict) => ({ root, mismatches, firstDifference });
  const written = {
    cases: cases.map(({ model, profile, done, law, stacks }) => ({
      model,
      profile,
      steps: done,
      stacks: Object.fromEntries(Object.entries({ reference: law, ...stacks }).map(([name, verdict]) => [name, plain(verdict)])),
    })),
    randomPrograms: { count: random.count, mismatches: mismatchesOf(random.stacks) },
    missing,
  };
  return `${JSON.stringify(written, null, 2)}\n`;
}

/** What it all comes to. `good`: something was compared, and all that was is equal. */
export function summary({ cases, random, open, missing }: Report): { readonly lines: readonly string[]; readonly good: boolean } {
  const without = missing.length > 0 ? `; missing: ${missing.join(', ')}` : '';
  if (open.length === 0) return { lines: [`no stack could be opened, so nothing was compared${without}`], good: false };
  const lines: string[] = [];
  for (const { model, steps, done, law } of cases) {
    if (law.kind === 'not compared' || law.kind === 'differs') lines.push(`${model}: ${law.firstDifference}`);
    else if (done < steps)
      lines.push(`${model}: ${law.cell}, and only what comes before was compared. To have all of it compared, take --steps ${done}, a lower learning rate or other data.`);
  }
  const all = [...cases.map(({ stacks }) => stacks), random.stacks];
  for (const name of open) {
    const broken = all.map((verdicts) => verdicts[name]).find((verdict) => verdict?.cell === 'broke down');
    if (broken) lines.push(`${name} broke down: ${broken.firstDifference}. Run this again, or with --stacks and the others only.`);
  }
  const results = all.flatMap((verdicts) => Object.values(verdicts));
  const laws = cases.map(({ law }) => law);
  const wrong = [
    { number: [...results, ...laws].reduce((sum, { kind, mismatches }) => sum + (kind === 'differs' ? mismatches : 0), 0), what: 'differences' },
    { number: results.filter(({ kind }) => kind === 'broke down').length, what: 'without a result' },
    { number: laws.filter(({ kind }) => kind === 'not compared').length, what: 'in which nothing was compared' },
  ].filter(({ number }) => number > 0);
  if (wrong.length === 0) lines.push(`all equal on ${open.length} stacks${without}`);
  else lines.push(`${wrong.map(({ number, what }) => `${number} ${what}`).join(', ')}${without}`);
  return { lines, good: wrong.length === 0 };
}
