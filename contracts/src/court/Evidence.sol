// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Merkle} from "../Merkle.sol";
import {Docket, JobFacts, TensorFact} from "./Docket.sol";
import {TensorPiece} from "./TensorPiece.sol";

/// @notice What words are opened under: the job's facts, and the roots of one step (D2). The caller has checked all of it.
struct Ground {
    bytes32 docketRoot;
    JobFacts job;
    bytes32 before;
    bytes32 inputs;
    bytes32 trace;
}

/// @notice The piece with a word, its tensor's root, and that root's path in the list of the tensor's origin (D3).
struct ShownWord {
    bytes32 root;
    bytes32[] rootPath;
    bytes piece;
    bytes32[] piecePath;
}

/// @notice The tensor that a read reads; `word` is looked at where the read is inside.
struct ShownRead {
    TensorFact fact;
    bytes32[] factPath;
    ShownWord word;
}

/// @notice Opening words of a step (SPEC D3).
library Evidence {
    error NotInStep(uint32 origin, uint32 place);

    /// @param limit Only outputs of operations before this one count.
    function wordOf(
        Ground calldata ground,
        TensorFact memory fact,
        uint256 element,
        ShownWord calldata shown,
        uint256 limit
    ) internal pure returns (uint256) {
        if (!_isTensorRoot(ground, fact, shown.root, shown.rootPath, limit)) revert NotInStep(fact.origin, fact.place);
        return TensorPiece.wordOf(shown.root, fact.elements, element, shown.piece, shown.piecePath);
    }

    function _isTensorRoot(
        Ground calldata ground,
        TensorFact memory fact,
        bytes32 root,
        bytes32[] calldata path,
        uint256 limit
    ) private pure returns (bool) {
        if (fact.origin == Docket.FROM_INPUT) {
            return Merkle.verify(ground.inputs, root, fact.place, ground.job.inputs, path);
        }
        if (fact.origin == Docket.FROM_STATE) {
            // The header stands before the tensors (H4).
            return Merkle.verify(ground.before, root, 1 + uint256(fact.place), 1 + uint256(ground.job.states), path);
        }
        return fact.origin == Docket.FROM_OPERATION && fact.place < limit
            && Merkle.verify(ground.trace, root, fact.place, ground.job.operations, path);
    }
}
