// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Codes, Limits, Reduces} from "./Codes.sol";

/// @notice An operation's canonical bytes (SPEC P2), found their way about in.
/// @dev Bytes that no valid Program holds revert or give any answer at all; nobody honest takes a job with them.
library OperationBytes {
    error MalformedOperation();

    /// @param reads, body, results Where the first of each stands in memory.
    /// @param elements Of the output. @param terms R, 1 without a reduction.
    struct Operation {
        uint256 out;
        uint256 reduce;
        uint256[] shape;
        uint256[] extents;
        uint256 elements;
        uint256 terms;
        uint256 readCount;
        uint256 reads;
        uint256 lineCount;
        uint256 body;
        uint256 resultCount;
        uint256 results;
    }

    function parse(bytes memory data) internal pure returns (Operation memory it) {
        unchecked {
            uint256 cursor;
            assembly ("memory-safe") {
                cursor := add(data, 32)
            }
            uint256 end = cursor + data.length;
            it.out = u32(cursor);
            it.reduce = u8(cursor + 4);
            if (it.reduce > Reduces.MAC) revert MalformedOperation();
            (it.shape, it.elements, cursor) = _sizes(cursor + 5);
            (it.extents, it.terms, cursor) = _sizes(cursor);
            it.readCount = _count(cursor, Limits.READS);
            it.reads = cursor += 4;
            for (uint256 k; k < it.readCount; ++k) cursor = _afterRead(cursor);
            it.lineCount = _count(cursor, Limits.BODY_LINES);
            it.body = cursor += 4;
            for (uint256 k; k < it.lineCount; ++k) cursor = _afterLine(cursor);
            it.resultCount = _count(cursor, 2);
            it.results = cursor += 4;
            cursor += 4 * it.resultCount;
            cursor += 4 + u32(cursor);
            if (cursor != end || it.resultCount != (it.reduce == Reduces.MAC ? 2 : 1)) revert MalformedOperation();
        }
    }

    /// @return tensors Those that are read, read by read.
    function tensorsOf(Operation memory it) internal pure returns (uint256[] memory tensors) {
        tensors = new uint256[](it.readCount);
        uint256 cursor = it.reads;
        for (uint256 k; k < it.readCount; ++k) {
            tensors[k] = u32(cursor);
            cursor = _afterRead(cursor);
        }
    }

    function u8(uint256 cursor) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := byte(0, mload(cursor))
        }
    }

    function u32(uint256 cursor) internal pure returns (uint256 value) {
        assembly ("memory-safe") {
            value := shr(224, mload(cursor))
        }
    }

    function i32(uint256 cursor) internal pure returns (int256 value) {
        assembly ("memory-safe") {
            value := sar(224, mload(cursor))
        }
    }

    /// @notice A count with as many extents behind it; their product.
    function _sizes(uint256 cursor) private pure returns (uint256[] memory sizes, uint256 product, uint256 next) {
        unchecked {
            sizes = new uint256[](_count(cursor, Limits.RANK));
            product = 1;
            cursor += 4;
            for (uint256 k; k < sizes.length; ++k) {
                sizes[k] = u32(cursor);
                product *= sizes[k];
                cursor += 4;
            }
            if (product == 0 || product > Limits.ELEMENTS) revert MalformedOperation();
            return (sizes, product, cursor);
        }
    }

    function _count(uint256 cursor, uint256 most) private pure returns (uint256 count) {
        count = u32(cursor);
        if (count > most) revert MalformedOperation();
    }

    function _afterRead(uint256 cursor) private pure returns (uint256) {
        unchecked {
            uint256 rank = _count(cursor + 8, Limits.RANK);
            cursor += 12 + 4 * rank;
            for (uint256 d; d < rank; ++d) cursor = afterIndex(cursor);
            return cursor;
        }
    }

    function afterIndex(uint256 cursor) internal pure returns (uint256) {
        unchecked {
            uint256 kind = u8(cursor);
            if (kind == 1) return cursor + 5;
            if (kind != 0) revert MalformedOperation();
            return cursor + 14 + 8 * _count(cursor + 10, Limits.INDEX_TERMS);
        }
    }

    function _afterLine(uint256 cursor) private pure returns (uint256) {
        unchecked {
            uint256 code = u8(cursor);
            if (code == Codes.CONST) return cursor + 6;
            if (code < Codes.FIRST) return cursor + 5;
            return cursor + 5 + 4 * _count(cursor + 1, 3);
        }
    }
}
