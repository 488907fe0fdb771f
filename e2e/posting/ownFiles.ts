/** What a requestor has on their own disk: models as tfjs saves them, a table, pictures by class. */
import { deflateSync } from 'node:zlib';
import * as tf from '@tensorflow/tfjs';
import { zipSync } from 'fflate';

/** A file as Playwright's `setInputFiles` takes it. */
export interface OwnFile {
  readonly name: string;
  readonly mimeType: string;
  readonly buffer: Buffer;
}

export interface SavedModel {
  readonly json: OwnFile;
  readonly weights: OwnFile;
  /** The same numbers, by name as tfjs has them. */
  readonly values: Readonly<Record<string, readonly number[]>>;
}

/** What `model.save('downloads://...')` would put into the downloads folder. */
export async function saveModel(model: tf.LayersModel): Promise<SavedModel> {
  let artifacts: tf.io.ModelArtifacts | undefined;
  await model.save(
    tf.io.withSaveHandler(async (saved) => {
      artifacts = saved;
      return { modelArtifactsInfo: { dateSaved: new Date(0), modelTopologyType: 'JSON' } };
    }),
  );
  if (!artifacts?.weightData || !artifacts.weightSpecs) throw new Error('tfjs saved no weights');
  const json = {
    modelTopology: artifacts.modelTopology,
    format: 'layers-model',
    generatedBy: 'TensorFlow.js',
    weightsManifest: [{ paths: ['./model.weights.bin'], weights: artifacts.weightSpecs }],
  };
  const parts = Array.isArray(artifacts.weightData) ? artifacts.weightData : [artifacts.weightData];
  return {
    json: { name: 'model.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(json)) },
    weights: { name: 'model.weights.bin', mimeType: 'application/octet-stream', buffer: Buffer.concat(parts.map((part) => Buffer.from(part))) },
    values: Object.fromEntries(model.weights.map((weight) => [weight.originalName, [...(weight.read().dataSync() as Float32Array)]])),
  };
}

/** Three numbers to two classes. */
export function tableModel(): tf.LayersModel {
  return tf.sequential({ layers: [tf.layers.dense({ inputShape: [3], units: 8, activation: 'tanh' }), tf.layers.dense({ units: 2, activation: 'softmax' })] });
}

/** Pictures of 16 x 16 x 3 to two classes. */
export function pictureModel(): tf.LayersModel {
  return tf.sequential({
    layers: [
      tf.layers.conv2d({ inputShape: [16, 16, 3], filters: 4, kernelSize: 3, strides: 2, activation: 'relu' }),
      tf.layers.flatten(),
      tf.layers.dense({ units: 2, activation: 'softmax' }),
    ],
  });
}

/** Rows of three numbers; the class says whether the first is larger than the second, so a small net can learn it. */
export function tableCsv(rows = 400): string {
  const lines = ['size,weight,age,kind'];
  for (let row = 0; row < rows; row++) {
    const [a, b, c] = [(row * 37) % 101, (row * 61) % 97, (row * 13) % 89].map((value) => value / 50 - 1) as [number, number, number];
    lines.push(`${a.toFixed(3)},${b.toFixed(3)},${c.toFixed(3)},${a > b ? 'cat' : 'dog'}`);
  }
  return lines.join('\n');
}

export function fileOf(name: string, content: string | Uint8Array, mimeType = 'text/plain'): OwnFile {
  return { name, mimeType, buffer: Buffer.from(content) };
}

const CRC_TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let k = 0; k < 8; k++) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function pngChunk(kind: string, data: Uint8Array): Buffer {
  const body = Buffer.concat([Buffer.from(kind, 'latin1'), data]);
  const crc = body.reduce((value, byte) => (CRC_TABLE[(value ^ byte) & 255] as number) ^ (value >>> 8), 0xffffffff);
  const frame = Buffer.alloc(8);
  frame.writeUInt32BE(data.length, 0);
  frame.writeUInt32BE((crc ^ 0xffffffff) >>> 0, 4);
  return Buffer.concat([frame.subarray(0, 4), body, frame.subarray(4)]);
}

/** A square PNG; `colour` gives red, green and blue of a place. */
export function png(size: number, colour: (x: number, y: number) => readonly [number, number, number]): Buffer {
  const rows = Array.from({ length: size }, (_, y) => [0, ...Array.from({ length: size }, (_, x) => colour(x, y)).flat()]);
  const head = Buffer.alloc(13);
  head.writeUInt32BE(size, 0);
  head.writeUInt32BE(size, 4);
  head.set([8, 2], 8);
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    pngChunk('IHDR', head),
    pngChunk('IDAT', deflateSync(Uint8Array.from(rows.flat()))),
    pngChunk('IEND', Buffer.alloc(0)),
  ]);
}

/** Reddish squares and bluish squares, each a little different: paths from the chosen folder, as a disk would have them. */
export function pictures(each = 20): Readonly<Record<string, Buffer>> {
  const files: Record<string, Buffer> = {};
  for (let k = 0; k < each; k++) {
    files[`warm/${k}.png`] = png(24, (x, y) => [200 + ((x + k) % 50), (y * 3 + k) % 90, 30]);
    files[`cold/${k}.png`] = png(24, (x, y) => [30, (x * 3 + k) % 90, 200 + ((y + k) % 50)]);
  }
  return files;
}

export function zipOf(files: Readonly<Record<string, Uint8Array>>): Buffer {
  return Buffer.from(zipSync(files));
}
