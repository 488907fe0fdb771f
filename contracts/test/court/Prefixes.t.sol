// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Binary32} from "../../src/court/Binary32.sol";
import {DTypes, Profiles, Reduces} from "../../src/court/Codes.sol";
import {PrefixMachine} from "../../src/court/PrefixMachine.sol";
import {vm} from "../Vm.sol";
import {Words} from "./Words.sol";

/// @dev Golden steps of every reduction and profile (D5), ends of blocks among them.
contract PrefixesTest {
    function reductionOf(uint256[] memory words) internal pure returns (PrefixMachine.Reduction memory) {
        return PrefixMachine.Reduction(words[0], words[1], words[2], words[3]);
    }

    function test_D5_every_step_gives_the_golden_prefix() public view {
        string[] memory lines = vm.parseJsonStringArray(vm.readFile("vectors/court.json"), ".steps");
        require(lines.length > 400, "too few cases");
        for (uint256 k; k < lines.length; ++k) {
            uint256[] memory words = Words.parse(lines[k]);
            PrefixMachine.Reduction memory it = reductionOf(words);
            uint256 length = PrefixMachine.start(it).length;
            require(words.length == 8 + 2 * length, lines[k]);
            uint256[] memory before = new uint256[](length);
            for (uint256 j; j < length; ++j) before[j] = words[8 + j];
            Words.requireSame(PrefixMachine.termOf(it, words[4]), words[5], lines[k]);
            uint256[] memory next = PrefixMachine.step(it, before, words[4], words[6], words[7]);
            for (uint256 j; j < length; ++j) Words.requireSame(next[j], words[8 + length + j], lines[k]);
        }
    }

    function test_D5_every_last_prefix_finishes_with_the_golden_bits() public view {
        string[] memory lines = vm.parseJsonStringArray(vm.readFile("vectors/court.json"), ".finishes");
        require(lines.length > 50, "too few cases");
        for (uint256 k; k < lines.length; ++k) {
            uint256[] memory words = Words.parse(lines[k]);
            PrefixMachine.Reduction memory it = reductionOf(words);
            uint256[] memory last = new uint256[](words.length - 6);
            for (uint256 j; j < last.length; ++j) last[j] = words[6 + j];
            Words.requireSame(PrefixMachine.countOf(it), words[4], lines[k]);
            Words.requireSame(PrefixMachine.finish(it, last), words[5], lines[k]);
        }
    }

    function test_N4_operands_of_a_mac_are_rounded_to_the_golden_bits() public view {
        string[] memory lines = vm.parseJsonStringArray(vm.readFile("vectors/court.json"), ".operands");
        require(lines.length > 100, "too few cases");
        for (uint256 k; k < lines.length; ++k) {
            uint256[] memory words = Words.parse(lines[k]);
            Words.requireSame(Binary32.round12(words[0]), words[1], lines[k]);
        }
    }

    function test_D5_a_leaf_is_the_hash_of_the_words() public pure {
        uint256[] memory prefix = new uint256[](3);
        (prefix[0], prefix[1], prefix[2]) = (0x01020304, 0xfffefdfc, 0);
        require(PrefixMachine.leafOf(prefix) == sha256(hex"01020304fffefdfc00000000"), "leaf");
    }

    function sum(uint256 terms) internal pure returns (PrefixMachine.Reduction memory) {
        return PrefixMachine.Reduction(Reduces.SUM, Profiles.F12, DTypes.F32, terms);
    }

    function test_D5_a_sum_has_an_accumulator_a_level() public pure {
        uint256[6] memory terms = [uint256(1), 32, 33, 1024, 1025, 2 ** 28];
        uint256[6] memory levels = [uint256(1), 1, 2, 2, 3, 6];
        for (uint256 k; k < 6; ++k) require(PrefixMachine.start(sum(terms[k])).length == levels[k], "levels");
    }

    function stepOf(PrefixMachine.Reduction calldata it, uint256[] calldata prefix, uint256 j) external pure {
        PrefixMachine.step(it, prefix, j, 0, 0);
    }

    function test_D5_steps_and_prefixes_that_are_none_are_refused() public {
        vm.expectRevert(abi.encodeWithSelector(PrefixMachine.NoSuchStep.selector, 33, 33));
        this.stepOf(sum(33), new uint256[](2), 33);
        vm.expectRevert(abi.encodeWithSelector(PrefixMachine.WrongPrefix.selector, 1, 2));
        this.stepOf(sum(33), new uint256[](1), 0);
        vm.expectRevert(abi.encodeWithSelector(PrefixMachine.NotAReduction.selector, Reduces.NONE));
        this.stepOf(PrefixMachine.Reduction(Reduces.NONE, 0, 0, 1), new uint256[](1), 0);
    }

    /// @dev A step costs the same wherever it stands.
    function test_gas_of_a_step_is_small() public view {
        PrefixMachine.Reduction memory it = PrefixMachine.Reduction(Reduces.MAC, Profiles.E11, DTypes.F32, 2 ** 28);
        uint256[] memory prefix = PrefixMachine.start(it);
        (prefix[0], prefix[1]) = (140, 140);
        uint256 gas = gasleft();
        PrefixMachine.step(it, prefix, 31, 0x40490fdb, 0xbf2df855);
        require(gas - gasleft() < 10_000, "too dear");
    }
}
