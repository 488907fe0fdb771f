// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Binary32} from "./Binary32.sol";
import {Codes} from "./Codes.sol";

/// @notice One line of a body on words: the primitive instructions of SPEC N2, and the defined functions of N3 as lists of them.
/// @dev The table is the code of `Definitions`: an entry of 8 bytes a code, then the lists, 8 bytes a line.
/// Entry: u16 offset of the list (0 for a primitive), u16 lines, u8 arguments, u8 bit k for an argument k of f32, u8 type of
/// the result (`DTypes`, or SAME), u8 0. Line: u8 code, u8 0, three u16 places of registers in bytes; of a constant the last u32 is its bits.
library ScalarBody {
    /// @dev Beside `DTypes`: the type of the arguments.
    uint256 internal constant SAME = 3;

    uint256 private constant WORD = 0xffffffff;

    error UnknownInstruction(uint256 code);

    /// @param table Starts at its first byte.
    /// @param frame Room for the registers of one defined function, `FRAME_WORDS` words.
    struct Machine {
        uint256 table;
        uint256 frame;
    }

    function load(address definitions) internal view returns (Machine memory machine) {
        uint256 frameBytes = 32 * Codes.FRAME_WORDS;
        assembly ("memory-safe") {
            let size := extcodesize(definitions)
            let table := mload(0x40)
            extcodecopy(definitions, table, 0, size)
            mstore(machine, table)
            let frame := and(add(add(table, size), 63), not(31))
            mstore(add(machine, 32), frame)
            mstore(0x40, add(frame, frameBytes))
        }
    }

    function entryOf(Machine memory machine, uint256 code) internal pure returns (uint256 entry) {
        if (code < Codes.FIRST || code >= Codes.END) revert UnknownInstruction(code);
        assembly ("memory-safe") {
            entry := shr(192, mload(add(mload(machine), shl(3, code))))
        }
    }

    function arityOf(uint256 entry) internal pure returns (uint256) {
        return (entry >> 24) & 0xff;
    }

    /// @notice Bit k is set where argument k is an f32.
    function floatsOf(uint256 entry) internal pure returns (uint256) {
        return (entry >> 16) & 0xff;
    }

    function typeOf(uint256 entry) internal pure returns (uint256) {
        return (entry >> 8) & 0xff;
    }

    /// @notice The instruction on words; f32 arguments are canonical. Arguments over its arity are ignored.
    function run(Machine memory machine, uint256 entry, uint256 code, uint256[3] memory args)
        internal
        pure
        returns (uint256)
    {
        uint256 offset = entry >> 48;
        return offset == 0
            ? primitive(code, args[0], args[1], args[2])
            : _expand(machine, entry, offset, args[0], args[1]);
    }

    function _expand(Machine memory machine, uint256 entry, uint256 offset, uint256 a, uint256 b)
        private
        pure
        returns (uint256 value)
    {
        unchecked {
            uint256 frame = machine.frame;
            uint256 line = machine.table + offset;
            uint256 end = line + 8 * ((entry >> 32) & 0xffff);
            assembly ("memory-safe") {
                mstore(frame, a)
                mstore(add(frame, 32), b)
            }
            for (uint256 to = frame + 32 * arityOf(entry); line < end; (line += 8, to += 32)) {
                uint256 word;
                assembly ("memory-safe") {
                    word := shr(192, mload(line))
                }
                uint256 code = word >> 56;
                value = word & WORD;
                if (code != 0) {
                    uint256 c;
                    assembly ("memory-safe") {
                        a := mload(add(frame, and(shr(32, word), 0xffff)))
                        b := mload(add(frame, and(shr(16, word), 0xffff)))
                        c := mload(add(frame, and(word, 0xffff)))
                    }
                    value = primitive(code, a, b, c);
                }
                assembly ("memory-safe") {
                    mstore(to, value)
                }
            }
        }
    }

    function primitive(uint256 code, uint256 a, uint256 b, uint256 c) internal pure returns (uint256) {
        if (code == Codes.MUL) return Binary32.mul(a, b);
        if (code == Codes.ADD) return Binary32.add(a, b);
        if (code == Codes.SUB) return Binary32.sub(a, b);
        if (code <= Codes.ROUND) return _float(code, a, b);
        if (code <= Codes.FLE) return _compare(code, a, b) ? 1 : 0;
        if (code <= Codes.SSHR) return _integer(code, a, b);
        if (code <= Codes.ULE) return _compareIntegers(code, a, b) ? 1 : 0;
        if (code == Codes.SELECT) return a != 0 ? b : c;
        return _convert(code, a);
    }

    function _float(uint256 code, uint256 a, uint256 b) private pure returns (uint256) {
        if (code == Codes.DIV) return Binary32.div(a, b);
        if (code == Codes.SQRT) return Binary32.sqrt(a);
        if (code == Codes.MIN) return Binary32.min(a, b);
        if (code == Codes.MAX) return Binary32.max(a, b);
        if (code == Codes.NEG) return Binary32.neg(a);
        if (code == Codes.ABS) return Binary32.abs(a);
        if (code == Codes.FLOOR) return Binary32.floor(a);
        if (code == Codes.ROUND) return Binary32.round(a);
        revert UnknownInstruction(code);
    }

    function _compare(uint256 code, uint256 a, uint256 b) private pure returns (bool) {
        if (code == Codes.FEQ) return Binary32.isEqual(a, b);
        if (code == Codes.FLT) return Binary32.isLess(a, b);
        if (code == Codes.FLE) return Binary32.isLess(a, b) || Binary32.isEqual(a, b);
        revert UnknownInstruction(code);
    }

    function _integer(uint256 code, uint256 a, uint256 b) private pure returns (uint256) {
        unchecked {
            if (code == Codes.IADD) return (a + b) & WORD;
            if (code == Codes.ISUB) return (a - b) & WORD;
            if (code == Codes.IMUL) return (a * b) & WORD;
            if (code == Codes.UMULHI) return (a * b) >> 32;
            if (code == Codes.IAND) return a & b;
            if (code == Codes.IOR) return a | b;
            if (code == Codes.IXOR) return a ^ b;
            if (code == Codes.SHL) return (a << (b & 31)) & WORD;
            if (code == Codes.USHR) return a >> (b & 31);
            return uint256(_signed(a) >> (b & 31)) & WORD;
        }
    }

    function _compareIntegers(uint256 code, uint256 a, uint256 b) private pure returns (bool) {
        if (code == Codes.IEQ) return a == b;
        if (code == Codes.ILT) return _signed(a) < _signed(b);
        if (code == Codes.ILE) return _signed(a) <= _signed(b);
        return code == Codes.ULT ? a < b : a <= b;
    }

    function _convert(uint256 code, uint256 a) private pure returns (uint256) {
        if (code == Codes.I2F) return Binary32.fromInt(a);
        if (code == Codes.U2F) return Binary32.fromWhole(0, a);
        if (code == Codes.F2I) return Binary32.toInt(a);
        if (code == Codes.F2U) return Binary32.toUint(a);
        if (code == Codes.BITS2F) return Binary32.canon(a);
        if (code == Codes.F2BITS || code == Codes.I2U || code == Codes.U2I) return a;
        revert UnknownInstruction(code);
    }

    function _signed(uint256 word) private pure returns (int256 value) {
        assembly ("memory-safe") {
            value := signextend(3, word)
        }
    }
}
