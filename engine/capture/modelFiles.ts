/** A weight with its numbers, as model files hold them. */
export interface NamedWeight {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** A model as tfjs saves it: `model.json` (as an object) and the bytes of its weight files, in the manifest's order. */
export interface ModelFiles {
  readonly json: object;
  readonly weights: Uint8Array | null;
}

export interface WeightSpec {
  readonly name: string;
  readonly shape: number[];
  readonly dtype: 'float32';
}

export function sizeOfShape(shape: readonly number[]): number {
  return shape.reduce((product, extent) => product * extent, 1);
}

/** Little-endian bytes of the weights, one after the other. Errors: a weight with another number of values than its shape. */
export function weightBytes(weights: readonly NamedWeight[]): Uint8Array<ArrayBuffer> {
  const total = weights.reduce((sum, weight) => sum + weight.values.length, 0);
  const bytes = new Uint8Array(4 * total);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { name, shape, values } of weights) {
    if (values.length !== sizeOfShape(shape)) throw new Error(`weight ${name}: ${values.length} values for a shape [${shape.join(', ')}]`);
    for (const value of values) {
      view.setFloat32(at, value, true);
      at += 4;
    }
  }
  return bytes;
}

export function weightSpecs(weights: readonly NamedWeight[]): WeightSpec[] {
  return weights.map(({ name, shape }) => ({ name, shape: [...shape], dtype: 'float32' }));
}
