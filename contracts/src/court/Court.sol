// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Binary32} from "./Binary32.sol";
import {DTypes} from "./Codes.sol";
import {Definitions} from "./Definitions.sol";
import {Docket, InputFact, JobFacts, TensorFact} from "./Docket.sol";
import {Evidence, Ground, ShownRead, ShownWord} from "./Evidence.sol";
import {InputRule, ShownInput, StepPlace} from "./InputRule.sol";
import {OperationBytes} from "./OperationBytes.sol";
import {Point} from "./Point.sol";
import {PrefixMachine} from "./PrefixMachine.sol";
import {ScalarBody} from "./ScalarBody.sol";
import {TensorPiece} from "./TensorPiece.sol";

/// @notice The tensor that a read reads, and the piece of it with the word; no piece where the read is not inside (D3).
struct Source {
    uint8 dtype;
    bytes32 root;
    bytes piece;
    bytes32[] path;
}

/// @param second The other factor of a mac. @param dtype Of `first`.
/// @param outOfRange The first read whose gathered index is out of range (P7), or type(uint256).max.
struct Outcome {
    uint256 first;
    uint256 second;
    uint256 dtype;
    uint256 outOfRange;
}

/// @param elements Of the output. @param terms R. @param tensors Those that are read, read by read.
struct OperationFacts {
    uint256 out;
    uint256 reduce;
    uint256 elements;
    uint256 terms;
    uint256[] tensors;
}

