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
        (bool good, bytes32 node) = fold(leaf, index, count, path);
        return good && node == root;
    }

    /// @return good False where the path has not the shape of a tree over `count` leaves. @return node The root that it leads to.
    function fold(bytes32 leaf, uint256 index, uint256 count, bytes32[] calldata path)
        internal
        pure
        returns (bool good, bytes32 node)
    {
        node = leaf;
        if (index >= count) return (false, node);
        uint256 depth;
        while (count > 1) {
            if (depth == path.length) return (false, node);
            bytes32 sibling = path[depth];
            if (index & 1 == 1) {
                node = sha256(abi.encodePacked(sibling, node));
            } else {
                // The last node of an odd level stands beside a zero node.
                if (index == count - 1 && sibling != 0) return (false, node);
                node = sha256(abi.encodePacked(node, sibling));
            }
            index >>= 1;
            count = (count + 1) >> 1;
            ++depth;
        }
        good = depth == path.length;
    }
}
