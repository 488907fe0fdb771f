/**
 * Canonical bytes of a Program (SPEC P2). Big-endian words; names are UTF-8 with a length; lists have a count.
 * Layout: magic, header length, header, then each operation with its length.
 */
import {
  type Affine,
  BODY_OPS,
  type DType,
  type Index,
  type InputSource,
  type Instruction,
  type Operation,
  type Profile,
  type Program,
  type Read,
  type Reduce,
  type StateRole,
} from './program.ts';

export const MAGIC = 0x54555431;
export const DTYPES: readonly DType[] = ['f32', 'i32', 'u32'];
export const PROFILES: readonly Profile[] = ['f12', 'e11', 'e10'];
export const REDUCES: readonly Reduce[] = ['none', 'sum', 'max', 'argmax', 'mac'];
export const ROLES: readonly StateRole[] = ['trained', 'averaged', 'local'];
export const SOURCES: readonly InputSource['kind'][] = ['column', 'step', 'seed', 'schedule', 'argument'];
/** Instruction codes: these three, then BODY_OPS in order. */
export const LEAVES = ['const', 'read', 'axis'] as const;

class ByteWriter {
  private bytes = new Uint8Array(1024);
  private length = 0;

  u8(value: number): void {
    this.room(1);
    this.bytes[this.length++] = value;
  }

  u32(value: number): void {
    this.room(4);
    new DataView(this.bytes.buffer).setUint32(this.length, value >>> 0);
    this.length += 4;
  }

  text(value: string): void {
    const bytes = new TextEncoder().encode(value);
    this.u32(bytes.length);
    this.raw(bytes);
  }

  raw(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  list<T>(items: readonly T[], write: (item: T) => void): void {
    this.u32(items.length);
    for (const item of items) write(item);
  }

  finish(): Uint8Array<ArrayBuffer> {
    return this.bytes.slice(0, this.length);
  }

  private room(count: number): void {
    if (this.length + count <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(this.bytes.length * 2, this.length + count));
    larger.set(this.bytes);
    this.bytes = larger;
  }
}

export function encodeHeader(program: Program): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  out.u32(MAGIC);
  out.u8(PROFILES.indexOf(program.profile));
  out.list(program.tensors, (tensor) => {
    out.text(tensor.name);
    out.u8(DTYPES.indexOf(tensor.dtype));
    out.list(tensor.shape, (extent) => out.u32(extent));
  });
  out.list(program.inputs, ({ tensor, source }) => {
    out.u32(tensor);
    out.u8(SOURCES.indexOf(source.kind));
    out.text(source.kind === 'column' ? source.column : 'name' in source ? source.name : '');
  });
  out.list(program.state, (slot) => {
    out.u32(slot.tensor);
    out.u32(slot.next);
    out.u8(ROLES.indexOf(slot.role));
    out.u32(slot.fill);
  });
  out.list(program.outputs, ({ tensor, name }) => {
    out.u32(tensor);
    out.text(name);
  });
  out.u32(program.operations.length);
  return out.finish();
}

export function encodeOperation(operation: Operation): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  out.u32(operation.out);
  out.u8(REDUCES.indexOf(operation.reduce));
  out.list(operation.shape, (extent) => out.u32(extent));
  out.list(operation.extents, (extent) => out.u32(extent));
  out.list(operation.reads, (read) => writeRead(out, read));
  out.list(operation.body, (line) => writeLine(out, line));
  out.list(operation.results, (line) => out.u32(line));
  out.text(operation.label);
  return out.finish();
}

function writeRead(out: ByteWriter, read: Read): void {
  out.u32(read.tensor);
  out.u32(read.fill);
  out.list(read.view, (extent) => out.u32(extent));
  for (const index of read.index) writeIndex(out, index);
}

function writeIndex(out: ByteWriter, index: Index): void {
  if ('gather' in index) {
    out.u8(1);
    out.u32(index.gather);
    return;
  }
  const { offset, div, exact, terms }: Affine = index;
  out.u8(0);
  out.u32(offset);
  out.u32(div);
  out.u8(exact ? 1 : 0);
  out.list(terms, ([axis, coefficient]) => {
    out.u32(axis);
    out.u32(coefficient);
  });
}

function writeLine(out: ByteWriter, line: Instruction): void {
  if (line.op === 'const') {
    out.u8(0);
    out.u8(DTYPES.indexOf(line.dtype));
    out.u32(line.bits);
  } else if (line.op === 'read') {
    out.u8(1);
    out.u32(line.read);
  } else if (line.op === 'axis') {
    out.u8(2);
    out.u32(line.axis);
  } else {
    out.u8(LEAVES.length + BODY_OPS.indexOf(line.op));
    out.list(line.args, (arg) => out.u32(arg));
  }
}

export function encodeProgram(program: Program): Uint8Array<ArrayBuffer> {
  const out = new ByteWriter();
  const parts = [encodeHeader(program), ...program.operations.map(encodeOperation)];
  for (const part of parts) {
    out.u32(part.length);
    out.raw(part);
  }
  return out.finish();
}
