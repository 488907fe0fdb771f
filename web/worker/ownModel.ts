/** A requestor's own model as the form gives it: its files in order, and what it asks of the data. */
import { type ModelShapes, modelShapes, type Shape } from '#engine/capture/modelShapes.ts';
import type { ModelFiles } from '#engine/capture/modelFiles.ts';
import { loadTfjs } from '#engine/capture/loadTfjs.ts';
import type { ImageSize, ReadOptions } from '#web/data/readDataset.ts';
import type { ModelSource } from '#web/tab/tabModel.ts';

type OwnSource = Extract<ModelSource, { kind: 'layers-model' }>;

export interface OwnModel {
  readonly files: ModelFiles;
  readonly shapes: ModelShapes;
  /** The size of pictures and of text windows that the model takes; empty where it takes neither. */
  readonly wants: Pick<ReadOptions, 'imageSize' | 'window'>;
}

const MAX_JSON_CHARACTERS = 64 * 1024 ** 2;
const MAX_WEIGHT_BYTES = 1024 ** 3;

/** Errors: files that are no layers model, weight files that do not belong to it; in words for the form. */
export async function readOwnModel({ topology, weights }: OwnSource): Promise<OwnModel> {
  const json = parseModelJson(topology);
  const shapes = await modelShapes(await loadTfjs(), json);
  if (shapes.inputs.length !== 1 || shapes.outputs.length !== 1)
    throw new Error(`The model has ${shapes.inputs.length} inputs and ${shapes.outputs.length} outputs. Models with one of each can be posted.`);
  return { files: { json, weights: await joinWeights(json, weights) }, shapes, wants: wantsOf(shapes.inputs[0] ?? []) };
}

function wantsOf(input: Shape): OwnModel['wants'] {
  const [height, width, channels] = input;
  if (input.length === 3 && height && width && (channels === 1 || channels === 3)) return { imageSize: { height, width, channels } satisfies ImageSize };
  return input.length === 1 && height ? { window: height } : {};
}

function parseModelJson(text: string): object {
  if (text.length > MAX_JSON_CHARACTERS) throw new Error('The model file has over 64 MiB: it is not a model.json. The weights belong into files of their own.');
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
    // model.toJSON() gives its JSON as a string.
    if (typeof parsed === 'string') parsed = JSON.parse(parsed);
  } catch {
    // Said below, in words for the form.
  }
  if (typeof parsed === 'object' && parsed !== null) return parsed;
  throw new Error('The model file is not JSON. Choose the model.json that tfjs writes when a layers model is saved.');
}

/** Weight files one after the other, in the order that the manifest names them. Null without any. */
async function joinWeights(json: object, files: readonly File[]): Promise<Uint8Array<ArrayBuffer> | null> {
  if (files.length === 0) return null;
  const total = files.reduce((sum, file) => sum + file.size, 0);
  if (total > MAX_WEIGHT_BYTES) throw new Error(`The weight files have ${Math.round(total / 1024 ** 2)} MiB; at most 1024 MiB can be read. Choose a smaller model.`);
  const { weightsManifest } = json as { readonly weightsManifest?: readonly { readonly paths?: readonly string[] }[] };
  const paths = Array.isArray(weightsManifest) ? weightsManifest.flatMap(({ paths: some }) => some ?? []) : [];
  const ordered = paths.map((path) => files.find(({ name }) => name === path.split('/').at(-1)));
  const missing = paths.filter((_, k) => ordered[k] === undefined);
  if (missing.length > 0 && (paths.length > 1 || files.length > 1))
    throw new Error(`model.json names the weight files ${paths.join(', ')}; not among the chosen ones: ${missing.join(', ')}. Choose all of them together.`);
  // One file under another name is taken as it is: its length is compared with the manifest.
  const joined = missing.length > 0 || paths.length === 0 ? files : ordered.filter((file) => file !== undefined);
  return new Uint8Array(await new Blob([...joined]).arrayBuffer());
}
