/** Single kernels as jax-js does them. */
import { lax, nn, numpy as np, vjp } from '@jax-js/jax';
import { jaxAdam } from './jaxAdam.ts';
import { type JaxStep, type Named, named } from './jaxStep.ts';

const firstOf = (result: np.Array) => result.ref.reshape([-1]).slice([0, 1]);

const kernel =
  (run: (state: Named) => np.Array): JaxStep =>
  (state) => {
    const result = run(state);
    return { outputs: [firstOf(result)], next: { result } };
  };

/** jax-js has channels before places, and filters as out x in x height x width. To it a transposition is a way to read: it costs nothing. */
const channelsFirst = (x: np.Array) => x.transpose([0, 3, 1, 2]);
const channelsLast = (x: np.Array) => x.transpose([0, 2, 3, 1]);
const filterFirst = (w: np.Array) => w.transpose([3, 2, 0, 1]);
const filterLast = (w: np.Array) => w.transpose([2, 3, 1, 0]);
const convolve = (x: np.Array, w: np.Array) => lax.conv(x, w, [1, 1], 'SAME');

const matmul = kernel((state) => np.matmul(named(state, 'a'), named(state, 'b')));

const convolution = kernel((state) => channelsLast(convolve(channelsFirst(named(state, 'x')), filterFirst(named(state, 'w')))));

/** A convolution is linear: its gradient does not depend on where it is taken, and the forward pass falls away. */
const inputGradient = kernel((state) => {
  const w = filterFirst(named(state, 'w'));
  const zeros = np.zeros(channelsFirst(named(state, 'result')).shape);
  const [, pull] = vjp((x: np.Array) => convolve(x, w), [zeros]);
  return channelsLast(pull(channelsFirst(named(state, 'dy')))[0]);
});

const filterGradient = kernel((state) => {
  const x = channelsFirst(named(state, 'x'));
  const zeros = np.zeros(filterFirst(named(state, 'result')).shape);
  const [, pull] = vjp((w: np.Array) => convolve(x, w), [zeros]);
  return filterLast(pull(channelsFirst(named(state, 'dy')))[0]);
});

const sum = kernel((state) => np.sum(named(state, 'x')));

const sumRows = kernel((state) => np.sum(named(state, 'x'), 0));

const softmax = kernel((state) => nn.softmax(named(state, 'x')));

const layerNorm = kernel((state) => nn.standardize(named(state, 'x'), -1, { epsilon: 1e-5 }).mul(named(state, 'gamma')).add(named(state, 'beta')));

const adam: JaxStep = (state) => {
  const next = jaxAdam(state, { result: named(state, 'gradient') });
  return { outputs: [firstOf(named(next, 'result'))], next };
};

export const jaxKernels = { matmul, convolution, inputGradient, filterGradient, sum, sumRows, softmax, layerNorm, adam };
