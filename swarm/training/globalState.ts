/** G_r: what a newcomer needs to take part (SPEC H4). Trained and averaged tensors in Program order, then outer momentum of each trained one. */
import { canon, canonInPlace, isFinite32 } from '#engine/numerics/canon.ts';
import { bitsToBytes, bytesToBits } from '#engine/program/bitsToBytes.ts';
import type { Bits } from '#engine/program/executor.ts';
import type { Program } from '#engine/program/program.ts';
import type { Hash } from '#swarm/protocol/jobSpec.ts';
import { columnElements } from '#swarm/protocol/parseDatasetManifest.ts';
import { ProtocolError } from '#swarm/protocol/protocolError.ts';
import { NONE, stateRoot } from '#swarm/protocol/stateRoot.ts';

export interface GlobalState {
  readonly round: number;
  /** In the order of `globalLayout`: the shared tensors, then momenta. */
  readonly tensors: readonly Bits[];
}

/** A tensor that slots share: trained or averaged. */
export interface SharedTensor {
  readonly name: string;
  /** Its place in `program.state`. */
  readonly stateIndex: number;
  readonly role: 'trained' | 'averaged';
  readonly elements: number;
}

/** Shared tensors in Program order. Errors: ProtocolError where one is not f32. */
export function sharedTensors(program: Program): SharedTensor[] {
  return program.state.flatMap((slot, stateIndex): SharedTensor[] => {
    if (slot.role === 'local') return [];
    const tensor = program.tensors[slot.tensor];
    if (tensor?.dtype !== 'f32') throw new ProtocolError(`state ${tensor?.name ?? slot.tensor} is ${slot.role}: only f32 tensors can be shared between slots`);
    return [{ name: tensor.name, stateIndex, role: slot.role, elements: columnElements(tensor.shape) }];
  });
}

/** Element counts of G's tensors. */
export function globalSizes(shared: readonly SharedTensor[]): number[] {
  return [...shared, ...shared.filter((tensor) => tensor.role === 'trained')].map((tensor) => tensor.elements);
}

/** G_0 from initial bits of the shared tensors, in Program order, made canonical (N1); momentum starts at zero. Errors: ProtocolError. */
export function initialGlobalState(program: Program, initial: readonly Bits[]): GlobalState {
  const shared = sharedTensors(program);
  const momentum = shared.filter((tensor) => tensor.role === 'trained').map((tensor) => new Uint32Array(tensor.elements));
  const tensors = [...initial.map((bits) => bits.slice()), ...momentum];
  for (const bits of tensors) canonInPlace(bits, bits.length);
  checkTensors(shared, tensors);
  return { round: 0, tensors };
}

/** A value that an executor would change on entry, or that is not finite, would make two honest parties disagree: it is refused. */
function checkTensors(shared: readonly SharedTensor[], tensors: readonly Bits[]): void {
  const sizes = globalSizes(shared);
  if (tensors.length !== sizes.length) throw new ProtocolError(`global state: ${tensors.length} tensors, the program needs ${sizes.length}`);
  tensors.forEach((bits, k) => {
    if (bits.length !== sizes[k]) throw new ProtocolError(`global state: tensor ${k} has ${bits.length} elements, the program needs ${sizes[k]}`);
    const bad = bits.findIndex((word) => canon(word) !== word || !isFinite32(word));
    if (bad >= 0) throw new ProtocolError(`global state: tensor ${k}, element ${bad} is not a finite canonical f32 (0x${bits[bad]?.toString(16)})`);
  });
}

export function globalRoot(state: GlobalState): Hash {
  return stateRoot({ round: state.round, slot: NONE, step: 0 }, state.tensors);
}

/** Little-endian words of all tensors, one after the other. */
export function encodeTensors(tensors: readonly Bits[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(tensors.reduce((total, bits) => total + bits.byteLength, 0));
  let at = 0;
  for (const bits of tensors) {
    bytes.set(bitsToBytes(bits), at);
    at += bits.byteLength;
  }
  return bytes;
}

/** Errors: ProtocolError where the length is not that of tensors of these element counts. */
export function decodeTensors(bytes: Uint8Array, sizes: readonly number[], what: string): Bits[] {
  const total = sizes.reduce((sum, size) => sum + size, 0) * 4;
  if (bytes.length !== total) throw new ProtocolError(`${what}: ${bytes.length} bytes, the program needs ${total}`);
  let at = 0;
  return sizes.map((size) => {
    const bits = bytesToBits(bytes.subarray(at, at + size * 4));
    at += size * 4;
    return bits;
  });
}

export function encodeGlobalState(state: GlobalState): Uint8Array<ArrayBuffer> {
  return encodeTensors(state.tensors);
}

/** `root` is the one that the chain or the job names. Errors: ProtocolError for a wrong length or root, or values that are not canonical. */
export function decodeGlobalState(program: Program, round: number, bytes: Uint8Array, root: Hash): GlobalState {
  const shared = sharedTensors(program);
  const state = { round, tensors: decodeTensors(bytes, globalSizes(shared), `global state of round ${round}`) };
  const actual = globalRoot(state);
  if (actual !== root) throw new ProtocolError(`global state of round ${round}: its root is ${actual}, expected ${root}`);
  checkTensors(shared, state.tensors);
  return state;
}

/** T2: the state that a slot's round starts from, in the order of `program.state`. Errors: ProtocolError for a G of another shape, or not canonical. */
export function startState(program: Program, global: GlobalState): Bits[] {
  const shared = sharedTensors(program);
  checkTensors(shared, global.tensors);
  const start = program.state.map((slot) => new Uint32Array(columnElements(program.tensors[slot.tensor]?.shape ?? [])).fill(slot.fill));
  shared.forEach((tensor, k) => {
    start[tensor.stateIndex] = (global.tensors[k] as Bits).slice();
  });
  return start;
}

/** Bytes of a whole state (a checkpoint) back to tensors. Errors: ProtocolError for a wrong length. */
export function decodeState(program: Program, bytes: Uint8Array): Bits[] {
  const sizes = program.state.map((slot) => columnElements(program.tensors[slot.tensor]?.shape ?? []));
  return decodeTensors(bytes, sizes, 'checkpoint state');
}
