// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Merkle trees over SHA-256 with zero padding (SPEC H2).
library Merkle {
    /// @return True when `leaf` is at `index` of the `count` leaves under `root`. Longer, shorter and padded-up paths are refused.
    function verify(bytes32 root, bytes32 leaf, uint256 index, uint256 count, bytes32[] calldata path)
        internal
        pure
        returns (bool)
    {
        if (index >= count) return false;
        bytes32 node = leaf;
        uint256 depth;
        while (count > 1) {
            if (depth == path.length) return false;
            bytes32 sibling = path[depth];
            if (index & 1 == 1) {
                node = sha256(abi.encodePacked(sibling, node));
            } else {
                // The last node of an odd level stands beside a zero node.
                if (index == count - 1 && sibling != 0) return false;
                node = sha256(abi.encodePacked(node, sibling));
            }
            index >>= 1;
            count = (count + 1) >> 1;
            ++depth;
        }
        return depth == path.length && node == root;
    }
}
