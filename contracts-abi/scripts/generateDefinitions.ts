/**
 * Writes what the court takes from the law: contracts/src/court/Codes.sol (numbers of instructions) and Definitions.sol
 * (the lists of defined functions, SPEC N3, as bytes). The layout of the table is said in contracts/src/court/ScalarBody.sol.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { definitions } from '#engine/numerics/definitions.ts';
import type { Definition } from '#engine/numerics/definitionBuilder.ts';
import { BLOCK_FORMATS } from '#engine/numerics/blockMac.ts';
import { MAC_BLOCK } from '#engine/numerics/mac.ts';
import { SUM_BLOCK } from '#engine/numerics/treeSum.ts';
import { DTYPES, LEAVES, PROFILES, REDUCES } from '#engine/program/encodeProgram.ts';
import { LIMITS } from '#engine/program/limits.ts';
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

function library(name: string, notice: string, constants: Readonly<Record<string, number>>): string {
  const lines = Object.entries(constants).map(([constant, value]) => `    uint256 internal constant ${constant} = ${value};`);
  return `/// @notice ${notice}\nlibrary ${name} {\n${lines.join('\n')}\n}\n`;
}

const numbered = (names: readonly string[], from = 0) => Object.fromEntries(names.map((name, k) => [name.toUpperCase(), from + k]));

function codesFile(frameWords: number): string {
  const { rank, reads, bodyLines, operationBytes, elementsPerTensor } = LIMITS;
  const libraries = [
    library('Codes', "Codes of instructions in an operation's bytes (SPEC P2). FRAME_WORDS: registers of the longest defined function.", {
      ...numbered(LEAVES),
      FIRST: LEAVES.length,
      ...numbered(BODY_OPS, LEAVES.length),
      END: LEAVES.length + BODY_OPS.length,
      FRAME_WORDS: frameWords,
    }),
    library('DTypes', 'Types of words (SPEC P2).', numbered(DTYPES)),
    library('Reduces', 'Reductions (SPEC P2).', numbered(REDUCES)),
    library('Profiles', 'Profiles of mac (SPEC P2, N4, N4e): mantissa bits and terms of a block. A block of a sum is N5.', {
      ...numbered(PROFILES),
      F12_BLOCK: MAC_BLOCK,
      E11_BITS: BLOCK_FORMATS.e11.bits,
      E11_BLOCK: BLOCK_FORMATS.e11.block,
      E10_BITS: BLOCK_FORMATS.e10.bits,
      E10_BLOCK: BLOCK_FORMATS.e10.block,
      SUM_BLOCK,
    }),
    library('Limits', 'What validation admits (SPEC P4).', {
      RANK: rank,
      READS: reads,
      BODY_LINES: bodyLines,
      OPERATION_BYTES: operationBytes,
      ELEMENTS: elementsPerTensor,
      INDEX_TERMS: 2 * rank,
    }),
  ];
  return `${HEADER}\n${libraries.join('\n')}`;
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
