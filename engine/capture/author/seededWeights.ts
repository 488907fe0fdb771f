import { uniforms } from './philox.ts';

/** A tfjs initializer as topologies carry it. */
export interface InitializerConfig {
  readonly className: string;
  readonly config: Readonly<Record<string, unknown>>;
}

/** Natural logarithm from +, -, *, / only: the same bits in every browser, which Math.log does not promise. */
function logarithm(x: number): number {
  let exponent = 0;
  let mantissa = x;
  while (mantissa > Math.SQRT2) {
    mantissa /= 2;
    exponent++;
  }
  while (mantissa < Math.SQRT1_2) {
    mantissa *= 2;
    exponent--;
  }
  const z = (mantissa - 1) / (mantissa + 1);
  let term = z;
  let sum = 0;
  for (let k = 1; k < 30; k += 2) {
    sum += term / k;
    term *= z * z;
  }
  return 2 * sum + exponent * Math.LN2;
}

/** Inverse of the normal distribution (Acklam's rational fit, relative error under 1.2e-9). */
function normalQuantile(p: number): number {
  const tail = (q: number): number => {
    const numerator = ((((-7.784894002430293e-3 * q - 0.3223964580411365) * q - 2.400758277161838) * q - 2.549732539343734) * q + 4.374664141464968) * q + 2.938163982698783;
    const denominator = (((7.784695709041462e-3 * q + 0.3224671290700398) * q + 2.445134137142996) * q + 3.754408661907416) * q + 1;
    return numerator / denominator;
  };
  if (p < 0.02425) return tail(Math.sqrt(-2 * logarithm(p)));
  if (p > 1 - 0.02425) return -tail(Math.sqrt(-2 * logarithm(1 - p)));
  const q = p - 0.5;
  const r = q * q;
  const numerator = (((((-39.69683028665376 * r + 220.9460984245205) * r - 275.9285104469687) * r + 138.357751867269) * r - 30.66479806614716) * r + 2.506628277459239) * q;
  const denominator = ((((-54.47609879822406 * r + 161.5858368580409) * r - 155.6989798598866) * r + 66.80131188771972) * r - 13.28068155288572) * r + 1;
  return numerator / denominator;
}

/** Fan in and out as tfjs counts them: dense [in, out], convolution [...window, in, out]. */
function fans(shape: readonly number[]): readonly [number, number] {
  if (shape.length === 0) return [1, 1];
  if (shape.length === 1) return [shape[0] ?? 1, shape[0] ?? 1];
  const window = shape.slice(0, -2).reduce((product, extent) => product * extent, 1);
  return [window * (shape[shape.length - 2] ?? 1), window * (shape[shape.length - 1] ?? 1)];
}

const VARIANCE_SCALING: Readonly<Record<string, { scale: number; mode: string; distribution: string }>> = {
  GlorotUniform: { scale: 1, mode: 'fanAvg', distribution: 'uniform' },
  GlorotNormal: { scale: 1, mode: 'fanAvg', distribution: 'normal' },
  HeUniform: { scale: 2, mode: 'fanIn', distribution: 'uniform' },
  HeNormal: { scale: 2, mode: 'fanIn', distribution: 'normal' },
  LeCunUniform: { scale: 1, mode: 'fanIn', distribution: 'uniform' },
  LeCunNormal: { scale: 1, mode: 'fanIn', distribution: 'normal' },
};

/** tfjs and Keras spell distributions and modes in their own cases. */
function camel(text: unknown): string {
  return String(text).replace(/_(.)/g, (_, letter: string) => letter.toUpperCase());
}

function varianceScaling(config: { scale: number; mode: string; distribution: string }, shape: readonly number[], random: Float64Array): Float64Array {
  const [fanIn, fanOut] = fans(shape);
  const fan = config.mode === 'fanIn' ? fanIn : config.mode === 'fanOut' ? fanOut : (fanIn + fanOut) / 2;
  const scale = config.scale / Math.max(1, fan);
  if (config.distribution === 'uniform') {
    const limit = Math.sqrt(3 * scale);
    return random.map((u) => (2 * u - 1) * limit);
  }
  return truncatedNormal(random, 0, Math.sqrt(scale));
}

