// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Binary32} from "./Binary32.sol";
import {DTypes} from "./Codes.sol";
import {Definitions} from "./Definitions.sol";
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
        OperationBytes.Operation memory it = OperationBytes.parse(operation);
        if (values.length != it.readCount) revert WrongSources(values.length, it.readCount);
        uint256[] memory coordinates = Point.coordinatesOf(it, element, term);
        uint256[] memory known = values;
        places = new Point.Place[](it.readCount);
        uint256 read = it.reads;
        for (uint256 k; k < it.readCount; ++k) {
            (places[k], read) = Point.placeOf(read, coordinates, known, k);
        }
    }

    /// @notice The operation's body at the point (i, r), over words that are shown to stand under the tensors' roots (D3, D4).
    function evaluate(bytes calldata operation, uint256 element, uint256 term, Source[] calldata sources)
        external
        view
        returns (Outcome memory outcome)
    {
        OperationBytes.Operation memory it = OperationBytes.parse(operation);
        if (sources.length != it.readCount) revert WrongSources(sources.length, it.readCount);
        uint256[] memory coordinates = Point.coordinatesOf(it, element, term);
        uint256[] memory values = new uint256[](it.readCount);
        uint256[] memory dtypes = new uint256[](it.readCount);
        outcome.outOfRange = type(uint256).max;
        uint256 read = it.reads;
        for (uint256 k; k < it.readCount; ++k) {
            Point.Place memory place;
            (place, read) = Point.placeOf(read, coordinates, values, k);
            if (place.kind == Point.OUT_OF_RANGE && outcome.outOfRange > k) outcome.outOfRange = k;
            dtypes[k] = sources[k].dtype;
            uint256 word = _wordOf(place, sources[k]);
            values[k] = dtypes[k] == DTypes.F32 ? Binary32.canon(word) : word;
        }
        (outcome.first, outcome.second, outcome.dtype) =
            Point.evaluate(ScalarBody.load(definitions), it, coordinates, values, dtypes);
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

    function _wordOf(Point.Place memory place, Source calldata source) private pure returns (uint256) {
        if (place.kind != Point.INSIDE) return place.fill;
        return TensorPiece.wordOf(source.root, place.elements, place.element, source.piece, source.path);
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
