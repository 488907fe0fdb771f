// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Codes, DTypes, Reduces} from "../../src/court/Codes.sol";
import {Court, Outcome} from "../../src/court/Court.sol";
import {Docket, InputFact, JobFacts, StateFact, TensorFact} from "../../src/court/Docket.sol";
import {Evidence, Ground, ShownRead, ShownWord} from "../../src/court/Evidence.sol";
import {InputRule, ShownInput, StepPlace} from "../../src/court/InputRule.sol";
import {TensorPiece} from "../../src/court/TensorPiece.sol";
import {vm} from "../Vm.sol";
import {Trees} from "./Trees.sol";
import {Words} from "./Words.sol";

/// @dev One small job by hand: c = a * b, d = c + c over 600 elements; a is an input, b a state.
contract EvidenceTest {
    uint256 internal constant ELEMENTS = 600;
    uint256 internal constant ELEMENT = 300;

    Court internal court;
    bytes32[] internal docket;
    bytes32[] internal inputs;
    bytes32[] internal before;
    bytes32[] internal trace;
    bytes[2] internal operations;
    TensorFact[4] internal facts;
    bytes32[][4] internal pieces;

    function setUp() public {
        court = new Court();
        facts[0] = TensorFact(0, uint32(ELEMENTS), Docket.FROM_INPUT, 0, false);
        facts[1] = TensorFact(0, uint32(ELEMENTS), Docket.FROM_STATE, 1, false);
        facts[2] = TensorFact(0, uint32(ELEMENTS), Docket.FROM_OPERATION, 0, true);
        facts[3] = TensorFact(0, uint32(ELEMENTS), Docket.FROM_OPERATION, 1, false);
        operations[0] = operation(Codes.MUL, 0, 1, 2);
        operations[1] = operation(Codes.ADD, 2, 2, 3);
        docket.push(jobLeaf(job()));
        for (uint256 k; k < 4; ++k) docket.push(tensorLeaf(facts[k]));
        docket.push(sha256(abi.encodePacked(uint32(0), uint32(0), uint32(4), uint32(600), uint32(1), uint32(0), bytes32(0))));
        docket.push(sha256(abi.encodePacked(uint32(9), uint32(9), uint32(2), uint32(0), type(uint32).max)));
        docket.push(sha256(abi.encodePacked(uint32(1), uint32(3), uint32(0), uint32(0), uint32(0))));
        for (uint256 k; k < 2; ++k) docket.push(sha256(operations[k]));
        for (uint256 tensor; tensor < 4; ++tensor) {
            for (uint256 piece; piece < 3; ++piece) pieces[tensor].push(sha256(pieceOf(tensor, piece)));
        }
        inputs.push(Trees.rootOf(pieces[0]));
        before.push(sha256("header"));
        before.push(sha256("another state"));
        before.push(Trees.rootOf(pieces[1]));
        trace.push(Trees.rootOf(pieces[2]));
        trace.push(Trees.rootOf(pieces[3]));
    }

    function job() internal pure returns (JobFacts memory it) {
        it.slots = 3;
        it.rounds = 5;
        it.stepsPerRound = 8;
        it.checkpointEvery = 4;
        it.batch = 2;
        it.rows = 11;
        it.rowsPerChunk = 4;
        it.rowBytes = 16;
        it.tensors = 4;
        it.inputs = 1;
        it.states = 2;
        it.operations = 2;
        it.seed = sha256("seed");
        it.programHash = sha256("program");
        bytes32[] memory chunks = new bytes32[](3);
        for (uint256 k; k < 3; ++k) chunks[k] = Trees.rootOf(rowsOf(k));
        it.datasetRoot = Trees.rootOf(chunks);
    }

    function rowsOf(uint256 chunk) internal pure returns (bytes32[] memory rows) {
        rows = new bytes32[](chunk == 2 ? 3 : 4);
        for (uint256 k; k < rows.length; ++k) rows[k] = sha256(rowBytes(4 * chunk + k));
    }

    /// @dev Two bytes, then a little-endian word that is the row's number over 2^-126.
    function rowBytes(uint256 row) internal pure returns (bytes memory) {
        return abi.encodePacked(uint8(row), uint8(200 + row), bytes2(0), uint8(row), uint8(0), uint8(0x80), uint8(0x40), uint64(0));
    }

    function jobLeaf(JobFacts memory it) internal pure returns (bytes32) {
        bytes memory head = abi.encodePacked(uint32(2), it.profile, it.slots, it.rounds, it.stepsPerRound, it.checkpointEvery);
        bytes memory rest = abi.encodePacked(it.batch, it.rows, it.rowsPerChunk, it.rowBytes, it.tensors, it.inputs, it.states);
        bytes memory roots = abi.encodePacked(it.seed, it.datasetRoot, it.programHash, it.deltaDocket, it.outerDocket);
        return sha256(bytes.concat(head, rest, abi.encodePacked(it.operations, it.globals), roots));
    }

    function tensorLeaf(TensorFact memory it) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(it.dtype, it.elements, it.origin, it.place, uint32(it.watched ? 1 : 0)));
    }

    /// @dev out[i] = code(left[i], right[i]).
    function operation(uint256 code, uint32 left, uint32 right, uint32 out) internal pure returns (bytes memory) {
        bytes memory head = abi.encodePacked(out, uint8(Reduces.NONE), uint32(1), uint32(ELEMENTS), uint32(0), uint32(2));
        bytes memory body = abi.encodePacked(uint32(3), uint8(1), uint32(0), uint8(1), uint32(1), uint8(code), uint32(2), uint64(1));
        return bytes.concat(head, readOf(left), readOf(right), body, abi.encodePacked(uint32(1), uint32(2), uint32(0)));
    }

    function readOf(uint32 tensor) internal pure returns (bytes memory) {
        bytes memory index = abi.encodePacked(uint8(0), uint32(0), uint32(1), uint8(0), uint32(1), uint32(0), uint32(1));
        return bytes.concat(abi.encodePacked(tensor, uint32(0), uint32(1), uint32(ELEMENTS)), index);
    }

    /// @dev Word e of tensor t is (t + 2) + e / 2^13, more or less.
    function wordOf(uint256 tensor, uint256 element) internal pure returns (uint256) {
        return 0x40000000 + (tensor << 20) + (element << 8);
    }

    function pieceOf(uint256 tensor, uint256 piece) internal pure returns (bytes memory bytes_) {
        bytes_ = new bytes(1024);
        for (uint256 k; k < 256 && 256 * piece + k < ELEMENTS; ++k) {
            uint256 word = wordOf(tensor, 256 * piece + k);
            for (uint256 j; j < 4; ++j) bytes_[4 * k + j] = bytes1(uint8(word >> (8 * j)));
        }
    }

    function ground() internal view returns (Ground memory it) {
        it = Ground(Trees.rootOf(docket), job(), Trees.rootOf(before), Trees.rootOf(inputs), Trees.rootOf(trace));
    }

    function rootPathOf(uint256 tensor) internal view returns (bytes32[] memory) {
        if (tensor == 0) return Trees.pathOf(inputs, 0);
        return tensor == 1 ? Trees.pathOf(before, 2) : Trees.pathOf(trace, tensor - 2);
    }

    function wordShown(uint256 tensor, uint256 element) internal view returns (ShownWord memory it) {
        bytes32[] memory leaves = pieces[tensor];
        it.root = Trees.rootOf(leaves);
        it.rootPath = rootPathOf(tensor);
        it.piece = pieceOf(tensor, element / 256);
        it.piecePath = Trees.pathOf(leaves, element / 256);
    }

    function readShown(uint256 tensor) internal view returns (ShownRead memory) {
        return ShownRead(facts[tensor], Trees.pathOf(docket, 1 + tensor), wordShown(tensor, ELEMENT));
    }

    function execute(uint256 k, ShownRead memory left, ShownRead memory right) internal view returns (uint256) {
        ShownRead[] memory reads = new ShownRead[](2);
        (reads[0], reads[1]) = (left, right);
        return court.executePoint(ground(), k, operations[k], Trees.pathOf(docket, 8 + k), ELEMENT, 0, reads).first;
    }

    function test_D4_operations_are_executed_from_words_of_inputs_state_and_earlier_operations() public view {
        // (2 + 300 * 2^-14) * (2.25 + 300 * 2^-14), and twice 2.5 + 300 * 2^-14.
        Words.requireSame(execute(0, readShown(0), readShown(1)), 0x4092803f, "mul");
        Words.requireSame(execute(1, readShown(2), readShown(2)), wordOf(2, ELEMENT) + 0x800000, "add");
    }

    function refuses(uint256 k, ShownRead memory left, ShownRead memory right, bytes4 why) internal {
        ShownRead[] memory reads = new ShownRead[](2);
        (reads[0], reads[1]) = (left, right);
        Ground memory under = ground();
        bytes32[] memory path = Trees.pathOf(docket, 8 + k);
        vm.expectPartialRevert(why);
        court.executePoint(under, k, operations[k], path, ELEMENT, 0, reads);
    }

    function test_D1_another_fact_is_refused() public {
        ShownRead memory other = readShown(0);
        other.fact.dtype = 2;
        refuses(0, other, readShown(1), Docket.NotInDocket.selector);
        refuses(0, readShown(1), readShown(1), Docket.NotInDocket.selector);
    }

    function test_D3_words_of_another_tensor_place_or_list_are_refused() public {
        ShownRead memory other = readShown(0);
        other.word = wordShown(1, ELEMENT);
        refuses(0, other, readShown(1), Evidence.NotInStep.selector);
        other.word = wordShown(0, 0);
        refuses(0, other, readShown(1), TensorPiece.WrongPiece.selector);
        other.word = wordShown(0, ELEMENT);
        other.word.rootPath = new bytes32[](1);
        refuses(0, other, readShown(1), Evidence.NotInStep.selector);
    }

    function test_D3_an_operation_sees_only_what_is_written_before_it() public {
        // The docket says that operation 0 reads what operation 0 writes: nobody validated that.
        operations[0] = operation(Codes.MUL, 2, 1, 2);
        docket[8] = sha256(operations[0]);
        refuses(0, readShown(2), readShown(1), Evidence.NotInStep.selector);
    }

    function test_D1_another_operation_is_refused() public {
        Ground memory under = ground();
        bytes32[] memory path = Trees.pathOf(docket, 8);
        bytes memory other = operations[1];
        vm.expectPartialRevert(Docket.NotInDocket.selector);
        court.executePoint(under, 0, other, path, ELEMENT, 0, new ShownRead[](2));
        vm.expectPartialRevert(Docket.NotInDocket.selector);
        court.executePoint(under, 2, other, path, ELEMENT, 0, new ShownRead[](2));
    }

    function test_D3_a_word_of_any_tensor_is_opened() public {
        for (uint256 tensor; tensor < 4; ++tensor) {
            bytes32[] memory path = Trees.pathOf(docket, 1 + tensor);
            uint256 given = court.openWord(ground(), tensor, facts[tensor], path, 511, wordShown(tensor, 511));
            Words.requireSame(given, wordOf(tensor, 511), "word");
        }
        ShownWord memory last = wordShown(0, 599);
        Ground memory under = ground();
        bytes32[] memory factPath = Trees.pathOf(docket, 1);
        vm.expectRevert(abi.encodeWithSelector(TensorPiece.WrongPiece.selector, 600));
        court.openWord(under, 0, facts[0], factPath, 600, last);
    }

    function test_D1_every_kind_of_fact_has_its_leaf() public {
        this.requireFacts(Trees.rootOf(docket), Trees.pathOf(docket, 0), Trees.pathOf(docket, 5), Trees.pathOf(docket, 7), 1);
        bytes32 root = Trees.rootOf(docket);
        (bytes32[] memory a, bytes32[] memory b, bytes32[] memory c) =
            (Trees.pathOf(docket, 0), Trees.pathOf(docket, 5), Trees.pathOf(docket, 7));
        vm.expectRevert(abi.encodeWithSelector(Docket.NotInDocket.selector, 6));
        this.requireFacts(root, a, b, c, 0);
    }

    function requireFacts(bytes32 root, bytes32[] calldata a, bytes32[] calldata b, bytes32[] calldata c, uint256 k)
        external
        pure
    {
        Docket.requireJob(root, job(), a);
        Docket.requireInput(root, job(), 0, InputFact(0, 0, 4, 600, 1, 0, 0), b);
        Docket.requireState(root, job(), k, StateFact(1, 3, 0, 0, 0), c);
    }

    function inputWord(InputFact memory fact, uint256 dtype, uint256 element, uint256 row) internal view returns (uint256) {
        return court.inputWord(job(), StepPlace(2, 1, 5, 0), fact, dtype, element, rowShown(row));
    }

    function rowShown(uint256 row) internal pure returns (ShownInput memory it) {
        bytes32[] memory chunks = new bytes32[](3);
        for (uint256 k; k < 3; ++k) chunks[k] = Trees.rootOf(rowsOf(k));
        it.content = rowBytes(row);
        it.rowPath = Trees.pathOf(rowsOf(row / 4), row % 4);
        it.chunkPath = Trees.pathOf(chunks, row / 4);
    }

    function column(uint32 offset, uint32 perRow, uint32 columnType) internal pure returns (InputFact memory) {
        return InputFact(0, uint32(InputRule.COLUMN), offset, perRow, columnType, 0, 0);
    }

    function test_T1_columns_come_from_the_row_of_the_rule() public {
        for (uint256 b; b < 2; ++b) {
            uint256 row = this.ruleRow(job(), StepPlace(2, 1, 5, 0), b);
            Words.requireSame(inputWord(column(0, 2, 0), DTypes.I32, 2 * b + 1, row), 200 + row, "u8");
            uint256 float = row == 0 ? 0x40800000 : 0x40800000 + row;
            Words.requireSame(inputWord(column(4, 1, 1), DTypes.F32, b, row), float, "f32");
            ShownInput memory other = rowShown((row + 1) % 11);
            JobFacts memory it = job();
            vm.expectRevert(abi.encodeWithSelector(InputRule.NotTheRow.selector, row));
            court.inputWord(it, StepPlace(2, 1, 5, 0), column(0, 2, 0), DTypes.I32, 2 * b + 1, other);
        }
        uint256 first = this.ruleRow(job(), StepPlace(2, 1, 5, 0), 0);
        Words.requireSame(inputWord(column(0, 2, 0), DTypes.F32, 0, first), first == 0 ? 0 : floatOf(first), "u8 as f32");
    }

    /// @dev Of 1 to 15.
    function floatOf(uint256 value) internal pure returns (uint256) {
        uint256 exponent = 127;
        while (value >> (exponent - 126) != 0) ++exponent;
        return (exponent << 23) | ((value << (150 - exponent)) & 0x7fffff);
    }

    function test_T3_step_and_seed_words_follow_from_the_place() public view {
        Words.requireSame(inputWord(InputFact(0, 1, 0, 0, 0, 0, 0), DTypes.U32, 0, 0), 21, "step");
        bytes32 digest = sha256(abi.encodePacked(sha256("seed"), uint32(2), uint32(1)));
        Words.requireSame(inputWord(InputFact(0, 2, 0, 0, 0, 0, 0), DTypes.U32, 0, 0), uint256(digest) >> 224, "seed 0");
        Words.requireSame(inputWord(InputFact(0, 2, 0, 0, 0, 0, 0), DTypes.U32, 1, 0), (uint256(digest) >> 192) & 0xffffffff, "seed 1");
    }

    function test_T3_a_schedule_is_its_table_at_the_global_step() public {
        InputFact memory fact = InputFact(0, 3, 0, 0, 0, uint32(ELEMENTS), Trees.rootOf(pieces[3]));
        ShownInput memory shown;
        shown.content = pieceOf(3, 0);
        shown.chunkPath = Trees.pathOf(pieces[3], 0);
        Words.requireSame(court.inputWord(job(), StepPlace(2, 1, 5, 0), fact, DTypes.F32, 0, shown), wordOf(3, 21), "schedule");
        fact.scheduleLength = 21;
        JobFacts memory it = job();
        vm.expectRevert(abi.encodeWithSelector(InputRule.NotTheSchedule.selector, 21));
        court.inputWord(it, StepPlace(2, 1, 5, 0), fact, DTypes.F32, 0, shown);
        vm.expectRevert(abi.encodeWithSelector(InputRule.NoRule.selector, 4, 0));
        court.inputWord(it, StepPlace(2, 1, 5, 0), InputFact(0, 4, 0, 0, 0, 0, 0), DTypes.F32, 0, shown);
    }

    function ruleRow(JobFacts calldata it, StepPlace calldata place, uint256 b) external pure returns (uint256) {
        return InputRule.rowOf(it, place, b);
    }

    function test_T1_rows_are_the_golden_ones() public view {
        string[] memory lines = vm.parseJsonStringArray(vm.readFile("vectors/court.json"), ".rows");
        require(lines.length > 30, "too few cases");
        for (uint256 k; k < lines.length; ++k) {
            uint256[] memory words = Words.parse(lines[k]);
            JobFacts memory it;
            uint256 seed;
            for (uint256 j; j < 8; ++j) seed = (seed << 32) | words[j];
            it.seed = bytes32(seed);
            (it.slots, it.stepsPerRound, it.batch, it.rows) =
                (uint32(words[8]), uint32(words[9]), uint32(words[10]), uint32(words[11]));
            StepPlace memory place = StepPlace(uint32(words[12]), uint32(words[13]), uint32(words[14]), 0);
            Words.requireSame(this.ruleRow(it, place, words[15]), words[16], lines[k]);
        }
    }
}
