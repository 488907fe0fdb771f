/** The models of whole steps as jax-js does them, with the weights of the captured ones. */
import { lax, nn, numpy as np, valueAndGrad } from '@jax-js/jax';
import type { TransformerShape } from '#engine/capture/presets/textTransformer.ts';
import { jaxAdam } from './jaxAdam.ts';
import { type JaxStep, type Named, named } from './jaxStep.ts';

interface Model {
  /** Logits, and what the pass changes besides weights. */
  readonly forward: (state: Named, columns: Named) => readonly [logits: np.Array, changed: Named];
  /** Of the logits' shape. */
  readonly oneHot: (columns: Named) => np.Array;
}

const isMoment = (name: string) => /\/[mv]$/.test(name) || name.startsWith('optimizer/');

/** Loss, accuracy and Adam: what `fit` does with a batch. */
const step =
  ({ forward, oneHot }: Model): JaxStep =>
  (state, columns) => {
    const entries = Object.entries(state).filter(([name]) => !isMoment(name));
    const weights: Named = Object.fromEntries(entries.filter(([name]) => `${name}/m` in state).map(([name, array]) => [name, array.ref]));
    const fixed: Named = Object.fromEntries(entries.filter(([name]) => !(name in weights)));
    const targets = oneHot(columns);
    const lossOf = (trained: Named): [np.Array, { right: np.Array; changed: Named }] => {
      const [logits, changed] = forward({ ...fixed, ...trained }, columns);
      const right = np.mean(np.equal(np.argmax(logits.ref, -1), np.argmax(targets.ref, -1)).astype(np.float32));
      return [np.mean(np.sum(nn.logSoftmax(logits).mul(targets), -1)).neg(), { right, changed }];
    };
    const [[loss, { right, changed }], gradients] = valueAndGrad(lossOf, { hasAux: true })(weights);
    return { outputs: [loss, right], next: { ...changed, ...jaxAdam(state, gradients) } };
  };

const dense = (x: np.Array, state: Named, name: string) => np.matmul(x, named(state, `${name}/kernel`)).add(named(state, `${name}/bias`));

/** The filter is as tfjs has it; pictures have their channels first. */
const convolve = (x: np.Array, state: Named, name: string, strides: number, padding: 'SAME' | 'VALID') =>
  lax.conv(x, named(state, `${name}/kernel`).transpose([3, 2, 0, 1]), [strides, strides], padding);

/** Not `take`: its gradient does not compile in Firefox (a pointer into storage as an argument), nor anywhere right behind a product. */
const embed = (tokens: np.Array, table: np.Array) => np.matmul(nn.oneHot(tokens, table.shape[0] as number), table);

const overChannels = (x: np.Array) => x.reshape([-1, 1, 1]);

const scaled = ({ image }: Named) => (image as np.Array).mul(1 / 255);
const ofLabel = (columns: Named) => nn.oneHot(named(columns, 'label'), 10);
const ofTargets = (columns: Named) => named(columns, 'ys');

const mnistDense = step({
  oneHot: ofLabel,
  forward: (state, columns) => [dense(nn.relu(dense(scaled(columns), state, 'dense_1')), state, 'dense_2'), {}],
});

const mnistCnn = step({
  oneHot: ofLabel,
  forward(state, columns) {
    const convolved = (x: np.Array, name: string) => {
      const activated = nn.relu(convolve(x, state, name, 1, 'VALID').add(overChannels(named(state, `${name}/bias`))));
      return lax.reduceWindow(activated, (window) => np.max(window), [2, 2], [2, 2]);
    };
    const pooled = convolved(convolved(scaled(columns).reshape([-1, 1, 28, 28]), 'conv2d_1'), 'conv2d_2');
    return [dense(pooled.transpose([0, 2, 3, 1]).reshape([-1, 400]), state, 'dense_1'), {}];
  },
});

const MOMENTUM = 0.99;

