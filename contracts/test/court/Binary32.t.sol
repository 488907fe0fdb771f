// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Binary32} from "../../src/court/Binary32.sol";
import {vm} from "../Vm.sol";
import {Words} from "./Words.sol";

/// @dev Against exact whole numbers rounded bit by bit: slow, and written without the court's shortcuts.
contract Binary32Test {
    /// @dev Canonical, finite, with an exponent field of 64 to 191, so that everything fits 256 bits.
    function moderate(uint32 bits) internal pure returns (uint256) {
        return (bits & 0x807fffff) | (64 + ((bits >> 23) & 127)) << 23;
    }

    function parts(uint256 a) internal pure returns (int256 significand, uint256 exponent) {
        significand = int256((a & 0x7fffff) | 0x800000);
        if (a >> 31 == 1) significand = -significand;
        exponent = (a >> 23) & 0xff;
    }

    /// @dev value * 2^(exponent - 150), bit by bit; `sticky` says that a little more follows the last bit of the magnitude.
    function slowRound(int256 value, bool sticky, int256 exponent) internal pure returns (uint256) {
        if (value == 0) return 0;
        uint256 sign = value < 0 ? Binary32.SIGN : 0;
        uint256 magnitude = uint256(value < 0 ? -value : value);
        bool half;
        while (magnitude >= 0x1000000) {
            sticky = sticky || half;
            half = magnitude & 1 == 1;
            magnitude >>= 1;
            ++exponent;
        }
        while (magnitude < 0x800000) {
            require(!sticky, "needs more bits");
            magnitude <<= 1;
            --exponent;
        }
        if (half && (sticky || magnitude & 1 == 1)) ++magnitude;
        if (magnitude == 0x1000000) {
            magnitude = 0x800000;
            ++exponent;
        }
        if (exponent <= 1) return 0;
        if (exponent >= 255) return sign | Binary32.INF;
        return sign | (uint256(exponent) << 23) | (magnitude & 0x7fffff);
    }

    function testFuzz_N2_add_and_sub_are_the_exact_result_rounded_once(uint32 x, uint32 y, uint8 near) public pure {
        uint256 a = moderate(x);
        uint256 b = near < 128 ? moderate(y) : moderate(x ^ uint32(y & 0x8180000f));
        (int256 p, uint256 e) = parts(a);
        (int256 q, uint256 f) = parts(b);
        uint256 least = e < f ? e : f;
        int256 wholeA = p * int256(1 << (e - least));
        int256 wholeB = q * int256(1 << (f - least));
        Words.requireSame(Binary32.add(a, b), slowRound(wholeA + wholeB, false, int256(least)), "add");
        Words.requireSame(Binary32.sub(a, b), slowRound(wholeA - wholeB, false, int256(least)), "sub");
    }

    function testFuzz_N2_mul_is_the_exact_product_rounded_once(uint32 x, uint32 y) public pure {
        uint256 a = Binary32.canon(x);
        uint256 b = Binary32.canon(y);
        vm.assume(Binary32.isFinite(a) && Binary32.isFinite(b) && a != 0 && b != 0);
        (int256 p, uint256 e) = parts(a);
        (int256 q, uint256 f) = parts(b);
        Words.requireSame(Binary32.mul(a, b), slowRound(p * q, false, int256(e + f) - 150), "mul");
    }

    function testFuzz_N2_div_is_the_exact_quotient_rounded_once(uint32 x, uint32 y) public pure {
        uint256 a = Binary32.canon(x);
        uint256 b = Binary32.canon(y);
        vm.assume(Binary32.isFinite(a) && Binary32.isFinite(b) && a != 0 && b != 0);
        (int256 p, uint256 e) = parts(a);
        (int256 q, uint256 f) = parts(b);
        int256 long = p * int256(1 << 100);
        int256 quotient = long / q;
        Words.requireSame(Binary32.div(a, b), slowRound(quotient, quotient * q != long, int256(e) - int256(f) + 50), "div");
    }

    function testFuzz_N2_sqrt_is_the_nearest_value(uint32 x) public pure {
        uint256 a = Binary32.canon(x & 0x7fffffff);
        vm.assume(Binary32.isFinite(a) && a != 0);
        (int256 p, uint256 e) = parts(a);
        uint256 shift = e % 2 == 0 ? 80 : 81;
        uint256 square = uint256(p) << shift;
        uint256 low;
        for (uint256 bit = 1 << 60; bit != 0; bit >>= 1) {
            if ((low + bit) * (low + bit) <= square) low += bit;
        }
        Words.requireSame(
            Binary32.sqrt(a), slowRound(int256(low), low * low != square, (int256(e) - 150 - int256(shift)) / 2 + 150), "sqrt"
        );
    }

    function testFuzz_N1_every_result_is_canonical(uint32 x, uint32 y) public pure {
        uint256 a = Binary32.canon(x);
        uint256 b = Binary32.canon(y);
        canonical(Binary32.add(a, b));
        canonical(Binary32.sub(a, b));
        canonical(Binary32.mul(a, b));
        canonical(Binary32.div(a, b));
        canonical(Binary32.sqrt(a));
        canonical(Binary32.min(a, b));
        canonical(Binary32.max(a, b));
        canonical(Binary32.neg(a));
        canonical(Binary32.abs(a));
        canonical(Binary32.floor(a));
        canonical(Binary32.round(a));
        canonical(Binary32.fromInt(x));
        canonical(Binary32.fromWhole(0, x));
        if (Binary32.isFinite(a)) canonical(Binary32.round12(a));
        canonical(Binary32.mac12(a, b, a));
    }

    function canonical(uint256 a) internal pure {
        Words.requireSame(a, Binary32.canon(a), "not canonical");
        require(a >> 32 == 0, "more than 32 bits");
    }

    function testFuzz_N2_orders_agree(uint32 x, uint32 y) public pure {
        uint256 a = Binary32.canon(x);
        uint256 b = Binary32.canon(y);
        bool ordered = a != Binary32.NAN && b != Binary32.NAN;
        uint256 kinds = (Binary32.isLess(a, b) ? 1 : 0) + (Binary32.isLess(b, a) ? 1 : 0) + (Binary32.isEqual(a, b) ? 1 : 0);
        require(kinds == (ordered ? 1 : 0), "not one of less, equal, greater");
        if (!ordered) return;
        require(!Binary32.isLess(Binary32.max(a, b), Binary32.min(a, b)), "max under min");
        require(!Binary32.isLess(a, Binary32.floor(a)), "floor above");
    }

    function testFuzz_N4_a_product_of_rounded_operands_is_exact(uint32 x, uint32 y) public pure {
        uint256 a = Binary32.canon(x);
        uint256 b = Binary32.canon(y);
        vm.assume(Binary32.isFinite(a) && Binary32.isFinite(b));
        a = Binary32.round12(a);
        b = Binary32.round12(b);
        require(a & 0xfff == 0 && b & 0xfff == 0, "more than 12 bits");
        if (a == 0 || b == 0) return;
        (int256 p, uint256 e) = parts(a);
        (int256 q, uint256 f) = parts(b);
        (int256 product, uint256 g) = parts(Binary32.mul(a, b));
        require(product * int256(1 << (g + 150 - e - f)) == p * q, "rounded");
    }

    /// @dev The goals are what binary32 in Solidity was measured to cost before this was written.
    function test_gas_of_the_hot_lines_stays_under_its_goal() public view {
        uint256 a = 0x40490fdb;
        uint256 b = 0xbf2df855;
        uint256 gas = gasleft();
        Binary32.add(a, b);
        require(gas - gasleft() < 700, "add");
        gas = gasleft();
        Binary32.mul(a, b);
        require(gas - gasleft() < 500, "mul");
        gas = gasleft();
        Binary32.div(a, b);
        require(gas - gasleft() < 550, "div");
        gas = gasleft();
        Binary32.sqrt(a);
        require(gas - gasleft() < 600, "sqrt");
        gas = gasleft();
        Binary32.mac12(b, a, b);
        require(gas - gasleft() < 1600, "mac");
    }
}
