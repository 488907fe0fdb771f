import type { Graph } from '../graph/graph.ts';
import type { LoopRead, Node } from '../graph/node.ts';
import { onTapeNode } from './onTapeNode.ts';
import { ownGradient } from './ownGradients.ts';
import type { RecordingBackend } from './recordingBackend.ts';
import type { TapeNode, Tensor, Tf } from './tfjs.ts';

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

type Gradient = NonNullable<TapeNode['gradient']>;

interface Input {
  /** The weight that it is, or `input`. */
  readonly part: string;
  readonly shape: readonly number[];
}

/** Where a kernel ran, and on what. Noted then: by the time of the gradient the tensors are disposed. */
interface Place {
  readonly kernel: string;
  readonly scope: string;
  readonly inputs: ReadonlyMap<string, Input>;
}

function placeOf(backend: RecordingBackend, graph: Graph, kernel: string, inputs: Readonly<Record<string, Tensor | null>>): Place {
  const noted = Object.entries(inputs).flatMap(([name, input]) => (input ? [[name, { part: partOf(backend, input), shape: input.shape }] as const] : []));
  return { kernel, scope: graph.where.scope, inputs: new Map(noted) };
}

function requireShape(gradient: Tensor, { kernel, scope }: Place, input: Input | undefined): void {
  if (!input || String(gradient.shape) === String(input.shape)) return;
  throw new Error(
    `TensorFlow.js's gradient of kernel ${kernel}, used by layer ${scope}, has shape [${gradient.shape.join(', ')}] for an input of [${input.shape.join(', ')}]: ` +
      'it does not broadcast. Give that input its full shape first (tf.broadcastTo, tf.tile)',
  );
}

/** `gradient` under the label of its layer and input. */
function labelled(backend: RecordingBackend, graph: Graph, gradient: Gradient, place: Place): Gradient {
  return (dys) => {
    const gradients = graph.within({ scope: place.scope, part: 'gradient' }, () => gradient(dys));
    return Object.fromEntries(
      Object.entries(gradients).map(([name, compute]) => {
        const input = place.inputs.get(name);
        const part = `gradient of the ${input?.part ?? 'input'}`;
        const run = () => {
          const result = graph.within({ scope: place.scope, part }, compute);
          requireShape(result, place, input);
          // A custom gradient was computed already, for all inputs at once.
          nameGradient(backend.recordedValue(result).node, part);
          return result;
        };
        return [name, run];
      }),
    );
  };
}

function noGradient({ kernel, scope }: Place): Gradient {
  return () => {
    throw new Error(
      `TensorFlow.js has no gradient for kernel ${kernel}, used by layer ${scope}: compute it from operations that have one, or keep it out of the way from the variables to the loss`,
    );
  };
}

/** Labels gradients as they are computed, and puts capture's own in the place of tfjs's. Returns the function that undoes it. */
export function hookTape(tf: Tf, backend: RecordingBackend, graph: Graph): () => void {
  return onTapeNode(tf, (node, { kernel, inputs, outputs, attrs }) => {
    const place = placeOf(backend, graph, kernel, inputs);
    const gradient = ownGradient(tf, backend, { kernel, inputs, outputs, attrs, hasGradient: node.gradient !== undefined }) ?? node.gradient;
    node.gradient = gradient ? labelled(backend, graph, gradient, place) : noGradient(place);
  });
}
