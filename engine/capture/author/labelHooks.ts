import type { Graph } from '../graph/graph.ts';
import type { LoopRead, Node } from '../graph/node.ts';
import type { LayerNames } from './layerNames.ts';
import type { Taped } from './ownGradients.ts';
import { ownGradient } from './ownGradients.ts';
import type { RecordingBackend } from './recordingBackend.ts';
import type { Tensor, Tf } from './tfjs.ts';
import { engineOf } from './tfjs.ts';

type Method = (this: object, ...args: unknown[]) => unknown;

/** Replaces `owner[name]` until the returned function is called. */
export function patch(owner: object, name: string, wrap: (original: Method) => Method): () => void {
  const target = owner as Record<string, unknown>;
  const had = Object.getOwnPropertyDescriptor(target, name);
  const original = target[name] as Method;
  Object.defineProperty(target, name, { value: wrap(original), configurable: true, writable: true, enumerable: had?.enumerable ?? false });
  return () => {
    if (had) Object.defineProperty(target, name, had);
    else delete target[name];
  };
}

/** The weight a tensor is (through reshapes), `input` for anything else. */
function partOf(backend: RecordingBackend, tensor: Tensor): string {
  let { source } = backend.recordedValue(tensor).node;
  while (source.kind === 'loop' && source.reduce === 'none' && source.reads.length === 1 && source.body.length === 1) source = (source.reads[0] as LoopRead).node.source;
  if (source.kind !== 'leaf' || !source.name.includes('/')) return 'input';
  return source.name.slice(source.name.lastIndexOf('/') + 1);
}

function nameGradient(node: Node, part: string): void {
  const { source } = node;
  if (source.kind === 'loop' && source.label.part === 'gradient') node.source = { ...source, label: { ...source.label, part } };
}

/**
 * Labels what tfjs does while a step is recorded: kernels by the layer that runs them, their gradients by the layer
 * and the input that is differentiated, optimizer updates as `optimizer`. Returns the function that undoes it.
 */
export function hookLabels(tf: Tf, backend: RecordingBackend, graph: Graph, layers: LayerNames): () => void {
  const engine = engineOf(tf);
  const undo: (() => void)[] = [];
  undo.push(
    patch(
      tf.layers.Layer.prototype,
      'apply',
      (original) =>
        function apply(...args) {
          const isModel = this instanceof tf.LayersModel;
          if (isModel) return original.apply(this, args);
          const scope = layers.of((this as { name: string }).name);
          return graph.within({ scope, part: '' }, () => original.apply(this, args));
        },
    ),
  );
  undo.push(
    patch(
      engine,
      'addTapeNode',
      (original) =>
        function addTapeNode(...args) {
          original.apply(this, args);
          const tape = engine.state.activeTape;
          const node = tape?.[tape.length - 1];
          if (!node) return;
          const [kernel, inputs, outputs, , , attrs] = args as [string, Record<string, Tensor>, Tensor[], unknown, unknown, Taped['attrs']];
          const gradient = ownGradient(tf, backend, { kernel, inputs, outputs, attrs, hasGradient: node.gradient !== undefined }) ?? node.gradient;
          if (!gradient) return;
          const { scope } = graph.where;
          // Named now: by the time of the gradient these tensors are disposed.
          const parts = new Map(Object.entries(args[1] as Record<string, Tensor | null>).map(([name, input]) => [name, input ? partOf(backend, input) : 'input']));
          node.gradient = (dys) => {
            const gradients = graph.within({ scope, part: 'gradient' }, () => gradient(dys));
            return Object.fromEntries(
              Object.entries(gradients).map(([name, compute]) => {
                const part = `gradient of the ${parts.get(name) ?? 'input'}`;
                return [
                  name,
                  () => {
                    const result = graph.within({ scope, part }, compute);
                    // A custom gradient was computed already, for all inputs at once.
                    nameGradient(backend.recordedValue(result).node, part);
                    return result;
                  },
                ];
              }),
            );
          };
        },
    ),
  );
  const optimizers = [tf.SGDOptimizer, tf.MomentumOptimizer, tf.RMSPropOptimizer, tf.AdamOptimizer, tf.AdamaxOptimizer, tf.AdadeltaOptimizer, tf.AdagradOptimizer];
  for (const { prototype } of optimizers) {
    if (!Object.hasOwn(prototype, 'applyGradients')) continue;
    undo.push(
      patch(
        prototype,
        'applyGradients',
        (original) =>
          function applyGradients(...args) {
            return graph.within({ scope: 'optimizer', part: '' }, () => original.apply(this, args));
          },
      ),
    );
  }
  return () => {
    for (const restore of undo.reverse()) restore();
  };
}
