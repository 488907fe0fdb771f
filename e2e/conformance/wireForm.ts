/** What crosses between a test and a stack: base64 of bits, and errors by name, so that a page or a process can be an Executor. */
import type { Hasher, HasherChoice } from '#engine/kernels/chooseHasher.ts';
import type { Schedule } from '#engine/kernels/webgpuExecutor.ts';
import { type Bits, DeviceLostError, DivergedError, IndexError, UnsupportedError } from '#engine/program/executor.ts';

export interface Question {
  readonly method: 'open' | 'prepare' | 'load' | 'run' | 'state' | 'roots' | 'hashing' | 'dispose' | 'lose' | 'shaders' | 'check' | 'tune';
  /** Of the prepared Program. */
  readonly handle?: number;
  readonly program?: string;
  readonly schedule?: Schedule;
  readonly state?: readonly string[];
  readonly steps?: readonly (readonly string[])[];
  readonly hasher?: Hasher | undefined;
}

/** What a device told of its hashing. */
export type ToldHashing = Omit<HasherChoice, 'onGpu'>;

export type Answer = { readonly value: unknown } | { readonly error: WireError };

export interface WireError {
  readonly name: string;
  readonly message: string;
  readonly step?: number;
  readonly operation?: string;
}

export function toBase64(bytes: Uint8Array): string {
  let text = '';
  for (let start = 0; start < bytes.length; start += 0x8000) text += String.fromCharCode(...bytes.subarray(start, start + 0x8000));
  return btoa(text);
}

export function fromBase64(text: string): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** Words in the machine's order, which is little-endian wherever there is WebGPU. */
export const packBits = (bits: Bits): string => toBase64(new Uint8Array(bits.buffer, bits.byteOffset, bits.byteLength));
export const unpackBits = (text: string): Bits => new Uint32Array(fromBase64(text).buffer);

export function packError(error: unknown): WireError {
  if (error instanceof DivergedError || error instanceof IndexError) return { name: error.name, message: error.message, step: error.step, operation: error.operation };
  return error instanceof Error ? { name: error.name, message: error.message } : { name: 'Error', message: String(error) };
}

export function unpackError({ name, message, step = -1, operation = '' }: WireError): Error {
  if (name === 'DivergedError') return new DivergedError(step, operation);
  if (name === 'IndexError') return new IndexError(step, operation);
  const error = name === 'DeviceLostError' ? new DeviceLostError('') : name === 'UnsupportedError' ? new UnsupportedError('') : new Error();
  error.message = message;
  return error;
}
