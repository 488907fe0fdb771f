import type { Graph } from '../graph/graph.ts';
import type { LayerNames } from './layerNames.ts';
import { nameLayerErrors } from './layerErrors.ts';
import { hookNormalization } from './normalizationHooks.ts';
import { refuseReads } from './refuseReads.ts';
import { patch } from './patch.ts';
import type { RecordingBackend } from './recordingBackend.ts';
import { hookTape } from './tapeHooks.ts';
import type { Tf } from './tfjs.ts';
import { noteUpdates } from './updatedVariables.ts';

/**
 * Labels what tfjs does while a step is recorded: kernels and errors by the layer that runs them, their gradients by
 * the layer and the input that is differentiated, optimizer updates as `optimizer`; brings what stock tfjs lacks for
 * training and refuses what it would let pass. Returns the function that undoes it.
 */
export function hookLabels(tf: Tf, backend: RecordingBackend, graph: Graph, layers: LayerNames): () => void {
  const undo = [nameLayerErrors(tf, layers, (scope, inside) => graph.within({ scope, part: '' }, inside)), hookTape(tf, backend, graph), hookNormalization(tf), refuseReads(tf)];
  const optimizers = [tf.SGDOptimizer, tf.MomentumOptimizer, tf.RMSPropOptimizer, tf.AdamOptimizer, tf.AdamaxOptimizer, tf.AdadeltaOptimizer, tf.AdagradOptimizer];
  for (const { prototype } of optimizers) {
    if (!Object.hasOwn(prototype, 'applyGradients')) continue;
    undo.push(
      patch(
        prototype,
        'applyGradients',
        (original) =>
          function applyGradients(...args) {
            noteUpdates(graph.updates, args[0]);
            return graph.within({ scope: 'optimizer', part: '' }, () => original.apply(this, args));
          },
      ),
    );
  }
  return () => {
    for (const restore of undo.reverse()) restore();
  };
}
