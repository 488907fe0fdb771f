/** What an executor is, whoever does the arithmetic. The reference and WebGPU pass one suite. */
import type { Program } from './program.ts';

/** Bit patterns of one tensor, row-major. */
export type Bits = Uint32Array;

export interface Executor {
  readonly name: 'reference' | 'webgpu';
  /** In words, for people: GPU and browser, or `CPU (reference)`. */
  readonly device: string;
  /** Compiles and allocates. Errors: `UnsupportedError` (too big for the device, with the number), `DeviceLostError`. */
  prepare(program: Program): Promise<Run>;
}

/**
 * One prepared Program with its state on the device. After `load` is answered, calls take effect in the order in which
 * they are made, so that the next can be made before the last is answered. After an error, nothing is promised of later answers until a `load`.
 */
export interface Run {
  /** `state[k]` has the bits of `program.state[k]`. */
  load(state: readonly Bits[]): Promise<void>;
  /**
   * Executes `steps.length` steps in order; `steps[s][k]` has the bits of `program.inputs[k]`.
   * Returns each step's outputs, in the order of `program.outputs`.
   * Errors: `DivergedError` (a non-finite value in an output or the next state), `IndexError` (gather out of range).
   */
  run(steps: readonly (readonly Bits[])[]): Promise<Bits[][]>;
  /** The state after the last step. */
  state(): Promise<Bits[]>;
  /**
   * Of the state after the last step: the root (SPEC H3, 32 bytes) of each tensor, in the order of `program.state`.
   * `state`: what `state()` promised since that step, where the caller asked, so that hashing on the CPU reads it no second time.
   */
  roots(state?: Promise<readonly Bits[]>): Promise<Uint8Array[]>;
  /** When all calls are answered. */
  dispose(): void;
}

export class DivergedError extends Error {
  readonly step: number;
  readonly operation: string;
  constructor(step: number, operation: string) {
    super(`diverged at step ${step}, first at ${operation}: a value is no longer finite. Lower the learning rate or check the data.`);
    this.name = 'DivergedError';
    this.step = step;
    this.operation = operation;
  }
}

export class IndexError extends Error {
  readonly step: number;
  readonly operation: string;
  constructor(step: number, operation: string) {
    super(`step ${step}, ${operation}: an index read from the data is out of range. Check the labels and tokens of the dataset.`);
    this.name = 'IndexError';
    this.step = step;
    this.operation = operation;
  }
}

export class UnsupportedError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UnsupportedError';
  }
}

export class DeviceLostError extends Error {
  constructor(reason: string) {
    super(`the GPU went away (${reason}); work goes on from the last checkpoint once it is back`);
    this.name = 'DeviceLostError';
  }
}
