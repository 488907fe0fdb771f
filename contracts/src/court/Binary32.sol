// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Single-precision arithmetic on bit patterns, as SPEC N1, N2 and N4 have it: round to nearest even, then canon.
/// @dev A value is the low 32 bits of a uint256, the rest zero. Operands are canonical: exponent field 0 or 1 only as +0,
/// one NaN. Every result is canonical. CLZ is not used: not every L2 has it.
library Binary32 {
    uint256 internal constant NAN = 0x7fc00000;
    uint256 internal constant INF = 0x7f800000;
    uint256 internal constant SIGN = 0x80000000;
    uint256 internal constant ONE = 0x3f800000;
    uint256 private constant FRACTION = 0x7fffff;
    uint256 private constant HIDDEN = 0x800000;
    /// @dev 2^-125, the least magnitude that is not 0 (N1).
    uint256 private constant LEAST = 0x1000000;
    /// @dev 2^23: from here on every value is whole.
    uint256 private constant WHOLE_FROM = 0x4b000000;

    /// @notice Exponent field 0 or 1 gives +0, any NaN the one NaN (N1).
    function canon(uint256 bits) internal pure returns (uint256) {
        unchecked {
            uint256 exponent = (bits >> 23) & 0xff;
            if (exponent <= 1) return 0;
            if (exponent == 0xff && bits & FRACTION != 0) return NAN;
            return bits;
        }
    }

    function isFinite(uint256 bits) internal pure returns (bool) {
        return bits & INF != INF;
    }

    function sub(uint256 a, uint256 b) internal pure returns (uint256) {
        return add(a, b ^ SIGN);
    }

    function add(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            uint256 exponentA = (a >> 23) & 0xff;
            uint256 exponentB = (b >> 23) & 0xff;
            if (exponentA < exponentB) {
                (a, b) = (b, a);
                (exponentA, exponentB) = (exponentB, exponentA);
            }
            if (exponentA == 0xff) return _addSpecial(a, b);
            if (exponentB == 0) return exponentA == 0 ? 0 : a;
            uint256 gap = exponentA - exponentB;
            // The smaller is then under a quarter of the larger's unit in the last place, or an eighth below a power of two.
            if (gap > 26) return a;
            uint256 larger = ((a & FRACTION) | HIDDEN) << gap;
            uint256 smaller = (b & FRACTION) | HIDDEN;
            uint256 sign = a & SIGN;
            if ((a ^ b) & SIGN == 0) {
                larger += smaller;
                gap += larger >> (gap + 24);
                return gap == 0
                    ? _assemble(sign, exponentB, larger)
                    : _assemble(sign, exponentB + gap, _shiftNearest(larger, gap));
            }
            if (gap > 1) {
                // One bit may be lost, no more.
                larger -= smaller;
                gap -= 1 - (larger >> (gap + 23));
                return _assemble(sign, exponentB + gap, _shiftNearest(larger, gap));
            }
            if (larger > smaller) return pack(sign, larger - smaller, exponentB);
            return larger == smaller ? 0 : pack(sign ^ SIGN, smaller - larger, exponentB);
        }
    }

    function mul(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            uint256 exponentA = (a >> 23) & 0xff;
            uint256 exponentB = (b >> 23) & 0xff;
            uint256 sign = (a ^ b) & SIGN;
            if (exponentA == 0xff || exponentB == 0xff) {
                if (_isNaN(a) || _isNaN(b) || exponentA == 0 || exponentB == 0) return NAN;
                return sign | INF;
            }
            if (exponentA == 0 || exponentB == 0) return 0;
            uint256 magnitude;
            assembly ("memory-safe") {
                let product := mul(or(and(a, 0x7fffff), 0x800000), or(and(b, 0x7fffff), 0x800000))
                let shift := add(23, shr(47, product))
                // Nearest even, as _shiftNearest; then as _assemble.
                let even := and(shr(shift, product), 1)
                product := shr(shift, add(add(product, even), sub(shl(sub(shift, 1), 1), 1)))
                magnitude := add(shl(23, sub(add(add(exponentA, exponentB), shift), 151)), product)
            }
            return _limit(sign, magnitude);
        }
    }

    function div(uint256 a, uint256 b) internal pure returns (uint256) {
        unchecked {
            uint256 exponentA = (a >> 23) & 0xff;
            uint256 exponentB = (b >> 23) & 0xff;
            uint256 sign = (a ^ b) & SIGN;
            if (exponentA == 0xff || exponentB == 0xff) {
                if (_isNaN(a) || _isNaN(b) || exponentA == exponentB) return NAN;
                return exponentA == 0xff ? sign | INF : 0;
            }
            // A zero is +0, so its quotient has the sign of the other.
            if (exponentB == 0) return exponentA == 0 ? NAN : (a & SIGN) | INF;
            if (exponentA == 0) return 0;
            uint256 magnitude;
            assembly ("memory-safe") {
                let numerator := shl(26, or(and(a, 0x7fffff), 0x800000))
                let denominator := or(and(b, 0x7fffff), 0x800000)
                let quotient := div(numerator, denominator)
                // 26 or 27 bits: at least two under the last place, so the lowest may tell that more follows.
                quotient := or(quotient, lt(mul(quotient, denominator), numerator))
                let shift := add(2, shr(26, quotient))
                let even := and(shr(shift, quotient), 1)
                quotient := shr(shift, add(add(quotient, even), sub(shl(sub(shift, 1), 1), 1)))
                magnitude := add(shl(23, add(sub(add(exponentA, shift), exponentB), 123)), quotient)
            }
            return _limit(sign, magnitude);
        }
    }

    function sqrt(uint256 a) internal pure returns (uint256) {
        unchecked {
            if (a == 0) return 0;
            if (a >= INF) return a == INF ? a : NAN;
            uint256 magnitude;
            assembly ("memory-safe") {
                let exponent := shr(23, a)
                // x in [2^50, 2^52) with an even power of two left over; its root has 26 bits.
                let x := shl(sub(28, and(exponent, 1)), or(and(a, 0x7fffff), 0x800000))
                // Within 12% of the root; Newton's rule about squares the relative error each time, and never falls under it.
                let root := add(shr(27, x), 0x1900000)
                root := shr(1, add(root, div(x, root)))
                root := shr(1, add(root, div(x, root)))
                root := shr(1, add(root, div(x, root)))
                root := sub(root, gt(mul(root, root), x))
                // One more bit tells that more follows; then nearest even to 24. A root cannot leave the range.
                root := or(shl(1, root), lt(mul(root, root), x))
                root := shr(3, add(add(root, and(shr(3, root), 1)), 3))
                magnitude := add(shl(23, sub(shr(1, add(exponent, 127)), 1)), root)
            }
            return magnitude;
        }
    }

    function min(uint256 a, uint256 b) internal pure returns (uint256) {
        if (_isNaN(a) || _isNaN(b)) return NAN;
        return _order(a) < _order(b) ? a : b;
    }

    function max(uint256 a, uint256 b) internal pure returns (uint256) {
        if (_isNaN(a) || _isNaN(b)) return NAN;
        return _order(a) > _order(b) ? a : b;
    }

    function neg(uint256 a) internal pure returns (uint256) {
        return a == 0 || a == NAN ? a : a ^ SIGN;
    }

    function abs(uint256 a) internal pure returns (uint256) {
        return a & ~SIGN;
    }

    function floor(uint256 a) internal pure returns (uint256) {
        return _toWhole(a, false);
    }

    function round(uint256 a) internal pure returns (uint256) {
        return _toWhole(a, true);
    }

    function isEqual(uint256 a, uint256 b) internal pure returns (bool) {
        return a == b && a != NAN;
    }

    function isLess(uint256 a, uint256 b) internal pure returns (bool) {
        return !_isNaN(a) && !_isNaN(b) && _order(a) < _order(b);
    }

    /// @param whole Magnitude under 2^64.
    function fromWhole(uint256 sign, uint256 whole) internal pure returns (uint256) {
        return whole == 0 ? 0 : pack(sign, whole, 150);
    }

    function fromInt(uint256 word) internal pure returns (uint256) {
        unchecked {
            return word & SIGN == 0 ? fromWhole(0, word) : fromWhole(SIGN, 0x100000000 - word);
        }
    }

    /// @notice Truncates and saturates; NaN gives 0.
    function toInt(uint256 a) internal pure returns (uint256) {
        unchecked {
            if (_isNaN(a)) return 0;
            uint256 magnitude = _truncate(a);
            if (a & SIGN == 0) return magnitude > 0x7fffffff ? 0x7fffffff : magnitude;
            return magnitude > 0x80000000 ? 0x80000000 : (0x100000000 - magnitude) & 0xffffffff;
        }
    }

    /// @notice Truncates and saturates; NaN and negatives give 0.
    function toUint(uint256 a) internal pure returns (uint256) {
        if (_isNaN(a) || a & SIGN != 0) return 0;
        uint256 magnitude = _truncate(a);
        return magnitude > 0xffffffff ? 0xffffffff : magnitude;
    }

    /// @notice Nearest even to 12 significant bits, 0 under 2^-51, at most 2^40 (N4). `a` is finite.
    function round12(uint256 a) internal pure returns (uint256) {
        unchecked {
            uint256 magnitude = a & 0x7fffffff;
            if (magnitude < 0x26000000) return 0;
            uint256 rounded = (magnitude + 0x7ff + ((magnitude >> 12) & 1)) & ~uint256(0xfff);
            return (a & SIGN) | (rounded > 0x53800000 ? 0x53800000 : rounded);
        }
    }

    /// @notice acc + round12(a) * round12(b), rounded once: the product has 24 bits and is exact (N4). NaN where a factor is not finite.
    function mac12(uint256 acc, uint256 a, uint256 b) internal pure returns (uint256) {
        if (!isFinite(a) || !isFinite(b)) return NAN;
        return add(acc, mul(round12(a), round12(b)));
    }

    /// @notice significand * 2^(exponent - 150), rounded. `significand` is not 0 and under 2^64; `exponent` is signed.
    function pack(uint256 sign, uint256 significand, uint256 exponent) internal pure returns (uint256) {
        unchecked {
            uint256 top = _highestBit(significand);
            exponent += top - 23;
            return top <= 23
                ? _assemble(sign, exponent, significand << (23 - top))
                : _assemble(sign, exponent, _shiftNearest(significand, top - 23));
        }
    }

    /// @notice Greater values have greater images; not for NaN. There is no -0.
    function _order(uint256 a) private pure returns (uint256) {
        unchecked {
            return a & SIGN == 0 ? a + SIGN : 0xffffffff - a;
        }
    }

    function _isNaN(uint256 a) private pure returns (bool) {
        return a & 0x7fffffff > INF;
    }

    function _addSpecial(uint256 a, uint256 b) private pure returns (uint256) {
        if (_isNaN(a) || _isNaN(b)) return NAN;
        if (isFinite(a)) return b;
        return isFinite(b) || a == b ? a : NAN;
    }

    /// @dev Nearest, ties to even. shift >= 1.
    function _shiftNearest(uint256 value, uint256 shift) private pure returns (uint256) {
        unchecked {
            return (value + ((uint256(1) << (shift - 1)) - 1) + ((value >> shift) & 1)) >> shift;
        }
    }

    /// @param exponent Signed field.
    /// @param significand 2^23 to 2^24, both included: a carry out of rounding moves into the exponent by the addition.
    function _assemble(uint256 sign, uint256 exponent, uint256 significand) private pure returns (uint256) {
        unchecked {
            return _limit(sign, (exponent << 23) + significand - HIDDEN);
        }
    }

    /// @param magnitude Signed: exponent field times 2^23 plus fraction, before the range is looked at.
    function _limit(uint256 sign, uint256 magnitude) private pure returns (uint256) {
        unchecked {
            if (magnitude - LEAST < INF - LEAST) return sign | magnitude;
            return int256(magnitude) < int256(LEAST) ? 0 : sign | INF;
        }
    }

    /// @dev value is not 0 and under 2^64.
    function _highestBit(uint256 value) private pure returns (uint256 top) {
        assembly ("memory-safe") {
            top := shl(5, lt(0xffffffff, value))
            top := or(top, shl(4, lt(0xffff, shr(top, value))))
            top := or(top, shl(3, lt(0xff, shr(top, value))))
            top := or(top, shl(2, lt(0xf, shr(top, value))))
            top := or(top, shl(1, lt(3, shr(top, value))))
            top := or(top, lt(1, shr(top, value)))
        }
    }

    /// @dev floor, or with `nearest` the nearest whole value, ties to even.
    function _toWhole(uint256 a, bool nearest) private pure returns (uint256) {
        unchecked {
            uint256 magnitude = a & 0x7fffffff;
            if (magnitude >= WHOLE_FROM || magnitude == 0) return a;
            uint256 shift = 150 - (magnitude >> 23);
            uint256 significand = (magnitude & FRACTION) | HIDDEN;
            uint256 whole;
            if (shift <= 25) {
                whole = nearest ? _shiftNearest(significand, shift) : significand >> shift;
            }
            if (!nearest && a & SIGN != 0 && whole << shift != significand) ++whole;
            return fromWhole(a & SIGN, whole);
        }
    }

    /// @dev Magnitude without its fraction; anything over 32 bits for what is out of range.
    function _truncate(uint256 a) private pure returns (uint256) {
        unchecked {
            uint256 exponent = (a >> 23) & 0xff;
            if (exponent < 127) return 0;
            if (exponent > 159) return 0x200000000;
            uint256 significand = (a & FRACTION) | HIDDEN;
            return exponent >= 150 ? significand << (exponent - 150) : significand >> (150 - exponent);
        }
    }
}