/// @notice The third executor: what one scalar operation gives, bit for bit (SPEC N). Holds nothing and changes nothing.
contract Court {
    using ScalarBody for ScalarBody.Machine;

    /// @notice Its code is the table of defined functions (N3).
    address public immutable definitions = address(new Definitions());

    /// @dev Bytes of a case: u8 code, three u32.
    uint256 private constant CASE = 13;

    error UnevenCases(uint256 length);
    error WrongSources(uint256 given, uint256 reads);

    /// @notice What the court sees in an operation's bytes (P2).
    function describe(bytes calldata operation) external pure returns (OperationFacts memory facts) {
        OperationBytes.Operation memory it = OperationBytes.parse(operation);
        facts.out = it.out;
        facts.reduce = it.reduce;
        facts.elements = it.elements;
        facts.terms = it.terms;
        facts.tensors = OperationBytes.tensorsOf(it);
    }

    /// @notice Which word each read needs at the point (i, r); a gathered index needs the value of its read (D4).
    /// @param values Of the reads, in order; those of reads by which nothing is gathered do not matter.
    function placesOf(bytes calldata operation, uint256 element, uint256 term, uint256[] calldata values)
        external
        pure
        returns (Point.Place[] memory places)
    {
        Point.Run memory run = Point.begin(operation, element, term);
        _requireReads(run, values.length);
        places = new Point.Place[](values.length);
        for (uint256 k; k < values.length; ++k) {
            places[k] = Point.nextPlace(run);
            Point.give(run, DTypes.I32, values[k]);
        }
    }

    /// @notice The operation's body at the point (i, r), over words that are shown to stand under given roots of tensors.
    function evaluate(bytes calldata operation, uint256 element, uint256 term, Source[] calldata sources)
        external
        view
        returns (Outcome memory)
    {
        Point.Run memory run = Point.begin(operation, element, term);
        _requireReads(run, sources.length);
        for (uint256 k; k < sources.length; ++k) {
            Point.Place memory place = Point.nextPlace(run);
            Source calldata source = sources[k];
            uint256 word = place.fill;
            if (place.kind == Point.INSIDE) {
                word = TensorPiece.wordOf(source.root, place.elements, place.element, source.piece, source.path);
            }
            Point.give(run, source.dtype, word);
        }
        return _outcome(run);
    }

    /// @notice Operation `k` of the job at the point (i, r), from the words to its left (D3, D4).
    /// @param ground Checked by the caller. @param path Of the operation in the docket.
    function executePoint(
        Ground calldata ground,
        uint256 k,
        bytes calldata operation,
        bytes32[] calldata path,
        uint256 element,
        uint256 term,
        ShownRead[] calldata reads
    ) external view returns (Outcome memory) {
        Docket.requireOperation(ground.docketRoot, ground.job, k, operation, path);
        Point.Run memory run = Point.begin(operation, element, term);
        _requireReads(run, reads.length);
        for (uint256 read; read < reads.length; ++read) {
            _giveShown(ground, k, run, reads[read]);
        }
        return _outcome(run);
    }

    function _giveShown(Ground calldata ground, uint256 k, Point.Run memory run, ShownRead calldata shown) private pure {
        Point.Place memory place = Point.nextPlace(run);
        TensorFact memory fact = shown.fact;
        Docket.requireTensor(ground.docketRoot, ground.job, place.tensor, fact, shown.factPath);
        uint256 word = place.fill;
        if (place.kind == Point.INSIDE) word = Evidence.wordOf(ground, fact, place.element, shown.word, k);
        Point.give(run, fact.dtype, word);
    }

    /// @notice A word of tensor `tensor` in the step, its fact shown (D3).
    function openWord(
        Ground calldata ground,
        uint256 tensor,
        TensorFact calldata fact,
        bytes32[] calldata factPath,
        uint256 element,
        ShownWord calldata shown
    ) external pure returns (uint256) {
        Docket.requireTensor(ground.docketRoot, ground.job, tensor, fact, factPath);
        return Evidence.wordOf(ground, fact, element, shown, ground.job.operations);
    }

    /// @notice What element `element` of an input must be (T1, T3). Job and facts are checked by the caller.
    /// @param dtype Of the input's tensor.
    function inputWord(
        JobFacts calldata job,
        StepPlace calldata place,
        InputFact calldata fact,
        uint256 dtype,
        uint256 element,
        ShownInput calldata shown
    ) external pure returns (uint256) {
        return InputRule.wordOf(job, place, fact, dtype, element, shown);
    }

    function _requireReads(Point.Run memory run, uint256 given) private pure {
        if (given != run.values.length) revert WrongSources(given, run.values.length);
    }

    function _outcome(Point.Run memory run) private view returns (Outcome memory outcome) {
        (outcome.first, outcome.second, outcome.dtype) = Point.evaluate(ScalarBody.load(definitions), run);
        outcome.outOfRange = run.outOfRange;
    }

    /// @notice One step of a reduction (D5); `a` and `b` are what `evaluate` gives at the term of step j.
    function step(PrefixMachine.Reduction calldata reduction, uint256[] calldata prefix, uint256 j, uint256 a, uint256 b)
        external
        pure
        returns (uint256[] memory)
    {
        return PrefixMachine.step(reduction, prefix, j, a, b);
    }

    /// @return count Steps. @return first The prefix before the first.
    function startOf(PrefixMachine.Reduction calldata reduction)
        external
        pure
        returns (uint256 count, uint256[] memory first)
    {
        return (PrefixMachine.countOf(reduction), PrefixMachine.start(reduction));
    }

    /// @return Flat r of the term that step j takes.
    function termOf(PrefixMachine.Reduction calldata reduction, uint256 j) external pure returns (uint256) {
        return PrefixMachine.termOf(reduction, j);
    }

    /// @return Bits of the output's element.
    function finish(PrefixMachine.Reduction calldata reduction, uint256[] calldata prefix)
        external
        pure
        returns (uint256)
    {
        return PrefixMachine.finish(reduction, prefix);
    }

    function prefixLeafOf(uint256[] calldata prefix) external pure returns (bytes32) {
        return PrefixMachine.leafOf(prefix);
    }

    /// @notice Single instructions, for anyone who wants to hold the court against another executor.
    /// @param cases Per case its code (`Codes`) and three big-endian words; those over its arity are ignored. f32 words are canonicalised first.
    /// @return results A big-endian word a case.
    function compute(bytes calldata cases) external view returns (bytes memory results) {
        if (cases.length % CASE != 0) revert UnevenCases(cases.length);
        uint256 count = cases.length / CASE;
        ScalarBody.Machine memory machine = ScalarBody.load(definitions);
        results = new bytes(4 * count);
        for (uint256 k; k < count; ++k) {
            uint256 value = _compute(machine, bytes32(cases[k * CASE:(k + 1) * CASE]));
            assembly ("memory-safe") {
                // The word before the place is kept: 28 bytes of it are rewritten as they are.
                let spot := add(add(results, 4), shl(2, k))
                mstore(spot, or(and(mload(spot), not(0xffffffff)), value))
            }
        }
    }

    function _compute(ScalarBody.Machine memory machine, bytes32 one) private pure returns (uint256) {
        uint256 code = uint8(one[0]);
        uint256 entry = machine.entryOf(code);
        uint256 floats = ScalarBody.floatsOf(entry);
        uint256[3] memory args;
        for (uint256 k; k < 3; ++k) {
            args[k] = (uint256(one) >> (216 - 32 * k)) & 0xffffffff;
            if ((floats >> k) & 1 != 0) args[k] = Binary32.canon(args[k]);
        }
        return machine.run(entry, code, args);
    }
}
