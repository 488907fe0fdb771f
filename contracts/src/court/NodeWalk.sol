// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Shapes of Merkle trees (SPEC H2) as demands walk them (D9): four levels, 16 children at a time.
library NodeWalk {
    uint256 internal constant LEVELS = 4;

    /// @notice Nodes at `height` over `count` leaves.
    function widthAt(uint256 count, uint256 height) internal pure returns (uint256 width) {
        width = count;
        for (uint256 k; k < height; ++k) width = (width + 1) >> 1;
    }

    /// @notice Height of the root.
    function topOf(uint256 count) internal pure returns (uint256 height) {
        for (uint256 width = count; width > 1; width = (width + 1) >> 1) ++height;
    }

    function childHeight(uint256 height) internal pure returns (uint256) {
        return height > LEVELS ? height - LEVELS : 0;
    }

    function childCount(uint256 count, uint256 height, uint256 index) internal pure returns (uint256) {
        uint256 lower = childHeight(height);
        uint256 reach = uint256(1) << (height - lower);
        uint256 left = widthAt(count, lower) - index * reach;
        return left < reach ? left : reach;
    }

    /// @return The node that is `levels` above the children.
    function fold(bytes32[] memory nodes, uint256 levels) internal pure returns (bytes32) {
        uint256 length = nodes.length;
        for (uint256 k; k < levels; ++k) {
            uint256 above;
            for (uint256 from; from < length; from += 2) {
                bytes32 right = from + 1 < length ? nodes[from + 1] : bytes32(0);
                nodes[above++] = sha256(abi.encodePacked(nodes[from], right));
            }
            length = above;
        }
        return nodes[0];
    }

    /// @notice Root over `count` leaves that are all `body`, but the last, which is `end`.
    function repeated(bytes32 body, bytes32 end, uint256 count) internal pure returns (bytes32) {
        for (uint256 width = count; width > 1; width = (width + 1) >> 1) {
            end = width & 1 == 0 ? sha256(abi.encodePacked(body, end)) : sha256(abi.encodePacked(end, bytes32(0)));
            body = sha256(abi.encodePacked(body, body));
        }
        return end;
    }
}