/** Normal, cut at two standard deviations by mapping the uniform into the middle of the distribution. */
function truncatedNormal(random: Float64Array, mean: number, deviation: number): Float64Array {
  const below = 0.022750131948179195;
  return random.map((u) => mean + deviation * normalQuantile(below + u * (1 - 2 * below)));
}

/** Orthonormal columns (or rows) by Gram-Schmidt on normal numbers; a convolution's window and inputs are its rows. */
function orthogonal(shape: readonly number[], gain: number, random: Float64Array): Float64Array {
  if (shape.length < 2) throw new Error(`the orthogonal initializer is for matrices, got shape [${shape.join(', ')}]`);
  const columns = shape[shape.length - 1] ?? 1;
  const rows = random.length / columns;
  const [count, length] = rows < columns ? [rows, columns] : [columns, rows];
  const normal = random.map((u) => normalQuantile(Math.max(u, 2 ** -25)));
  const vectors: Float64Array[] = [];
  for (let v = 0; v < count; v++) {
    const vector = normal.slice(v * length, (v + 1) * length);
    for (let pass = 0; pass < 2; pass++) {
      for (const other of vectors) {
        const along = other.reduce((sum, value, k) => sum + value * (vector[k] ?? 0), 0);
        for (let k = 0; k < length; k++) vector[k] = (vector[k] ?? 0) - along * (other[k] ?? 0);
      }
    }
    const norm = Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
    vectors.push(vector.map((value) => value / norm));
  }
  return Float64Array.from({ length: rows * columns }, (_, k) => {
    const [row, column] = [Math.floor(k / columns), k % columns];
    return gain * ((rows < columns ? vectors[row]?.[column] : vectors[column]?.[row]) ?? 0);
  });
}

/**
 * First values of one weight: what its initializer means, from Philox numbers of (seed, stream), so that the same
 * seed gives the same bits on every machine. Errors: an initializer that is not known, by name.
 */
export function seededWeight(initializer: InitializerConfig, shape: readonly number[], seed: number, stream: number): Float32Array {
  const { className, config } = initializer;
  const size = shape.reduce((product, extent) => product * extent, 1);
  const number = (name: string, otherwise: number) => (typeof config[name] === 'number' ? config[name] : otherwise);
  const random = () => uniforms(seed, stream, size);
  const scaling = VARIANCE_SCALING[className];
  if (scaling) return Float32Array.from(varianceScaling(scaling, shape, random()));
  switch (className) {
    case 'Zeros':
      return new Float32Array(size);
    case 'Ones':
      return new Float32Array(size).fill(1);
    case 'Constant':
      return new Float32Array(size).fill(number('value', 0));
    case 'RandomUniform': {
      const [low, high] = [number('minval', -0.05), number('maxval', 0.05)];
      return Float32Array.from(random(), (u) => low + u * (high - low));
    }
    case 'RandomNormal':
      return Float32Array.from(random(), (u) => number('mean', 0) + number('stddev', 0.05) * normalQuantile(Math.max(u, 2 ** -25)));
    case 'TruncatedNormal':
      return Float32Array.from(truncatedNormal(random(), number('mean', 0), number('stddev', 0.05)));
    case 'VarianceScaling': {
      const distribution = camel(config.distribution ?? 'normal');
      return Float32Array.from(
        varianceScaling({ scale: number('scale', 1), mode: camel(config.mode ?? 'fanIn'), distribution: distribution === 'uniform' ? 'uniform' : 'normal' }, shape, random()),
      );
    }
    case 'Orthogonal':
      return Float32Array.from(orthogonal(shape, number('gain', 1), random()));
    case 'Identity': {
      const columns = shape[1] ?? 1;
      return Float32Array.from({ length: size }, (_, k) => (Math.floor(k / columns) === k % columns ? number('gain', 1) : 0));
    }
    default:
      throw new Error(`no seeded form of the initializer ${className}: give the weights with the model, or choose glorotUniform, heNormal, zeros or another standard one`);
  }
}
