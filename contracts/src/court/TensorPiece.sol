// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Merkle} from "../Merkle.sol";

/// @notice Words of tensors: 1024-byte pieces, little-endian, the last one padded, under a Merkle root (SPEC H3, D3).
library TensorPiece {
    uint256 internal constant PIECE_BYTES = 1024;
    uint256 internal constant PIECE_WORDS = 256;

    error WrongPiece(uint256 element);

    function isPiece(bytes32 root, uint256 elements, uint256 index, bytes calldata piece, bytes32[] calldata path)
        internal
        pure
        returns (bool)
    {
        return piece.length == PIECE_BYTES
            && Merkle.verify(root, sha256(piece), index, (elements + PIECE_WORDS - 1) / PIECE_WORDS, path);
    }

    /// @return word Word `element` of a tensor of `elements`, which the piece is shown to hold.
    function wordOf(bytes32 root, uint256 elements, uint256 element, bytes calldata piece, bytes32[] calldata path)
        internal
        pure
        returns (uint256 word)
    {
        if (element >= elements || !isPiece(root, elements, element / PIECE_WORDS, piece, path)) revert WrongPiece(element);
        return wordAt(piece, element % PIECE_WORDS);
    }

    function wordAt(bytes calldata piece, uint256 place) internal pure returns (uint256) {
        return littleEndian(piece, 4 * place);
    }

    /// @notice The word whose first byte is `start`.
    function littleEndian(bytes calldata data, uint256 start) internal pure returns (uint256) {
        uint256 bigEndian = uint32(bytes4(data[start:start + 4]));
        return (bigEndian >> 24) | ((bigEndian >> 8) & 0xff00) | ((bigEndian & 0xff00) << 8) | ((bigEndian & 0xff) << 24);
    }
}
