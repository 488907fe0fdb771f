// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Merkle} from "../Merkle.sol";
import {Binary32} from "./Binary32.sol";
import {DTypes} from "./Codes.sol";
import {InputFact, JobFacts} from "./Docket.sol";
import {TensorPiece} from "./TensorPiece.sol";

/// @notice Where in the job a step stands; `step` counts in the round.
struct StepPlace {
    uint32 round;
    uint32 slot;
    uint32 step;
    /// Of the outer step: how many slots count.
    uint32 counted;
}

/// @notice A row of the dataset with its path in its chunk and the chunk's in the dataset (H6); for a schedule the piece
/// of its table, whose path is `chunkPath`.
struct ShownInput {
    bytes content;
    bytes32[] rowPath;
    bytes32[] chunkPath;
}

/// @notice What each element of a step's inputs must be (SPEC T1, T3).
library InputRule {
    uint256 internal constant COLUMN = 0;
    uint256 internal constant STEP = 1;
    uint256 internal constant SEED = 2;
    uint256 internal constant SCHEDULE = 3;
    /// @dev In the dockets of the protocol's own Programs alone: a tensor of G_r, of the state that the step begins with.
    uint256 internal constant OF_GLOBAL = 16;
    uint256 internal constant OF_STATE = 17;
    /// @dev Of the counted slot's proposal; how many slots count; whether this is the last of them.
    uint256 internal constant OF_PROPOSAL = 18;
    uint256 internal constant COUNTED = 19;
    uint256 internal constant LAST = 20;
    uint256 private constant COLUMN_U8 = 0;

    uint256 private constant WORD = 0xffffffff;

    error NotTheRow(uint256 row);
    error NotTheSchedule(uint256 step);
    /// @dev An argument follows from nothing.
    error NoRule(uint256 source, uint256 element);

    /// @param dtype Of the input's tensor.
    function wordOf(
        JobFacts calldata job,
        StepPlace calldata place,
        InputFact calldata fact,
        uint256 dtype,
        uint256 element,
        ShownInput calldata shown
    ) internal pure returns (uint256) {
        if (fact.source == COLUMN) {
            uint256 row = rowOf(job, place, element / fact.perRow);
            _requireRow(job, row, shown);
            return _columnWord(shown.content, fact, dtype, element % fact.perRow);
        }
        uint256 globalStep = uint256(place.round) * job.stepsPerRound + place.step;
        if (fact.source == STEP) return globalStep & WORD;
        if (fact.source == SEED && element < 2) {
            bytes32 digest = sha256(abi.encodePacked(job.seed, place.round, place.slot));
            return (uint256(digest) >> (224 - 32 * element)) & WORD;
        }
        if (fact.source == COUNTED) return Binary32.fromWhole(0, place.counted);
        if (fact.source == LAST) return place.step + 1 == place.counted ? 1 : 0;
        if (fact.source != SCHEDULE) revert NoRule(fact.source, element);
        uint256 piece = globalStep / TensorPiece.PIECE_WORDS;
        if (
            globalStep >= fact.scheduleLength
                || !TensorPiece.isPiece(fact.scheduleRoot, fact.scheduleLength, piece, shown.content, shown.chunkPath)
        ) revert NotTheSchedule(globalStep);
        return Binary32.canon(TensorPiece.wordAt(shown.content, globalStep % TensorPiece.PIECE_WORDS));
    }

    /// @notice Row of batch element b (T1).
    function rowOf(JobFacts calldata job, StepPlace calldata place, uint256 b) internal pure returns (uint256) {
        uint256 turn = uint256(place.round) * job.slots + place.slot;
        uint256 p = (turn * job.stepsPerRound + place.step) * job.batch + b;
        return permute(sha256(abi.encodePacked(job.seed, uint64(p / job.rows))), p % job.rows, job.rows);
    }

    /// @notice A bijection of 0..rows-1: four Feistel rounds over the smallest power of four that holds them; what falls outside walks on.
    /// @param keys Eight words, two a round.
    function permute(bytes32 keys, uint256 index, uint256 rows) internal pure returns (uint256 value) {
        unchecked {
            uint256 halfBits = 1;
            while ((uint256(1) << (2 * halfBits)) < rows) ++halfBits;
            uint256 mask = (uint256(1) << halfBits) - 1;
            value = index;
            do {
                uint256 left = value >> halfBits;
                uint256 right = value & mask;
                for (uint256 shift = 224; shift < 256; shift -= 64) {
                    uint256 mixed = (right + (uint256(keys) >> shift)) ^ (uint256(keys) >> (shift - 32));
                    (left, right) = (right, (left ^ _mix(mixed & WORD)) & mask);
                }
                value = (left << halfBits) | right;
            } while (value >= rows);
        }
    }

    /// @dev MurmurHash3's 32-bit finaliser.
    function _mix(uint256 x) private pure returns (uint256) {
        unchecked {
            x = ((x ^ (x >> 16)) * 0x85ebca6b) & WORD;
            x = ((x ^ (x >> 13)) * 0xc2b2ae35) & WORD;
            return x ^ (x >> 16);
        }
    }

    function _requireRow(JobFacts calldata job, uint256 row, ShownInput calldata shown) private pure {
        uint256 perChunk = job.rowsPerChunk;
        uint256 chunk = row / perChunk;
        uint256 rows = job.rows - chunk * perChunk;
        if (rows > perChunk) rows = perChunk;
        bytes32 node = sha256(shown.content);
        bool good;
        (good, node) = Merkle.fold(node, row % perChunk, rows, shown.rowPath);
        if (
            !good || shown.content.length != job.rowBytes
                || !Merkle.verify(job.datasetRoot, node, chunk, (job.rows + perChunk - 1) / perChunk, shown.chunkPath)
        ) revert NotTheRow(row);
    }

    function _columnWord(bytes calldata row, InputFact calldata fact, uint256 dtype, uint256 k)
        private
        pure
        returns (uint256)
    {
        if (fact.columnType == COLUMN_U8) {
            uint256 value = uint8(row[fact.offset + k]);
            return dtype == DTypes.F32 ? Binary32.fromWhole(0, value) : value;
        }
        uint256 word = TensorPiece.littleEndian(row, fact.offset + 4 * k);
        return dtype == DTypes.F32 ? Binary32.canon(word) : word;
    }
}
