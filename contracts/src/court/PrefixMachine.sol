// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Binary32} from "./Binary32.sol";
import {DTypes, Profiles, Reduces} from "./Codes.sol";

/// @notice A reduction one term at a time (SPEC D5). A prefix is a list of words; what is hashed is all that a step may know.
library PrefixMachine {
    uint256 private constant WORD = 0xffffffff;

    error NotAReduction(uint256 reduce);
    error NoSuchStep(uint256 j, uint256 count);
    error WrongPrefix(uint256 words, uint256 wanted);

    /// @param dtype Of the terms. @param terms R.
    struct Reduction {
        uint256 reduce;
        uint256 profile;
        uint256 dtype;
        uint256 terms;
    }

    /// @notice Steps from the first prefix to the last.
    function countOf(Reduction memory it) internal pure returns (uint256) {
        return _hasBlocks(it) ? 2 * it.terms : it.terms;
    }

    /// @notice The first prefix.
    function start(Reduction memory it) internal pure returns (uint256[] memory) {
        return new uint256[](_words(it));
    }

    /// @notice Flat r of the term that step j takes.
    function termOf(Reduction memory it, uint256 j) internal pure returns (uint256 term) {
        if (!_hasBlocks(it)) return j;
        (,, term,) = _placeOf(it, j);
    }

    /// @param a The term, or a mac's first factor. @param b Its second. Canonical.
    function step(Reduction memory it, uint256[] memory prefix, uint256 j, uint256 a, uint256 b)
        internal
        pure
        returns (uint256[] memory next)
    {
        if (j >= countOf(it)) revert NoSuchStep(j, countOf(it));
        next = start(it);
        if (prefix.length != next.length) revert WrongPrefix(prefix.length, next.length);
        for (uint256 k; k < next.length; ++k) next[k] = prefix[k];
        if (it.reduce == Reduces.SUM) {
            _stepSum(it.terms, next, j, a);
        } else if (it.reduce != Reduces.MAC) {
            if (j == 0 || _isGreater(it.dtype, a, next[0])) (next[0], next[1]) = (a, j);
        } else if (_hasBlocks(it)) {
            _stepBlock(it, next, j, a, b);
        } else {
            _stepMac(it.terms, next, j, a, b);
        }
    }

    /// @return Bits of the output's element, after the last step.
    function finish(Reduction memory it, uint256[] memory prefix) internal pure returns (uint256) {
        if (prefix.length != _words(it)) revert WrongPrefix(prefix.length, _words(it));
        return prefix[it.reduce == Reduces.MAX ? 0 : prefix.length - 1];
    }

    function leafOf(uint256[] memory prefix) internal pure returns (bytes32) {
        unchecked {
            bytes memory words = new bytes(4 * prefix.length);
            for (uint256 k; k < prefix.length; ++k) {
                uint256 word = prefix[k];
                assembly ("memory-safe") {
                    let spot := add(add(words, 4), shl(2, k))
                    mstore(spot, or(and(mload(spot), not(0xffffffff)), word))
                }
            }
            return sha256(words);
        }
    }

    function _words(Reduction memory it) private pure returns (uint256 words) {
        if (it.reduce == Reduces.NONE || it.reduce > Reduces.MAC) revert NotAReduction(it.reduce);
        if (it.reduce != Reduces.SUM) return _hasBlocks(it) ? 4 : 2;
        words = 1;
        for (uint256 reach = Profiles.SUM_BLOCK; reach < it.terms; reach *= Profiles.SUM_BLOCK) ++words;
    }

    function _hasBlocks(Reduction memory it) private pure returns (bool) {
        return it.reduce == Reduces.MAC && it.profile != Profiles.F12;
    }

    /// @dev NaN is greater than everything but itself (N6).
    function _isGreater(uint256 dtype, uint256 a, uint256 b) private pure returns (bool) {
        if (dtype == DTypes.U32) return a > b;
        if (dtype == DTypes.I32) return int32(uint32(a)) > int32(uint32(b));
        if (b == Binary32.NAN) return false;
        return a == Binary32.NAN || Binary32.isLess(b, a);
    }

    /// @param item What has entered the level before; `last` is the number of its last item.
    function _stepSum(uint256 terms, uint256[] memory next, uint256 item, uint256 carried) private pure {
        unchecked {
            uint256 last = terms - 1;
            for (uint256 level; level < next.length; ++level) {
                uint256 place = item % Profiles.SUM_BLOCK;
                if (place != 0) carried = Binary32.add(next[level], carried);
                next[level] = carried;
                if (level == next.length - 1 || (place != Profiles.SUM_BLOCK - 1 && item != last)) return;
                next[level] = 0;
                item /= Profiles.SUM_BLOCK;
                last /= Profiles.SUM_BLOCK;
            }
        }
    }

    function _stepMac(uint256 terms, uint256[] memory next, uint256 j, uint256 a, uint256 b) private pure {
        unchecked {
            if (Binary32.isFinite(a) && Binary32.isFinite(b)) next[0] = Binary32.mac12(next[0], a, b);
            else next[1] = Binary32.NAN;
            if (j % Profiles.F12_BLOCK != Profiles.F12_BLOCK - 1 && j != terms - 1) return;
            next[1] = _join(next[1], next[0], j < Profiles.F12_BLOCK);
            next[0] = 0;
        }
    }

    /// @dev A NaN is there for good, also over the first block.
    function _join(uint256 total, uint256 ofBlock, bool isFirst) private pure returns (uint256) {
        if (total == Binary32.NAN) return total;
        return isFirst ? ofBlock : Binary32.add(total, ofBlock);
    }

    function _stepBlock(Reduction memory it, uint256[] memory next, uint256 j, uint256 a, uint256 b) private pure {
        unchecked {
            (uint256 first, bool summing,, bool isLast) = _placeOf(it, j);
            uint256 bits = it.profile == Profiles.E11 ? Profiles.E11_BITS : Profiles.E10_BITS;
            if (!Binary32.isFinite(a) || !Binary32.isFinite(b)) {
                next[3] = Binary32.NAN;
            } else if (summing) {
                next[2] = uint256(_wholeOf(next) + _mantissa(a, next[0], bits) * _mantissa(b, next[1], bits)) & WORD;
            } else {
                next[0] = _larger(next[0], (a >> 23) & 0xff);
                next[1] = _larger(next[1], (b >> 23) & 0xff);
            }
            if (!isLast) return;
            next[3] = _join(next[3], _blockResult(next, bits), first == 0);
            next[0] = next[1] = next[2] = 0;
        }
    }

    function _wholeOf(uint256[] memory prefix) private pure returns (int256) {
        return int32(uint32(prefix[2]));
    }

    /// @notice whole * 2^(ea - 127 + eb - 127 - 2 (bits - 2)).
    function _blockResult(uint256[] memory prefix, uint256 bits) private pure returns (uint256) {
        unchecked {
            int256 whole = _wholeOf(prefix);
            if (whole == 0) return 0;
            uint256 exponent = prefix[0] + prefix[1] + 150 - 254 - 2 * (bits - 2);
            return whole < 0
                ? Binary32.pack(Binary32.SIGN, uint256(-whole), exponent)
                : Binary32.pack(0, uint256(whole), exponent);
        }
    }

    function _larger(uint256 a, uint256 b) private pure returns (uint256) {
        return a > b ? a : b;
    }

    /// @notice Nearest even integer to a * 2^(bits - 2 - E), where E + 127 is `field`, the largest exponent field of the block.
    function _mantissa(uint256 a, uint256 field, uint256 bits) private pure returns (int256) {
        unchecked {
            uint256 own = (a >> 23) & 0xff;
            // Only a prefix that nobody honest agrees with has a field under one of its operands'.
            if (own == 0 || own > field) return 0;
            uint256 shift = field - own + 25 - bits;
            if (shift > 25) return 0;
            uint256 whole = ((a & 0x7fffff) | 0x800000);
            whole = (whole + (uint256(1) << (shift - 1)) - 1 + ((whole >> shift) & 1)) >> shift;
            return a & Binary32.SIGN == 0 ? int256(whole) : -int256(whole);
        }
    }

    /// @return first First term of the block. @return summing In the second pass. @return term Flat r. @return isLast The block ends here.
    function _placeOf(Reduction memory it, uint256 j)
        private
        pure
        returns (uint256 first, bool summing, uint256 term, bool isLast)
    {
        unchecked {
            uint256 size = it.profile == Profiles.E11 ? Profiles.E11_BLOCK : Profiles.E10_BLOCK;
            first = (j / (2 * size)) * size;
            uint256 length = it.terms - first < size ? it.terms - first : size;
            uint256 within = j - 2 * first;
            summing = within >= length;
            term = first + (summing ? within - length : within);
            isLast = within == 2 * length - 1;
        }
    }
}
