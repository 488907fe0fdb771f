import { chain, type ZooFamily } from './zooModel.ts';

/** Loops over time, unrolled by capture. */
export const recurrentModels: ZooFamily = {
  family: 'recurrent',
  models: [
    chain('simpleRNN', [4, 3], (tf) => [tf.layers.simpleRNN({ units: 5, returnSequences: true }), tf.layers.simpleRNN({ units: 4 })]),
    chain('LSTM', [4, 3], (tf) => [tf.layers.lstm({ units: 5 })]),
    chain('LSTM, implementation 2, no forget bias', [4, 3], (tf) => [tf.layers.lstm({ units: 5, implementation: 2, unitForgetBias: false, recurrentActivation: 'sigmoid' })]),
    chain('GRU', [4, 3], (tf) => [tf.layers.gru({ units: 5 })]),
    chain('GRU, backwards', [4, 3], (tf) => [tf.layers.gru({ units: 5, goBackwards: true, returnSequences: true })]),
    chain('stacked cells', [4, 3], (tf) => [
      tf.layers.rnn({ cell: [tf.layers.lstmCell({ units: 4 }), tf.layers.gruCell({ units: 3 }), tf.layers.simpleRNNCell({ units: 3 })] as never, returnSequences: true }),
    ]),
    chain('LSTM with dropout', [4, 3], (tf) => [tf.layers.lstm({ units: 5, dropout: 0.3, recurrentDropout: 0.2 })]),
    chain('bidirectional, concat', [4, 3], (tf) => [tf.layers.bidirectional({ layer: tf.layers.lstm({ units: 3, returnSequences: true }) as never, mergeMode: 'concat' })]),
    chain('bidirectional, sum, mul, ave', [4, 3], (tf) => [
      tf.layers.bidirectional({ layer: tf.layers.gru({ units: 3, returnSequences: true }) as never, mergeMode: 'sum' }),
      tf.layers.bidirectional({ layer: tf.layers.simpleRNN({ units: 3, returnSequences: true }) as never, mergeMode: 'mul' }),
      tf.layers.bidirectional({ layer: tf.layers.simpleRNN({ units: 3 }) as never, mergeMode: 'ave' }),
    ]),
    chain('timeDistributed', [4, 3], (tf) => [
      tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 4, activation: 'tanh' }) }),
      tf.layers.lstm({ units: 3, returnSequences: true }),
      tf.layers.timeDistributed({ layer: tf.layers.dense({ units: 2 }) }),
    ]),
    chain('convLstm2d', [3, 4, 4, 2], (tf) => [tf.layers.convLstm2d({ filters: 2, kernelSize: 2 })]),
    chain('masking, LSTM', [5, 3], (tf) => [tf.layers.masking({ maskValue: 0.5 }), tf.layers.lstm({ units: 5 })], { masked: 0.5 }),
    chain(
      'masking, GRU, simpleRNN',
      [5, 3],
      (tf) => [tf.layers.masking({ maskValue: 0.5 }), tf.layers.gru({ units: 5, returnSequences: true }), tf.layers.simpleRNN({ units: 3 })],
      {
        masked: 0.5,
      },
    ),
    chain('embedding with masked zeros, LSTM', [6], (tf) => [tf.layers.embedding({ inputDim: 5, outputDim: 4, maskZero: true }), tf.layers.lstm({ units: 4 })], {
      below: 5,
      dtype: 'float32',
    }),
  ],
};
