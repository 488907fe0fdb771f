/** A CSV table as number columns and a target: classes where it looks like some, else a number. */
import type { ColumnData } from '#swarm/training/dataset.ts';
import { DataError } from './dataError.ts';
import type { ReadData } from './readDataset.ts';
import { splitRows } from './splitRows.ts';

/** A number column with more different values than this is a quantity, not classes. */
const MAX_NUMBER_CLASSES = 20;
const MAX_CLASSES = 1000;

interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

async function parseTable(text: string, name: string): Promise<Table> {
  const { default: Papa } = await import('papaparse');
  const { data, errors } = Papa.parse<string[]>(text.replace(/^\uFEFF/, ''), { skipEmptyLines: 'greedy' });
  const serious = errors.find((error) => error.code !== 'UndetectableDelimiter');
  if (serious) throw new DataError(`${name}, row ${(serious.row ?? 0) + 1}: ${serious.message}`);
  const [header, ...rows] = data;
  if (!header || rows.length === 0) throw new DataError(`${name} has no rows under its header. The first line must name the columns.`);
  const names = header.map((entry) => entry.trim());
  if (names.every((entry) => entry !== '' && Number.isFinite(Number(entry))))
    throw new DataError(`${name}: the first line holds numbers. Add a line with the names of the columns above it.`);
  names.forEach((entry, k) => {
    if (entry === '') throw new DataError(`${name}: column ${k + 1} has no name in the first line`);
    if (names.indexOf(entry) !== k) throw new DataError(`${name}: two columns are named ${entry}`);
  });
  rows.forEach((row, k) => {
    if (row.length !== names.length) throw new DataError(`${name}, row ${k + 2}: ${row.length} fields, the header names ${names.length} columns`);
  });
  return { header: names, rows };
}

function numberAt(table: Table, row: number, column: number, name: string): number {
  const entry = (table.rows[row]?.[column] ?? '').trim();
  const value = entry === '' ? Number.NaN : Number(entry);
  if (Number.isFinite(Math.fround(value))) return value;
  const what = entry === '' ? 'the field is empty' : `"${entry.slice(0, 40)}" is not a number`;
  throw new DataError(`${name}, row ${row + 2}, column ${table.header[column]}: ${what}. Mend the row, or take the column out.`);
}

/** Classes in order (numbers by size, words by code), or null where the target is a quantity. */
function classesOf(entries: readonly string[]): string[] | null {
  const distinct = [...new Set(entries)];
  const areNumbers = distinct.every((entry) => entry !== '' && Number.isFinite(Number(entry)));
  if (!areNumbers) return distinct.sort();
  const areClasses = distinct.length <= MAX_NUMBER_CLASSES && distinct.every((entry) => Number.isInteger(Number(entry)));
  return areClasses ? distinct.sort((a, b) => Number(a) - Number(b)) : null;
}

function targetColumn(table: Table, target: number, name: string): { column: ColumnData; classes: string[] } {
  const entries = table.rows.map((row) => (row[target] ?? '').trim());
  const empty = entries.indexOf('');
  if (empty >= 0) throw new DataError(`${name}, row ${empty + 2}, column ${table.header[target]}: the field is empty. Mend the row, or take it out.`);
  const classes = classesOf(entries);
  if (!classes) return { column: { name: 'target', shape: [], data: Float32Array.from(entries, (_, row) => numberAt(table, row, target, name)) }, classes: [] };
  if (classes.length < 2) throw new DataError(`${name}: every row has the same ${table.header[target]} (${classes[0]}); there is nothing to learn`);
  if (classes.length > MAX_CLASSES)
    throw new DataError(`${name}: column ${table.header[target]} has ${classes.length} different values; at most ${MAX_CLASSES} classes can be learned`);
  const places = new Map(classes.map((entry, k) => [entry, k]));
  return { column: { name: 'label', shape: [], data: Int32Array.from(entries, (entry) => places.get(entry) as number) }, classes };
}

/**
 * Columns: `features` f32 [number of features], raw; and `label` i32 (classes) or `target` f32 (a quantity).
 * Errors: DataError with row and column; rows are counted as a spreadsheet does, the header being row 1.
 */
export async function readTable(text: string, name: string, target: string): Promise<ReadData> {
  const table = await parseTable(text, name);
  const at = table.header.indexOf(target.trim());
  if (at < 0) throw new DataError(`${name} has no column ${target}; its columns are ${table.header.join(', ')}`);
  const features = table.header.map((_, k) => k).filter((k) => k !== at);
  if (features.length === 0) throw new DataError(`${name} has only the column ${target}; there is nothing to learn it from`);
  const data = new Float32Array(table.rows.length * features.length);
  for (let row = 0; row < table.rows.length; row++) {
    features.forEach((column, k) => {
      data[row * features.length + k] = numberAt(table, row, column, name);
    });
  }
  const { column, classes } = targetColumn(table, at, name);
  const columns = [{ name: 'features', shape: [features.length], data }, column];
  return {
    task: { kind: 'table', features: features.map((k) => table.header[k] as string), target: table.header[at] as string, classes },
    ...splitRows(columns, table.rows.length),
    source: name,
    licence: '',
  };
}
