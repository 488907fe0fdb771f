import type { NamedWeight } from './modelFiles.ts';
import { weightBytes } from './modelFiles.ts';

/** Hugging Face safetensors: u64 header length, JSON header padded with spaces to 8 bytes, then the tensors' bytes. */
export function exportSafetensors(weights: readonly NamedWeight[]): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> = { __metadata__: { format: 'tf', producer: 'Tutti' } };
  let at = 0;
  for (const { name, shape, values } of weights) {
    header[name] = { dtype: 'F32', shape: [...shape], data_offsets: [at, at + 4 * values.length] };
    at += 4 * values.length;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  const padded = Math.ceil(text.length / 8) * 8;
  const file = new Uint8Array(8 + padded + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(padded), true);
  file.fill(0x20, 8, 8 + padded);
  file.set(text, 8);
  file.set(weightBytes(weights), 8 + padded);
  return file;
}
