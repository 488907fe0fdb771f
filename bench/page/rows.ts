/** What is timed. */
import { kernelRows } from './kernelRows.ts';
import type { Row } from './row.ts';
import { stepRows } from './stepRows.ts';

export const rows = (): Row[] => [...stepRows(), ...kernelRows()];
