// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev Lines of hex words, as files in vectors/ have them, and comparisons that say both sides.
library Words {
    /// @notice The words of `3f800000 40490fdb`, eight digits each.
    function parse(string memory line) internal pure returns (uint256[] memory words) {
        bytes memory digits = bytes(line);
        words = new uint256[]((digits.length + 1) / 9);
        for (uint256 k; k < digits.length; ++k) {
            if (k % 9 == 8) continue;
            uint256 digit = uint8(digits[k]);
            words[k / 9] = (words[k / 9] << 4) | (digit < 58 ? digit - 48 : digit - 87);
        }
    }

    function hexOf(uint256 word) internal pure returns (string memory) {
        bytes memory digits = new bytes(8);
        for (uint256 k; k < 8; ++k) {
            digits[k] = bytes16("0123456789abcdef")[(word >> (28 - 4 * k)) & 15];
        }
        return string(digits);
    }

    function requireSame(uint256 given, uint256 wanted, string memory what) internal pure {
        if (given == wanted) return;
        revert(string.concat(what, ": gave ", hexOf(given), ", wanted ", hexOf(wanted)));
    }
}
