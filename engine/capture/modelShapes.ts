import { withAuthoringBackend } from './author/authoringBackend.ts';
import type { Tf } from './author/tfjs.ts';
import { topologyIn } from './topologyIn.ts';

export type Shape = readonly (number | null)[];

export interface ModelShapes {
  /** Of one row, without the batch; null where the model leaves an extent open. */
  readonly inputs: readonly Shape[];
  readonly outputs: readonly Shape[];
}

/** What a requestor's own model takes and gives. `json`: its model.json, parsed. Errors: no layers model, or one that tfjs cannot build. */
export async function modelShapes(tf: Tf, json: object): Promise<ModelShapes> {
  const modelTopology = topologyIn(json);
  return withAuthoringBackend(tf, async () => {
    const model = await tf.loadLayersModel(tf.io.fromMemory({ modelTopology })).catch((error: unknown) => {
      // tfjs goes on for paragraphs after the sentence that matters.
      const [first] = (error instanceof Error ? error.message : String(error)).split(/(?<=\.)\s/);
      throw new Error(`TensorFlow.js cannot build this model: ${first} Save it again with model.save() of TensorFlow.js.`, { cause: error });
    });
    const rows = (tensors: typeof model.inputs) => tensors.map(({ shape }) => shape.slice(1));
    const shapes = { inputs: rows(model.inputs), outputs: rows(model.outputs) };
    model.dispose();
    return shapes;
  });
}
