/** Runs a row's step by jax-js on WebGPU, compiled once, and holds it against ours before it is timed. */
import { defaultDevice, getWebGPUDevice, init, jit, numpy as np, tree } from '@jax-js/jax';
import type { Bits, Run } from '#engine/program/executor.ts';
import type { JaxStep, Named } from './jaxStep.ts';
import type { Runner } from './measure.ts';
import type { Prepared } from './row.ts';

export interface JaxRun {
  readonly run: Runner;
  /** To be called first, when `ours` has done one step too. Errors: what differs then, or in what the next step gives. */
  compare(ours: Run): Promise<void>;
  dispose(): void;
}

/**
 * Greatest distances from ours, as shares of ours: of a kernel's result, of a gradient through a whole model, where
 * products of 12 bits turn a ReLU now and then, and of the loss after a step.
 */
const TOLERANCE = { kernel: 5e-3, gradient: 0.15, loss: 5e-4 };

/** Errors: jax-js has no WebGPU here, where it would fall back without a word, or took another adapter. */
export async function openJax(device: GPUDevice): Promise<void> {
  if (!(await init('webgpu')).includes('webgpu')) throw new Error('jax-js found no WebGPU');
  defaultDevice('webgpu');
  const nameOf = ({ vendor, architecture, description }: GPUAdapterInfo) => [vendor, architecture, description].join(' ');
  const [ours, theirs] = [nameOf(device.adapterInfo), nameOf(getWebGPUDevice().adapterInfo)];
  if (ours !== theirs) throw new Error(`jax-js runs on ${theirs}, the others on ${ours}`);
}

const floatsOf = (bits: Bits) => new Float32Array(bits.slice().buffer);

function upload({ program }: Prepared, tensor: number, bits: Bits): [name: string, array: np.Array] {
  const spec = program.tensors[tensor];
  if (!spec) throw new Error(`the Program has no tensor ${tensor}`);
  const values = spec.dtype === 'f32' ? floatsOf(bits) : new Int32Array(bits.slice().buffer);
  return [spec.name, np.array(values, { shape: [...spec.shape] })];
}

function distance(ours: Float32Array, theirs: ArrayLike<number>): number {
  let [apart, length] = [0, 0];
  for (const [k, mine] of ours.entries()) {
    apart += ((theirs[k] as number) - mine) ** 2;
    length += mine ** 2;
  }
  return apart === 0 ? 0 : Math.sqrt(apart / length);
}

/** After `openJax`. */
export function startJax(step: JaxStep, prepared: Prepared): JaxRun {
  const { program, inputs } = prepared;
  const state: Record<string, np.Array> = Object.fromEntries(program.state.map(({ tensor }, k) => upload(prepared, tensor, prepared.state[k] as Bits)));
  const compiled = jit(step);
  const isTraining = 'optimizer/accBeta1' in state;
  const columns = (): Named => Object.fromEntries(program.inputs.map(({ tensor }, k) => upload(prepared, tensor, inputs[k] as Bits)));

  function dispatch(): { seen: np.Array; changed: string[] } {
    const { outputs, next } = compiled(tree.ref(state), columns());
    for (const [name, array] of Object.entries(next)) {
      state[name]?.dispose();
      state[name] = array;
    }
    const [seen, ...unread] = outputs;
    tree.dispose(unread);
    if (seen?.device !== 'webgpu') throw new Error(`jax-js ran on ${seen?.device}, not on webgpu`);
    return { seen, changed: Object.keys(next) };
  }

  async function run(steps: number): Promise<void> {
    // jax-js drops work whose results nobody asks for: a buffer is asked for at each step, and waited for at the last.
    for (let k = 1; k < steps; k++) dispatch().seen.gpuBufferSync();
    await dispatch().seen.data();
  }

  async function compareState(changed: readonly string[], ours: readonly Bits[]): Promise<void> {
    for (const [k, { tensor, next }] of program.state.entries()) {
      const name = program.tensors[tensor]?.name as string;
      if (changed.includes(name) !== (next !== tensor)) throw new Error(`of jax-js and us, one alone changes ${name}`);
      // Adam's first step is the sign of a gradient, which is any where the gradient is none: the next loss judges it.
      if (`${name}/m` in state) continue;
      const apart = distance(floatsOf(ours[k] as Bits), await (state[name] as np.Array).ref.data());
      if (!(apart <= (isTraining ? TOLERANCE.gradient : TOLERANCE.kernel))) throw new Error(`jax-js computes another ${name}: ${apart.toPrecision(2)} from ours`);
    }
  }

  async function compare(ours: Run): Promise<void> {
    const { seen, changed } = dispatch();
    await seen.data();
    await compareState(changed, await ours.state());
    if (!isTraining) return;
    const [outputs = []] = await ours.run([inputs]);
    const apart = distance(floatsOf(outputs[0] as Bits), await dispatch().seen.data());
    if (!(apart <= TOLERANCE.loss)) throw new Error(`jax-js computes another ${program.outputs[0]?.name}: ${apart.toPrecision(2)} from ours`);
  }

  return {
    run,
    compare,
    dispose() {
      tree.dispose(state);
      compiled.dispose();
    },
  };
}
