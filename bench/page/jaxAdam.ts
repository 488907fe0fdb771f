import { numpy as np } from '@jax-js/jax';
import { type Named, named } from './jaxStep.ts';

const LEARNING_RATE = 0.001;
const BETA_1 = 0.9;
const BETA_2 = 0.999;
const EPSILON = 1e-7;

/** tfjs's Adam, term by term, for every weight that has a gradient; moments stand in `state` as capture names them. */
export function jaxAdam(state: Named, gradients: Named): Named {
  const [power1, power2] = [named(state, 'optimizer/accBeta1'), named(state, 'optimizer/accBeta2')];
  const next: Record<string, np.Array> = {};
  for (const [name, gradient] of Object.entries(gradients)) {
    const first = named(state, `${name}/m`)
      .mul(BETA_1)
      .add(gradient.ref.mul(1 - BETA_1));
    const second = named(state, `${name}/v`)
      .mul(BETA_2)
      .add(np.square(gradient).mul(1 - BETA_2));
    const corrected = first.ref.div(np.subtract(1, power1.ref));
    const scale = np.sqrt(second.ref.div(np.subtract(1, power2.ref))).add(EPSILON);
    next[name] = named(state, name).sub(corrected.div(scale).mul(LEARNING_RATE));
    next[`${name}/m`] = first;
    next[`${name}/v`] = second;
  }
  return { ...next, 'optimizer/accBeta1': power1.mul(BETA_1), 'optimizer/accBeta2': power2.mul(BETA_2) };
}
