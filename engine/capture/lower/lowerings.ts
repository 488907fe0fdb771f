import { CONVOLUTIONS, conv2d, depthwiseConv2d } from './convolution.ts';
import { ELEMENTWISE } from './elementwise.ts';
import { GATHERS } from './gather.ts';
import { fused } from './fused.ts';
import type { Lowering } from './lowering.ts';
import { batchMatMul, MATRIX_PRODUCTS } from './matmul.ts';
import { MOVEMENT } from './movement.ts';
import { NORMALIZATIONS } from './normalization.ts';
import { POOLING } from './pooling.ts';
import { PRODUCTS } from './product.ts';
import { REARRANGEMENTS } from './rearrangement.ts';
import { REDUCTIONS } from './reduction.ts';
import { RESIZING } from './resize.ts';

/** Every tfjs kernel that has an exact lowering, by its name. What is missing here is refused by name. */
export const LOWERINGS: Readonly<Record<string, Lowering>> = {
  ...ELEMENTWISE,
  ...REDUCTIONS,
  ...MATRIX_PRODUCTS,
  ...MOVEMENT,
  ...GATHERS,
  ...CONVOLUTIONS,
  ...POOLING,
  ...NORMALIZATIONS,
  ...RESIZING,
  ...REARRANGEMENTS,
  ...PRODUCTS,
  FusedConv2D: fused(conv2d),
  FusedDepthwiseConv2D: fused(depthwiseConv2d),
  _FusedMatMul: fused(batchMatMul),
};
