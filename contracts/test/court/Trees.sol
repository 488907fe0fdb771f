// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev Merkle trees (H2), built the slow way.
library Trees {
    function rootOf(bytes32[] memory leaves) internal pure returns (bytes32) {
        while (leaves.length > 1) leaves = above(leaves);
        return leaves.length == 0 ? bytes32(0) : leaves[0];
    }

    function pathOf(bytes32[] memory leaves, uint256 index) internal pure returns (bytes32[] memory path) {
        uint256 height;
        for (uint256 width = leaves.length; width > 1; width = (width + 1) / 2) ++height;
        path = new bytes32[](height);
        for (uint256 k; k < height; ++k) {
            path[k] = (index ^ 1) < leaves.length ? leaves[index ^ 1] : bytes32(0);
            leaves = above(leaves);
            index /= 2;
        }
    }

    function above(bytes32[] memory level) internal pure returns (bytes32[] memory up) {
        up = new bytes32[]((level.length + 1) / 2);
        for (uint256 k; k < up.length; ++k) {
            bytes32 right = 2 * k + 1 < level.length ? level[2 * k + 1] : bytes32(0);
            up[k] = sha256(abi.encodePacked(level[2 * k], right));
        }
    }
}
