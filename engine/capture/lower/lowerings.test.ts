import { beforeAll, describe, expect, test } from 'vitest';
import type { Tensor, Tf } from '../author/tfjs.ts';
import { loadTfjs } from '../loadTfjs.ts';
import type { NamedInput } from '../testing/runCaptured.ts';
import { runBoth } from '../testing/runCaptured.ts';
import { flat, withGradients as valueAndGradients } from '../testing/withGradients.ts';

let tf: Tf;
beforeAll(async () => {
  tf = await loadTfjs();
  await tf.setBackend('cpu');
});

/** Multiples of 1/16 under 4 in magnitude: 12 bits hold them, so that f12 products equal stock's. */
function floats(shape: readonly number[], salt = 1): NamedInput {
  const size = shape.reduce((product, extent) => product * extent, 1);
  const values = Array.from({ length: size }, (_, k) => (((k + salt) * 7919 * salt + k * k * 31) % 127) / 16 - 4 + 1 / 32);
  return { name: `f${salt}`, dtype: 'float32', shape, values };
}
function integers(shape: readonly number[], below: number, salt = 1): NamedInput {
  const size = shape.reduce((product, extent) => product * extent, 1);
  return { name: `i${salt}`, dtype: 'int32', shape, values: Array.from({ length: size }, (_, k) => ((k + salt) * 7919) % below) };
}

type Compute = (tf: Tf, ...tensors: Tensor[]) => Tensor;
type Case = readonly [name: string, inputs: readonly NamedInput[], compute: Compute];

const all = (...parts: Tensor[]): Tensor => flat(tf, ...parts);

const withGradients =
  (f: (...tensors: Tensor[]) => Tensor): Compute =>
  (_, ...tensors) =>
    valueAndGradients(tf, f, tensors);

const positive = (x: Tensor): Tensor => tf.add(tf.abs(x), 0.25);

const ELEMENTWISE: readonly Case[] = [
  ...(
    [
      'abs',
      'neg',
      'exp',
      'expm1',
      'sigmoid',
      'tanh',
      'softplus',
      'erf',
      'sin',
      'cos',
      'square',
      'relu',
      'relu6',
      'elu',
      'selu',
      'floor',
      'ceil',
      'round',
      'sign',
      'step',
      'sinh',
      'cosh',
      'tan',
      'isNaN',
      'isFinite',
      'isInf',
    ] as const
  ).map((name): Case => [name, [floats([3, 5])], (_, x) => (tf[name] as (x: Tensor) => Tensor)(tf.mul(x, 0.75))]),
  ...(['log', 'log1p', 'sqrt', 'rsqrt', 'reciprocal'] as const).map((name): Case => [name, [floats([3, 5])], (_, x) => tf[name](positive(x))]),
  ...(['relu', 'relu6', 'elu', 'selu', 'sigmoid', 'tanh', 'softplus', 'square', 'exp', 'abs', 'erf', 'sin', 'cos', 'leakyRelu'] as const).map(
    (name): Case => [`${name} and its gradient`, [floats([2, 7])], withGradients((x) => (tf[name] as (x: Tensor) => Tensor)(x))],
  ),
  ...(['log', 'log1p', 'sqrt', 'rsqrt', 'reciprocal'] as const).map((name): Case => [`${name} and its gradient`, [floats([2, 7])], withGradients((x) => tf[name](positive(x)))]),
  ...(['add', 'sub', 'mul'] as const).flatMap((name): Case[] => [
    [`${name}, broadcasting, and its gradients`, [floats([3, 4, 5]), floats([4, 1], 2)], withGradients((a, b) => tf[name](a, b))],
    [`${name} of a row`, [floats([6, 4]), floats([4], 2)], withGradients((a, b) => tf[name](a, b))],
  ]),
  // tfjs's own gradients of these do not broadcast.
  ...(['maximum', 'minimum', 'squaredDifference'] as const).map(
    (name): Case => [`${name} and its gradients`, [floats([3, 4]), floats([3, 4], 2)], withGradients((a, b) => tf[name](a, b))],
  ),
  ['div and its gradients', [floats([3, 4]), floats([4], 2)], withGradients((a, b) => tf.div(a, positive(b)))],
  ['pow and its gradients', [floats([3, 4]), floats([3, 4], 2)], withGradients((a, b) => tf.pow(positive(a), tf.mul(b, 0.25)))],
  ['pow by whole numbers', [floats([3, 4])], (_, a) => all(tf.pow(a, 2), tf.pow(a, 3), tf.pow(positive(a), 0.5))],
  ['mod and floorDiv', [floats([3, 4]), floats([3, 4], 2)], (_, a, b) => all(tf.mod(a, positive(b)), tf.floorDiv(a, positive(b)))],
  [
    'comparisons',
    [floats([4, 3]), floats([3], 2)],
    (_, a, b) => all(...(['equal', 'notEqual', 'less', 'lessEqual', 'greater', 'greaterEqual'] as const).map((name) => tf[name](a, b))),
  ],
  [
    'integer arithmetic',
    [integers([4, 3], 50), integers([3], 7, 2)],
    (_, a, b) => all(tf.add(a, b), tf.mul(a, b), tf.sub(a, b), tf.floorDiv(a, tf.add(b, tf.scalar(1, 'int32'))), tf.mod(a, tf.add(b, tf.scalar(1, 'int32')))),
  ],
  ['logic and where', [floats([4, 3]), floats([4, 3], 2)], (_, a, b) => tf.where(tf.logicalOr(tf.logicalNot(tf.greater(a, 0)), tf.less(b, 1)), a, tf.neg(b))],
  ['clipByValue and its gradient', [floats([4, 3])], withGradients((a) => tf.clipByValue(a, -1, 1.5))],
  ['casts', [floats([4, 3])], (_, a) => all(tf.cast(a, 'int32'), tf.cast(a, 'bool'))],
  ['prelu and its gradients', [floats([4, 3]), floats([3], 2)], withGradients((a, b) => tf.prelu(a, b))],
  ['addN', [floats([4, 3]), floats([4, 3], 2)], withGradients((a, b) => tf.addN([a, b, a]))],
];

