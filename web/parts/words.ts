/** 32-bit words as people read them: in decimal, and in bits. */
import type { WordType } from '#swarm/protocol/disputeView.ts';

const bits32 = new Uint32Array(1);
const float32 = new Float32Array(bits32.buffer);

/** The shortest decimal that gives the same f32 back; null where the type is not known. */
export function decimal(bits: number, type: WordType): string | null {
  if (type === null) return null;
  if (type === 'i32') return String(bits | 0);
  if (type === 'u32') return String(bits >>> 0);
  bits32[0] = bits;
  const value = float32[0] as number;
  if (!Number.isFinite(value)) return Number.isNaN(value) ? 'not a number' : value > 0 ? 'infinity' : '−infinity';
  if (Object.is(value, -0)) return '−0';
  for (let digits = 1; digits < 9; digits++) if (Math.fround(Number(value.toPrecision(digits))) === value) return String(Number(value.toPrecision(digits)));
  return String(Number(value.toPrecision(9)));
}

/** Eight hex digits. */
export function hex(bits: number): string {
  return (bits >>> 0).toString(16).padStart(8, '0');
}

/** `0.1234 (3dfcb924)`. */
export function word(bits: number, type: WordType): string {
  const value = decimal(bits, type);
  return value === null ? hex(bits) : `${value} (${hex(bits)})`;
}
