// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Merkle} from "../Merkle.sol";

/// @dev D1; `states`: state slots; `globals`: tensors of G.
struct JobFacts {
    uint32 profile;
    uint32 slots;
    uint32 rounds;
    uint32 stepsPerRound;
    uint32 checkpointEvery;
    uint32 batch;
    uint32 rows;
    uint32 rowsPerChunk;
    uint32 rowBytes;
    uint32 tensors;
    uint32 inputs;
    uint32 states;
    uint32 operations;
    uint32 globals;
    bytes32 seed;
    bytes32 datasetRoot;
    bytes32 programHash;
    /// Roots of the dockets of the protocol's own Programs for this job: its deltas (T4) and its outer step (T5); zero in those.
    bytes32 deltaDocket;
    bytes32 outerDocket;
}

/// @param place In the list of its origin.
struct TensorFact {
    uint32 dtype;
    uint32 elements;
    uint32 origin;
    uint32 place;
    bool watched;
}

/// @param offset In a row's bytes; for an input that is a tensor of some state its leaf there. @param perRow Elements of the column
/// in a row; leaves of that state.
struct InputFact {
    uint32 tensor;
    uint32 source;
    uint32 offset;
    uint32 perRow;
    uint32 columnType;
    uint32 scheduleLength;
    bytes32 scheduleRoot;
}

/// @param sharedPlace Among the shared tensors, or type(uint32).max.
struct StateFact {
    uint32 tensor;
    uint32 next;
    uint32 role;
    uint32 fill;
    uint32 sharedPlace;
}

/// @notice The docket of a job (SPEC D1): facts, one leaf each, under one root.
library Docket {
    /// @dev Where a tensor's value comes from.
    uint32 internal constant FROM_INPUT = 0;
    uint32 internal constant FROM_STATE = 1;
    uint32 internal constant FROM_OPERATION = 2;

    uint32 private constant VERSION = 2;

    error NotInDocket(uint256 leaf);

    function requireJob(bytes32 root, JobFacts memory job, bytes32[] calldata path) internal pure {
        bytes memory start = abi.encodePacked(
            VERSION, job.profile, job.slots, job.rounds, job.stepsPerRound, job.checkpointEvery, job.batch
        );
        bytes memory sizes = abi.encodePacked(
            job.rows, job.rowsPerChunk, job.rowBytes, job.tensors, job.inputs, job.states, job.operations, job.globals
        );
        bytes memory roots = abi.encodePacked(job.seed, job.datasetRoot, job.programHash, job.deltaDocket, job.outerDocket);
        _require(root, job, 0, sha256(bytes.concat(start, sizes, roots)), path);
    }

    function requireTensor(
        bytes32 root,
        JobFacts memory job,
        uint256 k,
        TensorFact memory fact,
        bytes32[] calldata path
    ) internal pure {
        if (k >= job.tensors) revert NotInDocket(k);
        bytes32 leaf = sha256(
            abi.encodePacked(fact.dtype, fact.elements, fact.origin, fact.place, uint32(fact.watched ? 1 : 0))
        );
        _require(root, job, 1 + k, leaf, path);
    }

    function requireInput(bytes32 root, JobFacts memory job, uint256 k, InputFact memory fact, bytes32[] calldata path)
        internal
        pure
    {
        if (k >= job.inputs) revert NotInDocket(k);
        bytes32 leaf = sha256(
            abi.encodePacked(
                fact.tensor,
                fact.source,
                fact.offset,
                fact.perRow,
                fact.columnType,
                fact.scheduleLength,
                fact.scheduleRoot
            )
        );
        _require(root, job, 1 + uint256(job.tensors) + k, leaf, path);
    }

    function requireState(bytes32 root, JobFacts memory job, uint256 k, StateFact memory fact, bytes32[] calldata path)
        internal
        pure
    {
        if (k >= job.states) revert NotInDocket(k);
        bytes32 leaf = sha256(abi.encodePacked(fact.tensor, fact.next, fact.role, fact.fill, fact.sharedPlace));
        _require(root, job, 1 + uint256(job.tensors) + job.inputs + k, leaf, path);
    }

    /// @param operation Its canonical bytes (P2).
    function requireOperation(
        bytes32 root,
        JobFacts memory job,
        uint256 k,
        bytes calldata operation,
        bytes32[] calldata path
    ) internal pure {
        if (k >= job.operations) revert NotInDocket(k);
        _require(root, job, 1 + uint256(job.tensors) + job.inputs + job.states + k, sha256(operation), path);
    }

    function _require(bytes32 root, JobFacts memory job, uint256 leaf, bytes32 hash, bytes32[] calldata path)
        private
        pure
    {
        uint256 count = 1 + uint256(job.tensors) + job.inputs + job.states + job.operations;
        if (!Merkle.verify(root, hash, leaf, count, path)) revert NotInDocket(leaf);
    }
}
