/**
 * Writes what the court takes from the law: contracts/src/court/Codes.sol (numbers of instructions) and Definitions.sol
 * (the lists of defined functions, SPEC N3, as bytes). The layout of the table is said in contracts/src/court/ScalarBody.sol.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { definitions } from '#engine/numerics/definitions.ts';
import type { Definition } from '#engine/numerics/definitionBuilder.ts';
import { DTYPES, LEAVES } from '#engine/program/encodeProgram.ts';
import { BODY_OPS, type BodyOp, type Instruction } from '#engine/program/program.ts';
import { SIGNATURES } from '#engine/program/typeBody.ts';

const ENTRY_BYTES = 8;
const LINE_BYTES = 8;
const SAME_TYPE = 3;
/** Deployed code may not be longer (EIP-170). */
const MAX_TABLE_BYTES = 24_576;

const codeOf = (op: BodyOp) => LEAVES.length + BODY_OPS.indexOf(op);

function writeLine(view: DataView, at: number, line: Instruction): void {
  if (line.op === 'const') {
    view.setUint32(at + 4, line.bits);
    return;
  }
  if (!('args' in line) || definitions[line.op]) throw new Error(`a definition may hold constants and primitive lines only, not ${line.op}`);
  view.setUint8(at, codeOf(line.op));
  line.args.forEach((arg, k) => {
    if (32 * arg > 0xffff) throw new Error('a definition has too many lines for the table');
    view.setUint16(at + 2 + 2 * k, 32 * arg);
  });
}

function buildTable(): { bytes: Uint8Array; frameWords: number } {
  const bytes = new Uint8Array(MAX_TABLE_BYTES);
  const view = new DataView(bytes.buffer);
  let end = ENTRY_BYTES * (LEAVES.length + BODY_OPS.length);
  let frameWords = 2;
  for (const op of BODY_OPS) {
    const { args, result } = SIGNATURES[op];
    const entry = ENTRY_BYTES * codeOf(op);
    view.setUint8(entry + 4, args.length);
    view.setUint8(
      entry + 5,
      args.reduce((mask, type, k) => mask | (type === 'f32' ? 1 << k : 0), 0),
    );
    view.setUint8(entry + 6, result === 'word' || result === 'any' ? SAME_TYPE : DTYPES.indexOf(result));
    const definition: Definition | undefined = definitions[op];
    if (!definition) continue;
    // Lines after the result cannot change it.
    const lines = definition.lines.slice(0, definition.result - definition.arity + 1);
    view.setUint16(entry, end);
    view.setUint16(entry + 2, lines.length);
    frameWords = Math.max(frameWords, definition.arity + lines.length);
    if (end + LINE_BYTES * lines.length > MAX_TABLE_BYTES) throw new Error(`the definitions need more than ${MAX_TABLE_BYTES} bytes: give each function a contract of its own`);
    for (const line of lines) {
      writeLine(view, end, line);
      end += LINE_BYTES;
    }
  }
  return { bytes: bytes.slice(0, end), frameWords };
}

const HEADER = `// SPDX-License-Identifier: MIT
// Generated from engine/ by contracts-abi/scripts/generateDefinitions.ts. Do not edit.
pragma solidity 0.8.37;
`;

function codesFile(frameWords: number): string {
  const constants = BODY_OPS.map((op) => `    uint256 internal constant ${op.toUpperCase()} = ${codeOf(op)};`);
  return `${HEADER}
/// @notice Codes of instructions in an operation's bytes (SPEC P2).
library Codes {
    uint256 internal constant FIRST = ${LEAVES.length};
${constants.join('\n')}
    uint256 internal constant END = ${LEAVES.length + BODY_OPS.length};
    /// @dev Registers of the longest defined function, its arguments included.
    uint256 internal constant FRAME_WORDS = ${frameWords};
}
`;
}

function definitionsFile(bytes: Uint8Array): string {
  const hex =
    Buffer.from(bytes)
      .toString('hex')
      .match(/.{1,120}/g) ?? [];
  return `${HEADER}
/// @notice The defined functions (SPEC N3) as data: what stands at this address is the table itself, read by \`ScalarBody\`.
contract Definitions {
    constructor() {
        bytes memory table =
${hex.map((line) => `            hex"${line}"`).join('\n')};
        assembly {
            return(add(table, 32), mload(table))
        }
    }
}
`;
}

/** Names of the files that differ from the law; they are written, unless `check`. Errors: a definition that the table cannot hold. */
export function generateDefinitions(check: boolean): string[] {
  const { bytes, frameWords } = buildTable();
  const files = { 'Codes.sol': codesFile(frameWords), 'Definitions.sol': definitionsFile(bytes) };
  return Object.entries(files).flatMap(([name, text]) => {
    const path = new URL(`../../contracts/src/court/${name}`, import.meta.url);
    if (existsSync(path) && readFileSync(path, 'utf8') === text) return [];
    if (!check) writeFileSync(path, text);
    return [`contracts/src/court/${name}`];
  });
}