const REDUCTIONS: readonly Case[] = [
  ...[[0], [1], [2], [0, 2], [0, 1, 2]].flatMap((axes): Case[] => [
    [`sum over ${axes.join(' and ')}`, [floats([3, 4, 5])], withGradients((x) => tf.sum(x, axes))],
    [`mean over ${axes.join(' and ')}`, [floats([3, 4, 5])], withGradients((x) => tf.mean(x, axes, true))],
    [`max and min over ${axes.join(' and ')}`, [floats([3, 4, 5])], (_, x) => all(tf.max(x, axes), tf.min(x, axes))],
  ]),
  ['max and its gradient', [floats([3, 5])], withGradients((x) => tf.max(x, 1))],
  ['argMax and argMin', [floats([4, 9])], (_, x) => all(tf.argMax(x, 1), tf.argMin(x, 0))],
  ['any and all', [floats([4, 9])], (_, x) => all(tf.any(tf.greater(x, 3), 1), tf.all(tf.greater(x, -3.9), 1))],
  ['softmax and its gradient', [floats([4, 9])], withGradients((x) => tf.softmax(x))],
  ['logSoftmax and its gradient', [floats([4, 9])], withGradients((x) => tf.logSoftmax(x))],
  ['logSumExp and its gradient', [floats([4, 9])], withGradients((x) => tf.logSumExp(x, 1))],
  ['moments', [floats([4, 9])], (_, x) => all(...Object.values(tf.moments(x, [0])))],
  ['cumsum, exclusive and reverse too', [floats([4, 9])], (_, x) => all(tf.cumsum(x, 1), tf.cumsum(x, 0, true), tf.cumsum(x, 1, false, true))],
  ['integer sums', [integers([4, 9], 100)], (_, x) => all(tf.sum(x, 1), tf.max(x, 0))],
];