const resnet8 = step({
  oneHot: ofTargets,
  forward(state, columns) {
    const changed: Record<string, np.Array> = {};
    const average = (name: string, value: np.Array) => {
      changed[name] = named(state, name)
        .mul(MOMENTUM)
        .add(lax.stopGradient(value).mul(1 - MOMENTUM));
    };
    const convolved = (x: np.Array, place: number, strides = 1) => {
      const from = convolve(x, state, `conv2d_${place}`, strides, 'SAME');
      const norm = `batch_normalization_${place}`;
      const mean = np.mean(from.ref, [0, 2, 3]);
      const centred = from.sub(overChannels(mean.ref));
      const variance = np.mean(np.square(centred.ref), [0, 2, 3]);
      average(`${norm}/moving_mean`, mean);
      average(`${norm}/moving_variance`, variance.ref);
      const scale = named(state, `${norm}/gamma`).div(np.sqrt(variance.add(1e-3)));
      return centred.mul(overChannels(scale)).add(overChannels(named(state, `${norm}/beta`)));
    };
    const add = (x: np.Array, y: np.Array) => nn.relu(x.add(y));
    const first = nn.relu(convolved(named(columns, 'xs').transpose([0, 3, 1, 2]), 1));
    const second = add(convolved(nn.relu(convolved(first.ref, 2)), 3), first);
    const third = add(convolved(nn.relu(convolved(second.ref, 4, 2)), 5), convolved(second, 6, 2));
    const fourth = add(convolved(nn.relu(convolved(third.ref, 7, 2)), 8), convolved(third, 9, 2));
    return [dense(np.mean(fourth, [2, 3]), state, 'dense_1'), changed];
  },
});

const hardSigmoid = (x: np.Array) => np.clip(x.mul(0.2).add(0.5), 0, 1);

const lstmText = step({
  oneHot: ofTargets,
  forward(state, columns) {
    const embedded = embed(named(columns, 'xs'), named(state, 'embedding_1/embeddings'));
    const projected = dense(embedded, state, 'lstm_1');
    const recurrent = named(state, 'lstm_1/recurrent_kernel');
    const [batch, window, units] = [embedded.shape[0] as number, embedded.shape[1] as number, recurrent.shape[0] as number];
    let hidden = np.zeros([batch, units]);
    let cell = np.zeros([batch, units]);
    for (let t = 0; t < window; t++) {
      const gates = projected.ref.slice([], t).add(np.matmul(hidden, recurrent.ref));
      const [input, forget, candidate, output] = np.split(gates, 4, -1) as [np.Array, np.Array, np.Array, np.Array];
      cell = hardSigmoid(forget)
        .mul(cell)
        .add(hardSigmoid(input).mul(np.tanh(candidate)));
      hidden = hardSigmoid(output).mul(np.tanh(cell.ref));
    }
    for (const spent of [projected, recurrent, cell]) spent.dispose();
    return [dense(hidden, state, 'dense_1'), {}];
  },
});

const transformer = ({ window, heads, blocks, vocabulary }: TransformerShape) =>
  step({
    oneHot: (columns) => nn.oneHot(named(columns, 'tokens').ref.slice([], [1, window + 1]), vocabulary),
    forward(state, columns) {
      const norm = (x: np.Array, name: string) =>
        nn
          .standardize(x, -1, { epsilon: 1e-3 })
          .mul(named(state, `${name}/gamma`))
          .add(named(state, `${name}/beta`));
      const mask = named(state, 'causal_mask/alpha');
      const attention = (x: np.Array, block: string) => {
        const outputs = Array.from({ length: heads }, (_, k) => {
          const project = (what: string) => np.matmul(x.ref, named(state, `${block}_${what}_${k + 1}/kernel`));
          const scores = np.matmul(project('query'), project('key').transpose([0, 2, 1])).sub(mask.ref);
          return np.matmul(nn.softmax(scores), project('value'));
        });
        x.dispose();
        return dense(np.concatenate(outputs, -1), state, `${block}_joined`);
      };
      const embedded = embed(named(columns, 'tokens').slice([], [0, window]), named(state, 'characters/embeddings'));
      let stream = embedded.sub(named(state, 'positions/alpha').transpose());
      for (let k = 1; k <= blocks; k++) {
        const block = `block_${k}`;
        const middle = stream.ref.add(attention(norm(stream, `${block}_norm_1`), block));
        const hidden = nn.relu(dense(norm(middle.ref, `${block}_norm_2`), state, `${block}_hidden`));
        stream = middle.add(dense(hidden, state, `${block}_output`));
      }
      for (const spent of [mask, named(state, 'minus_one/embeddings')]) spent.dispose();
      return [dense(norm(stream, 'final_norm'), state, 'next_character'), {}];
    },
  });

export const jaxModels = { mnistDense, mnistCnn, resnet8, lstmText, transformer };
