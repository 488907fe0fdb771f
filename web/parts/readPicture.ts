/** A picture file as a model sees it: resized, 0..1, row by row, colours last. */
import type { Task } from '#swarm/protocol/jobSpec.ts';

/** Errors: a file that the browser cannot read as a picture. */
export async function readPicture(file: Blob, { height, width, channels }: Extract<Task, { kind: 'images' }>): Promise<Float32Array> {
  const bitmap = await createImageBitmap(file, { resizeWidth: width, resizeHeight: height }).catch(() => {
    throw new Error('This file is not a picture that the browser can read. Try a PNG or JPEG.');
  });
  const context = new OffscreenCanvas(width, height).getContext('2d');
  if (!context) throw new Error('This browser cannot draw pictures off screen.');
  context.drawImage(bitmap, 0, 0, width, height);
  const { data } = context.getImageData(0, 0, width, height);
  return Float32Array.from({ length: height * width * channels }, (_, k) => {
    const pixel = Math.floor(k / channels) * 4;
    const value = channels === 1 ? ((data[pixel] ?? 0) + (data[pixel + 1] ?? 0) + (data[pixel + 2] ?? 0)) / 3 : (data[pixel + (k % channels)] ?? 0);
    return value / 255;
  });
}
