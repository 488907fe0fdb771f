// SPDX-License-Identifier: MIT
// Generated from engine/ by contracts-abi/scripts/generateDefinitions.ts. Do not edit.
pragma solidity 0.8.37;

/// @notice Codes of instructions in an operation's bytes (SPEC P2). FRAME_WORDS: registers of the longest defined function.
library Codes {
    uint256 internal constant CONST = 0;
    uint256 internal constant READ = 1;
    uint256 internal constant AXIS = 2;
    uint256 internal constant FIRST = 3;
    uint256 internal constant ADD = 3;
    uint256 internal constant SUB = 4;
    uint256 internal constant MUL = 5;
    uint256 internal constant DIV = 6;
    uint256 internal constant SQRT = 7;
    uint256 internal constant MIN = 8;
    uint256 internal constant MAX = 9;
    uint256 internal constant NEG = 10;
    uint256 internal constant ABS = 11;
    uint256 internal constant FLOOR = 12;
    uint256 internal constant ROUND = 13;
    uint256 internal constant EXP = 14;
    uint256 internal constant LOG = 15;
    uint256 internal constant LOG1P = 16;
    uint256 internal constant EXPM1 = 17;
    uint256 internal constant TANH = 18;
    uint256 internal constant SIGMOID = 19;
    uint256 internal constant SOFTPLUS = 20;
    uint256 internal constant ERF = 21;
    uint256 internal constant SIN = 22;
    uint256 internal constant COS = 23;
    uint256 internal constant POW = 24;
    uint256 internal constant RSQRT = 25;
    uint256 internal constant FEQ = 26;
    uint256 internal constant FLT = 27;
    uint256 internal constant FLE = 28;
    uint256 internal constant IADD = 29;
    uint256 internal constant ISUB = 30;
    uint256 internal constant IMUL = 31;
    uint256 internal constant UMULHI = 32;
    uint256 internal constant IAND = 33;
    uint256 internal constant IOR = 34;
    uint256 internal constant IXOR = 35;
    uint256 internal constant SHL = 36;
    uint256 internal constant USHR = 37;
    uint256 internal constant SSHR = 38;
    uint256 internal constant IEQ = 39;
    uint256 internal constant ILT = 40;
    uint256 internal constant ILE = 41;
    uint256 internal constant ULT = 42;
    uint256 internal constant ULE = 43;
    uint256 internal constant SELECT = 44;
    uint256 internal constant I2F = 45;
    uint256 internal constant U2F = 46;
    uint256 internal constant F2I = 47;
    uint256 internal constant F2U = 48;
    uint256 internal constant F2BITS = 49;
    uint256 internal constant BITS2F = 50;
    uint256 internal constant I2U = 51;
    uint256 internal constant U2I = 52;
    uint256 internal constant END = 53;
    uint256 internal constant FRAME_WORDS = 289;
}

/// @notice Types of words (SPEC P2).
library DTypes {
    uint256 internal constant F32 = 0;
    uint256 internal constant I32 = 1;
    uint256 internal constant U32 = 2;
}

/// @notice Reductions (SPEC P2).
library Reduces {
    uint256 internal constant NONE = 0;
    uint256 internal constant SUM = 1;
    uint256 internal constant MAX = 2;
    uint256 internal constant ARGMAX = 3;
    uint256 internal constant MAC = 4;
}

/// @notice Profiles of mac (SPEC P2, N4, N4e): mantissa bits and terms of a block. A block of a sum is N5.
library Profiles {
    uint256 internal constant F12 = 0;
    uint256 internal constant E11 = 1;
    uint256 internal constant E10 = 2;
    uint256 internal constant F12_BLOCK = 64;
    uint256 internal constant E11_BITS = 11;
    uint256 internal constant E11_BLOCK = 16;
    uint256 internal constant E10_BITS = 10;
    uint256 internal constant E10_BLOCK = 64;
    uint256 internal constant SUM_BLOCK = 32;
}

/// @notice What validation admits (SPEC P4).
library Limits {
    uint256 internal constant RANK = 8;
    uint256 internal constant READS = 16;
    uint256 internal constant BODY_LINES = 512;
    uint256 internal constant OPERATION_BYTES = 16384;
    uint256 internal constant ELEMENTS = 268435456;
    uint256 internal constant INDEX_TERMS = 16;
}
