import { patch } from './patch.ts';
import { engineOf, type TapeNode, type Tensor, type Tf } from './tfjs.ts';

/** What ran, as tfjs tells its tape. Custom gradients have no attributes. */
export interface TapedCall {
  readonly kernel: string;
  readonly inputs: Record<string, Tensor>;
  readonly outputs: Tensor[];
  readonly attrs: Record<string, unknown> | undefined;
}

/** `change` gets each node that tfjs puts on its tape, to give it another gradient. Returns the function that undoes it. */
export function onTapeNode(tf: Tf, change: (node: TapeNode, call: TapedCall) => void): () => void {
  const engine = engineOf(tf);
  return patch(
    engine,
    'addTapeNode',
    (original) =>
      function addTapeNode(...args) {
        original.apply(this, args);
        const node = engine.state.activeTape?.at(-1);
        if (!node) return;
        const [kernel, inputs, outputs, , , attrs] = args as [string, TapedCall['inputs'], Tensor[], unknown, unknown, TapedCall['attrs']];
        change(node, { kernel, inputs, outputs, attrs });
      },
  );
}
