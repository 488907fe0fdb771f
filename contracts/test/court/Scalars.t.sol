// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Codes} from "../../src/court/Codes.sol";
import {Court} from "../../src/court/Court.sol";
import {ScalarBody} from "../../src/court/ScalarBody.sol";
import {vm} from "../Vm.sol";
import {Words} from "./Words.sol";

/// @dev Golden cases of every instruction (N1, N2, N3), the file that the other executors are held against too.
contract ScalarsTest {
    Court internal court;

    function setUp() public {
        court = new Court();
    }

    function test_N2_N3_every_instruction_gives_the_golden_bits() public view {
        string memory json = vm.readFile("vectors/scalars.json");
        string[] memory names = vm.parseJsonKeys(json, "$");
        require(names.length == Codes.END - Codes.FIRST, "another number of instructions");
        for (uint256 k; k < names.length; ++k) {
            string[] memory lines = vm.parseJsonStringArray(json, string.concat(".", names[k]));
            require(lines.length > 50, "too few cases");
            compare(names[k], Codes.FIRST + k, lines);
        }
    }

    function compare(string memory name, uint256 code, string[] memory lines) internal view {
        bytes memory cases = new bytes(13 * lines.length);
        uint256[] memory wanted = new uint256[](lines.length);
        for (uint256 k; k < lines.length; ++k) {
            uint256[] memory words = Words.parse(lines[k]);
            uint256 packed = code << 96;
            for (uint256 j; j + 1 < words.length; ++j) packed |= words[j] << (64 - 32 * j);
            for (uint256 j; j < 13; ++j) cases[13 * k + j] = bytes1(uint8(packed >> (96 - 8 * j)));
            wanted[k] = words[words.length - 1];
        }
        bytes memory results = court.compute(cases);
        for (uint256 k; k < lines.length; ++k) {
            uint256 given;
            for (uint256 j; j < 4; ++j) given = (given << 8) | uint8(results[4 * k + j]);
            Words.requireSame(given, wanted[k], string.concat(name, " ", lines[k]));
        }
    }

    function test_codes_that_are_no_instruction_are_refused() public {
        refuse(abi.encodePacked(uint8(2), uint96(0)), abi.encodeWithSelector(ScalarBody.UnknownInstruction.selector, 2));
        refuse(
            abi.encodePacked(uint8(Codes.END), uint96(0)),
            abi.encodeWithSelector(ScalarBody.UnknownInstruction.selector, Codes.END)
        );
        refuse(hex"03", abi.encodeWithSelector(Court.UnevenCases.selector, 1));
    }

    function refuse(bytes memory cases, bytes memory why) internal {
        vm.expectRevert(why);
        court.compute(cases);
    }
}
