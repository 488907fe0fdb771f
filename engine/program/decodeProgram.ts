/** Reads canonical bytes (SPEC P2). Anything else is a ProgramError that says where; sizes are bounded before anything is allocated. */
import { DTYPES, encodeProgram, LEAVES, MAGIC, PROFILES, REDUCES, ROLES, SOURCES } from './encodeProgram.ts';
import { LIMITS } from './limits.ts';
import { BODY_OPS, type Index, type InputSource, type Instruction, type Operation, type Program, type Read } from './program.ts';
import { ProgramError } from './programError.ts';

class ByteReader {
  private readonly bytes: Uint8Array;
  private readonly view: DataView;
  private at = 0;
  private readonly what: string;

  constructor(bytes: Uint8Array, what: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.what = what;
  }

  fail(why: string): never {
    throw new ProgramError(`${this.what}, byte ${this.at}: ${why}`);
  }

  private take(count: number): number {
    if (this.at + count > this.bytes.length) this.fail(`ends too early, ${count} more bytes needed`);
    this.at += count;
    return this.at - count;
  }

  u8(): number {
    return this.bytes[this.take(1)] as number;
  }

  u32(): number {
    return this.view.getUint32(this.take(4));
  }

  i32(): number {
    return this.view.getInt32(this.take(4));
  }

  one<T>(choices: readonly T[], what: string): T {
    const code = this.u8();
    return choices[code] ?? this.fail(`there is no ${what} with code ${code}`);
  }

  text(): string {
    const length = this.u32();
    if (length > LIMITS.nameBytes) this.fail(`a name of ${length} bytes is over the limit of ${LIMITS.nameBytes}`);
    const start = this.take(length);
    try {
      return new TextDecoder('utf-8', { fatal: true }).decode(this.bytes.subarray(start, start + length));
    } catch {
      return this.fail('a name is not UTF-8');
    }
  }

  list<T>(limit: number, what: string, read: () => T): T[] {
    const count = this.u32();
    if (count > limit) this.fail(`${count} ${what} are over the limit of ${limit}`);
    return Array.from({ length: count }, read);
  }

  part(limit: number): Uint8Array {
    const length = this.u32();
    if (length > limit) this.fail(`a part of ${length} bytes is over the limit of ${limit}`);
    const start = this.take(length);
    return this.bytes.subarray(start, start + length);
  }

  finish(): void {
    if (this.at !== this.bytes.length) this.fail(`${this.bytes.length - this.at} bytes too many`);
  }
}

/** Errors: ProgramError. The result still has to pass `validateProgram`. */
export function decodeProgram(bytes: Uint8Array): Program {
  if (bytes.length > LIMITS.programBytes) throw new ProgramError(`a program of ${bytes.length} bytes is over the limit of ${LIMITS.programBytes}`);
  const reader = new ByteReader(bytes, 'program');
  const { header, operations: count } = decodeHeader(reader.part(bytes.length));
  const operations = Array.from({ length: count }, (_, k) => decodeOperation(reader.part(LIMITS.operationBytes), k));
  reader.finish();
  const program: Program = { ...header, operations };
  const again = encodeProgram(program);
  if (again.length !== bytes.length || again.some((byte, k) => byte !== bytes[k])) throw new ProgramError('program: its bytes are not in canonical form');
  return program;
}

function decodeHeader(bytes: Uint8Array): { header: Omit<Program, 'operations'>; operations: number } {
  const reader = new ByteReader(bytes, 'program header');
  if (reader.u32() !== MAGIC) reader.fail('this is not a Tutti program');
  const profile = reader.one(PROFILES, 'profile');
  const tensors = reader.list(LIMITS.tensors, 'tensors', () => {
    const name = reader.text();
    const dtype = reader.one(DTYPES, 'dtype');
    return { name, dtype, shape: reader.list(LIMITS.rank, 'dimensions', () => reader.u32()) };
  });
  const inputs = reader.list(LIMITS.tensors, 'inputs', () => {
    const tensor = reader.u32();
    const kind = reader.one(SOURCES, 'input source');
    return { tensor, source: sourceOf(kind, reader.text()) };
  });
  const state = reader.list(LIMITS.tensors, 'state tensors', () => {
    const tensor = reader.u32();
    const next = reader.u32();
    const role = reader.one(ROLES, 'role');
    return { tensor, next, role, fill: reader.u32() };
  });
  const outputs = reader.list(LIMITS.tensors, 'outputs', () => {
    const tensor = reader.u32();
    return { tensor, name: reader.text() };
  });
  const operations = reader.u32();
  if (operations > LIMITS.operations) reader.fail(`${operations} operations are over the limit of ${LIMITS.operations}`);
  reader.finish();
  return { header: { profile, tensors, inputs, state, outputs }, operations };
}

function sourceOf(kind: InputSource['kind'], name: string): InputSource {
  switch (kind) {
    case 'column':
      return { kind, column: name };
    case 'schedule':
    case 'argument':
      return { kind, name };
    default:
      return { kind };
  }
}

/** Bytes of one operation, as `encodeOperation` writes them. Errors: ProgramError. */
export function decodeOperation(bytes: Uint8Array, k: number): Operation {
  const reader = new ByteReader(bytes, `operation ${k}`);
  const out = reader.u32();
  const reduce = reader.one(REDUCES, 'reduction');
  const shape = reader.list(LIMITS.rank, 'axes', () => reader.u32());
  const extents = reader.list(LIMITS.rank, 'reduced axes', () => reader.u32());
  const reads = reader.list(LIMITS.reads, 'reads', () => decodeRead(reader));
  const body = reader.list(LIMITS.bodyLines, 'body lines', () => decodeLine(reader));
  const results = reader.list(2, 'results', () => reader.u32());
  const label = reader.text();
  reader.finish();
  return { label, out, shape, reduce, extents, reads, body, results };
}

function decodeRead(reader: ByteReader): Read {
  const tensor = reader.u32();
  const fill = reader.u32();
  const view = reader.list(LIMITS.rank, 'view dimensions', () => reader.u32());
  return { tensor, view, index: view.map(() => decodeIndex(reader)), fill };
}

function decodeIndex(reader: ByteReader): Index {
  const kind = reader.u8();
  if (kind === 1) return { gather: reader.u32() };
  if (kind !== 0) reader.fail(`there is no index form ${kind}`);
  const offset = reader.i32();
  const div = reader.u32();
  const exact = reader.u8();
  const terms = reader.list(2 * LIMITS.rank, 'index terms', (): readonly [number, number] => [reader.u32(), reader.i32()]);
  return { terms, offset, div, exact: exact === 1 };
}

function decodeLine(reader: ByteReader): Instruction {
  const code = reader.u8();
  if (code === 0) {
    const dtype = reader.one(DTYPES, 'dtype');
    return { op: 'const', dtype, bits: reader.u32() };
  }
  if (code === 1) return { op: 'read', read: reader.u32() };
  if (code === 2) return { op: 'axis', axis: reader.u32() };
  const op = BODY_OPS[code - LEAVES.length] ?? reader.fail(`there is no instruction with code ${code}`);
  return { op, args: reader.list(3, 'arguments', () => reader.u32()) };
}