const MOVEMENT: readonly Case[] = [
  ['transpose and its gradient', [floats([2, 3, 4])], withGradients((x) => tf.transpose(x, [2, 0, 1]))],
  ['slice and its gradient', [floats([4, 5])], withGradients((x) => tf.slice(x, [1, 2], [2, -1]))],
  [
    'pad and its gradient',
    [floats([3, 4])],
    withGradients((x) =>
      tf.pad(
        x,
        [
          [1, 2],
          [0, 3],
        ],
        1.5,
      ),
    ),
  ],
  ['concat and its gradients', [floats([2, 3]), floats([2, 4], 2)], withGradients((a, b) => tf.concat([a, b, a], 1))],
  [
    'concat of many',
    [floats([2, 3]), floats([2, 3], 2)],
    (_, a, b) =>
      tf.concat(
        Array.from({ length: 11 }, (_x, k) => (k % 3 === 0 ? a : tf.mul(b, k))),
        0,
      ),
  ],
  ['stack and unstack', [floats([2, 3]), floats([2, 3], 2)], withGradients((a, b) => tf.stack(tf.unstack(tf.stack([a, b], 1), 0), 2))],
  ['split', [floats([2, 6])], withGradients((x) => tf.mul(...(tf.split(x, 2, 1) as [Tensor, Tensor])))],
  ['tile and its gradient', [floats([2, 3])], withGradients((x) => tf.tile(x, [2, 3]))],
  ['broadcastTo and its gradient', [floats([3, 1])], withGradients((x) => tf.broadcastTo(x, [2, 3, 4]))],
  ['reverse', [floats([2, 3, 4])], withGradients((x) => tf.reverse(x, [0, 2]))],
  [
    'reshapes between elementwise',
    [floats([6, 4])],
    withGradients((x) => tf.add(tf.reshape(tf.mul(tf.reshape(x, [2, 3, 4]), tf.reshape(tf.range(0, 4, 1, 'float32'), [4])), [6, 4]), tf.transpose(tf.reshape(x, [4, 6])))),
  ],
  ['range and fill', [floats([4])], (_, x) => tf.add(tf.add(x, tf.range(0, 4, 1, 'float32')), tf.onesLike(tf.zerosLike(x)))],
  [
    'gather and its gradient',
    [floats([5, 3]), integers([2, 4], 5, 2)],
    (_, table, ids) => all(tf.gather(table, ids), tf.grad((t: Tensor) => tf.sum(tf.mul(tf.gather(t, ids), tf.reshape(tf.range(0, 24, 1, 'float32'), [2, 4, 3]))))(table)),
  ],
  ['gather along the second axis', [floats([4, 5]), integers([3], 5, 2)], (_, table, ids) => tf.gather(table, ids, 1)],
  ['oneHot', [integers([2, 4], 6)], (_, ids) => all(tf.oneHot(ids, 5), tf.oneHot(ids, 6, 2, -1))],
  ['stridedSlice', [floats([5, 6])], (_, x) => all(tf.stridedSlice(x, [1, 0], [5, 6], [2, 3]), tf.stridedSlice(x, [4, 5], [1, 0], [-1, -2]))],
  [
    'mirrorPad',
    [floats([3, 4])],
    (_, x) =>
      all(
        tf.mirrorPad(
          x,
          [
            [2, 1],
            [0, 3],
          ],
          'reflect',
        ),
        tf.mirrorPad(
          x,
          [
            [1, 3],
            [2, 0],
          ],
          'symmetric',
        ),
      ),
  ],
  ['depthToSpace', [floats([1, 2, 3, 8])], (_, x) => tf.depthToSpace(x as never, 2, 'NHWC')],
  [
    'spaceToBatchND and its gradient',
    [floats([1, 4, 6])],
    withGradients((x) =>
      tf.spaceToBatchND(
        x,
        [2, 3],
        [
          [0, 2],
          [1, 2],
        ],
      ),
    ),
  ],
  [
    'batchToSpaceND',
    [floats([6, 3, 3, 2])],
    (_, x) =>
      tf.batchToSpaceND(
        x,
        [2, 3],
        [
          [1, 1],
          [0, 2],
        ],
      ),
  ],
  ['norm', [floats([3, 4])], withGradients((x) => tf.norm(x, 2, 1))],
  ['unsortedSegmentSum', [floats([6, 3]), integers([6], 4, 2)], (_, x, ids) => tf.unsortedSegmentSum(x, ids as never, 5)],
];

