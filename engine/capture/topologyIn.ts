/** `model.json` carries the topology in `modelTopology`; `model.toJSON()` is the topology itself. Errors: another kind of file, by what it is. */
export function topologyIn(json: object): object {
  const { modelTopology } = json as { readonly modelTopology?: unknown };
  const topology = modelTopology ?? json;
  if (typeof topology !== 'object') throw new Error('this is no tfjs layers model: its "modelTopology" is not an object. Take the model.json that model.save() writes');
  if ('node' in topology || 'library' in topology) {
    throw new Error('this is a tfjs graph model: it can be run but not trained. Save a layers model (model.save, or tensorflowjs_converter --output_format tfjs_layers_model)');
  }
  if (!('class_name' in topology || 'model_config' in topology || 'config' in topology)) {
    throw new Error('this is no tfjs layers model: it has neither "modelTopology" nor "class_name". Take the model.json that model.save() writes');
  }
  return topology;
}
