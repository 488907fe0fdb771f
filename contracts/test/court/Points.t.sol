// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DTypes, Reduces} from "../../src/court/Codes.sol";
import {Court, OperationFacts, Source} from "../../src/court/Court.sol";
import {OperationBytes} from "../../src/court/OperationBytes.sol";
import {Point} from "../../src/court/Point.sol";
import {ScalarBody} from "../../src/court/ScalarBody.sol";
import {vm} from "../Vm.sol";
import {Words} from "./Words.sol";

/// @dev Golden points of random operations (D4), with every index form and gather.
contract PointsTest {
    uint256 internal constant SPOILT = 20;

    Court internal court;
    bytes[] internal some;

    function setUp() public {
        court = new Court();
        bytes[] memory operations = vm.parseJsonBytesArray(vm.readFile("vectors/court.json"), ".operations");
        for (uint256 k; k < SPOILT; ++k) some.push(operations[k * operations.length / SPOILT]);
    }

    function test_D4_every_point_gives_the_golden_places_and_results() public view {
        string memory json = vm.readFile("vectors/court.json");
        bytes[] memory operations = vm.parseJsonBytesArray(json, ".operations");
        string[] memory lines = vm.parseJsonStringArray(json, ".points");
        require(lines.length > 400, "too few cases");
        ScalarBody.Machine memory machine = ScalarBody.load(court.definitions());
        for (uint256 k; k < lines.length; ++k) {
            uint256[] memory words = Words.parse(lines[k]);
            compare(machine, operations[words[0]], words, lines[k]);
        }
    }

    function compare(ScalarBody.Machine memory machine, bytes memory operation, uint256[] memory words, string memory line)
        internal
        pure
    {
        Point.Run memory run = Point.begin(operation, words[1], words[2]);
        require(words.length == 7 + 4 * run.values.length, line);
        for (uint256 from = 7; from < words.length; from += 4) {
            Point.Place memory place = Point.nextPlace(run);
            Words.requireSame(place.kind == Point.INSIDE ? 1 : 0, words[from + 1], line);
            if (place.kind == Point.INSIDE) Words.requireSame(place.element, words[from + 2], line);
            Point.give(run, words[from], place.kind == Point.INSIDE ? words[from + 3] : place.fill);
        }
        Words.requireSame(uint32(run.outOfRange), words[3], line);
        (uint256 first, uint256 second, uint256 dtype) = Point.evaluate(machine, run);
        Words.requireSame(dtype, words[4], line);
        Words.requireSame(first, words[5], line);
        Words.requireSame(second, words[6], line);
    }

    function test_P2_bytes_that_end_early_or_late_are_refused() public {
        bytes memory operation = some[0];
        court.describe(operation);
        refuse(bytes.concat(operation, hex"00"));
        bytes memory shorter = new bytes(operation.length - 1);
        for (uint256 k; k < shorter.length; ++k) shorter[k] = operation[k];
        refuse(shorter);
        operation[4] = 0x05;
        refuse(operation);
    }

    function refuse(bytes memory operation) internal {
        vm.expectRevert(OperationBytes.MalformedOperation.selector);
        court.describe(operation);
    }

    /// @dev Running out of gas gives no data at all.
    function testFuzz_P2_spoilt_bytes_are_answered_or_refused_within_a_call(uint256 which, uint256 place, uint8 value)
        public
        view
    {
        bytes memory operation = some[which % SPOILT];
        operation[place % operation.length] = bytes1(value);
        (, bytes memory answer) =
            address(court).staticcall{gas: 2 ** 22}(abi.encodeCall(court.placesOf, (operation, 0, 0, new uint256[](16))));
        require(answer.length >= 4, "out of gas");
        (, answer) =
            address(court).staticcall{gas: 2 ** 22}(abi.encodeCall(court.evaluate, (operation, 0, 0, new Source[](0))));
        require(answer.length >= 4, "out of gas");
    }

    function test_D4_points_outside_the_space_are_refused() public {
        bytes memory operation = some[0];
        OperationFacts memory facts = court.describe(operation);
        uint256[] memory values = new uint256[](facts.tensors.length);
        court.placesOf(operation, facts.elements - 1, facts.terms - 1, values);
        vm.expectRevert(abi.encodeWithSelector(Point.NoSuchPoint.selector, facts.elements, 0));
        court.placesOf(operation, facts.elements, 0, values);
        vm.expectRevert(abi.encodeWithSelector(Point.NoSuchPoint.selector, 0, facts.terms));
        court.placesOf(operation, 0, facts.terms, values);
    }

    /// @dev out[i] = a[index[i]] over 3 elements; a has 5.
    function gathering() internal pure returns (bytes memory) {
        bytes memory affine = abi.encodePacked(uint8(0), uint32(0), uint32(1), uint8(0), uint32(1), uint32(0), uint32(1));
        bytes memory index = bytes.concat(abi.encodePacked(uint32(7), uint32(0), uint32(1), uint32(3)), affine);
        bytes memory a = abi.encodePacked(uint32(8), uint32(0x40400000), uint32(1), uint32(5), uint8(1), uint32(0));
        bytes memory head = abi.encodePacked(uint32(9), uint8(Reduces.NONE), uint32(1), uint32(3), uint32(0), uint32(2));
        return bytes.concat(
            head, index, a, abi.encodePacked(uint32(1), uint8(1), uint32(1), uint32(1), uint32(0), uint32(0))
        );
    }

    function gathered(uint256 index) internal pure returns (Point.Run memory run, Point.Place memory place) {
        run = Point.begin(gathering(), 2, 0);
        place = Point.nextPlace(run);
        require(place.tensor == 7 && place.element == 2, "index");
        Point.give(run, DTypes.I32, index);
        place = Point.nextPlace(run);
    }

    function test_P7_a_gathered_index_is_in_range_up_to_the_last_element() public pure {
        uint256[5] memory indices = [uint256(0), 4, 5, 0xffffffff, 0x80000000];
        for (uint256 k; k < 5; ++k) {
            (Point.Run memory run, Point.Place memory place) = gathered(indices[k]);
            require(place.kind == (k < 2 ? Point.INSIDE : Point.OUT_OF_RANGE), "kind");
            if (k < 2) require(place.tensor == 8 && place.element == indices[k] && place.elements == 5, "place");
            require(run.outOfRange == (k < 2 ? type(uint256).max : 1), "first out of range");
            require(place.fill == 0x40400000, "fill");
        }
    }

    function test_N1_a_word_that_is_not_canonical_is_made_so_where_it_is_f32() public view {
        ScalarBody.Machine memory machine = ScalarBody.load(court.definitions());
        (Point.Run memory run,) = gathered(0);
        Point.give(run, DTypes.F32, 0x80ffffff);
        (uint256 first,, uint256 dtype) = Point.evaluate(machine, run);
        Words.requireSame(first, 0, "f32");
        require(dtype == DTypes.F32, "dtype");
        (run,) = gathered(0);
        Point.give(run, DTypes.U32, 0x80ffffff);
        (first,, dtype) = Point.evaluate(machine, run);
        Words.requireSame(first, 0x80ffffff, "u32");
        require(dtype == DTypes.U32, "dtype");
    }
}