const PRODUCTS: readonly Case[] = [
  ...(
    [
      [false, false],
      [false, true],
      [true, false],
      [true, true],
    ] as const
  ).map(
    ([ta, tb]): Case => [
      `matMul${ta ? ' Aᵀ' : ''}${tb ? ' Bᵀ' : ''} and its gradients`,
      [floats(ta ? [5, 3] : [3, 5]), floats(tb ? [4, 5] : [5, 4], 2)],
      withGradients((a, b) => tf.matMul(a, b, ta, tb)),
    ],
  ),
  ['batched matMul', [floats([2, 3, 5]), floats([2, 5, 4], 2)], withGradients((a, b) => tf.matMul(a, b))],
  ['batched matMul, one broadcast', [floats([2, 3, 5]), floats([1, 5, 4], 2)], (_, a, b) => tf.matMul(a, b)],
  ...(
    [
      ['valid', 1],
      ['same', 1],
      ['same', 2],
      ['valid', 2],
    ] as const
  ).flatMap(([pad, stride]): Case[] => [
    [`conv2d ${pad} stride ${stride} and its gradients`, [floats([2, 6, 5, 3]), floats([3, 2, 3, 4], 2)], withGradients((x, w) => tf.conv2d(x as never, w as never, stride, pad))],
    [
      `depthwiseConv2d ${pad} stride ${stride} and its gradients`,
      [floats([2, 6, 6, 3]), floats([3, 3, 3, 2], 2)],
      withGradients((x, w) => tf.depthwiseConv2d(x as never, w as never, stride, pad)),
    ],
    [`maxPool ${pad} stride ${stride} and its gradient`, [floats([2, 6, 5, 3])], withGradients((x) => tf.maxPool(x as never, [3, 2], stride, pad))],
    [`avgPool ${pad} stride ${stride} and its gradient`, [floats([2, 6, 5, 3])], withGradients((x) => tf.avgPool(x as never, [3, 2], stride, pad))],
  ]),
  ['conv2d dilated', [floats([2, 7, 7, 2]), floats([3, 3, 2, 2], 2)], (_, x, w) => tf.conv2d(x as never, w as never, 1, 'same', 'NHWC', 2)],
  ['depthwiseConv2d dilated', [floats([1, 7, 7, 2]), floats([3, 3, 2, 2], 2)], (_, x, w) => tf.depthwiseConv2d(x as never, w as never, 1, 'valid', 'NHWC', 2)],
  ['conv1d and its gradients', [floats([2, 8, 3]), floats([3, 3, 4], 2)], withGradients((x, w) => tf.conv1d(x as never, w as never, 2, 'same'))],
  [
    'conv2dTranspose and its gradients',
    [floats([2, 3, 4, 3]), floats([3, 3, 2, 3], 2)],
    withGradients((x, w) => tf.conv2dTranspose(x as never, w as never, [2, 6, 8, 2], 2, 'same')),
  ],
  ['conv3d and its gradients', [floats([1, 4, 5, 4, 2]), floats([2, 3, 2, 2, 3], 2)], withGradients((x, w) => tf.conv3d(x as never, w as never, 1, 'same'))],
  [
    'maxPool3d and avgPool3d with gradients',
    [floats([1, 4, 5, 4, 2])],
    withGradients((x) => tf.add(tf.maxPool3d(x as never, 2, 2, 'same'), tf.avgPool3d(x as never, 2, 2, 'same'))),
  ],
  [
    'maxPool ties go to the first',
    [{ name: 'ties', dtype: 'float32', shape: [1, 4, 4, 1], values: Array.from({ length: 16 }, () => 1) }],
    withGradients((x) => tf.maxPool(x as never, 2, 2, 'valid')),
  ],
  // One tap, so that what enters the second product still has 12 bits.
  [
    'separableConv2d',
    [floats([2, 5, 5, 3]), floats([1, 1, 3, 2], 2), floats([1, 1, 6, 4], 3)],
    (_, x, d, p) => tf.separableConv2d(tf.round(x as never), tf.round(d as never), p as never, 1, 'same'),
  ],
  [
    'batchNorm and its gradients',
    [floats([5, 4]), floats([4], 2), floats([4], 3), floats([4], 4), floats([4], 5)],
    withGradients((x, m, v, o, s) => tf.batchNorm(x, m, positive(v), o, s, 0.01)),
  ],
];

const CLASSIFIER_LOSSES: readonly Case[] = (
  ['softmaxCrossEntropy', 'sigmoidCrossEntropy', 'meanSquaredError', 'absoluteDifference', 'huberLoss', 'hingeLoss', 'logLoss', 'cosineDistance'] as const
).map(
  (name): Case => [
    `tf.losses.${name} and its gradient`,
    [floats([4, 3])],
    (_, x) => {
      const labels = tf.cast(tf.oneHot(tf.range(0, 4, 1, 'int32').mod(tf.scalar(3, 'int32')), 3), 'float32');
      const score = (y: Tensor): Tensor => (name === 'cosineDistance' ? tf.losses.cosineDistance(labels, y, 1) : tf.losses[name](labels, name === 'logLoss' ? tf.sigmoid(y) : y));
      return all(score(x), tf.grad(score)(x));
    },
  ],
);

const GROUPS = { elementwise: ELEMENTWISE, reductions: REDUCTIONS, movement: MOVEMENT, products: PRODUCTS, losses: CLASSIFIER_LOSSES };

for (const [group, cases] of Object.entries(GROUPS)) {
  describe(group, () => {
    test.each(cases)('P1 %s equals tfjs on the CPU', async (_, inputs, compute) => {
      const { reference, stock } = await runBoth(tf, inputs, (...tensors) => compute(tf, ...tensors));
      expect(reference.length).toBe(stock.length);
      const scale = Math.max(1, ...stock.map(Math.abs).filter(Number.isFinite));
      reference.forEach((value, k) => {
        const expected = stock[k] as number;
        if (Number.isFinite(expected)) expect(Math.abs(value - expected), `element ${k}: ${value} for ${expected}`).toBeLessThanOrEqual(1e-5 * scale);
        else expect(value).toBe(expected);
      });
    });
  });
}
