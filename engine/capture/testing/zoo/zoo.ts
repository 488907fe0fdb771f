import { activationModels } from './activationModels.ts';
import { convolutionModels } from './convolutionModels.ts';
import { functionalModels } from './functionalModels.ts';
import { functionModels } from './functionModels.ts';
import { normalizationModels } from './normalizationModels.ts';
import { recurrentModels } from './recurrentModels.ts';
import { shapeModels } from './shapeModels.ts';
import { lossModels, optimizerModels } from './trainingModels.ts';
import type { ZooFamily } from './zooModel.ts';

/** A small model for each thing that capture covers. */
export const ZOO: readonly ZooFamily[] = [
  convolutionModels,
  shapeModels,
  normalizationModels,
  recurrentModels,
  activationModels,
  functionalModels,
  functionModels,
  optimizerModels,
  lossModels,
];
