// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Merkle} from "../Merkle.sol";
import {Docket, JobFacts, TensorFact} from "./Docket.sol";
import {GameBase} from "./GameBase.sol";
import {GameTable} from "./GameTable.sol";
import {GameState, ShownInputFact, ShownRoot, ShownState, ShownTensor} from "./GameTypes.sol";
import {InputRule} from "./InputRule.sol";
import {NodeWalk} from "./NodeWalk.sol";
import {TensorPiece} from "./TensorPiece.sol";

/// @notice Faults that roots alone show (SPEC D7): of the start, of a header, of what a state or an input is made of.
abstract contract GameRoots is GameBase {
    uint32 private constant LOCAL = 2;

    /// @notice The header of the first checkpoint is not H4's.
    function faultStartHeader(uint256 id, JobFacts calldata job, ShownRoot calldata leaf) external {
        GameState storage it = _enter(id, GameTable.FAULT_START, job);
        _require(it.segment == 0 && _inState(it, job, it.startRoot, 0, leaf, 0), "header");
        _fault(id, it, GameTable.FAULT_START, 0, leaf.root, _headerAt(it, job, 0));
    }

    /// @notice State slot `place` of the first checkpoint is not what G_r, or its fill, makes it (T2).
    /// @param inGlobal The tensor's root in G_r; not looked at for a local one.
    function faultStart(
        uint256 id,
        JobFacts calldata job,
        ShownRoot calldata leaf,
        uint32 place,
        ShownState calldata slot,
        ShownTensor calldata tensor,
        ShownRoot calldata inGlobal
    ) external {
        GameState storage it = _enter(id, GameTable.FAULT_START, job);
        _require(it.segment == 0 && _inState(it, job, it.startRoot, 0, leaf, 1 + uint256(place)), "leaf");
        Docket.requireState(it.docketRoot, job, place, slot.fact, slot.path);
        Docket.requireTensor(it.docketRoot, job, slot.fact.tensor, tensor.fact, tensor.path);
        bytes32 right = inGlobal.root;
        if (slot.fact.role == LOCAL) {
            right = _filledRoot(tensor.fact.elements, slot.fact.fill);
        } else {
            uint256 index = 1 + uint256(slot.fact.sharedPlace);
            _require(Merkle.verify(it.globalRoot, right, index, 1 + uint256(job.globals), inGlobal.path), "tensor of G");
        }
        _fault(id, it, GameTable.FAULT_START, 1 + uint256(place), leaf.root, right);
    }

    function faultHeader(uint256 id, JobFacts calldata job, ShownRoot calldata leaf) external {
        GameState storage it = _enter(id, GameTable.FAULT_HEADER, job);
        uint256 done = uint256(it.step) + 1;
        _require(_hasTensorsAfter(it) && _inState(it, job, it.rootAfter, done, leaf, 0), "header");
        _fault(id, it, GameTable.FAULT_HEADER, 0, leaf.root, _headerAt(it, job, done));
    }

    /// @param leaf State slot `place` in the state after. @param right The root of its next, where that comes from.
    function faultState(
        uint256 id,
        JobFacts calldata job,
        uint32 place,
        ShownState calldata slot,
        ShownTensor calldata next,
        ShownRoot calldata leaf,
        ShownRoot calldata right
    ) external {
        GameState storage it = _enter(id, GameTable.FAULT_STATE, job);
        Docket.requireState(it.docketRoot, job, place, slot.fact, slot.path);
        Docket.requireTensor(it.docketRoot, job, slot.fact.next, next.fact, next.path);
        uint256 done = uint256(it.step) + 1;
        _require(_hasTensorsAfter(it) && _inState(it, job, it.rootAfter, done, leaf, 1 + uint256(place)), "leaf");
        bytes32 wanted = right.root;
        // The delta of poison changes nothing (T7).
        if (it.poisonedDelta) wanted = _filledRoot(next.fact.elements, slot.fact.fill);
        else _require(_isInStep(it, job, next.fact, right), "next");
        _fault(id, it, GameTable.FAULT_STATE, 1 + uint256(place), leaf.root, wanted);
    }

    /// @notice An input that is a tensor of some state is another one.
    /// @param leaf Among the inputs of the step. @param right In the state that it is of. @param proposal That, where it is of a
    /// counted slot's proposal; not looked at else.
    function faultInput(
        uint256 id,
        JobFacts calldata job,
        uint32 place,
        ShownInputFact calldata input,
        ShownRoot calldata leaf,
        ShownRoot calldata right,
        ShownRoot calldata proposal
    ) external {
        GameState storage it = _enter(id, GameTable.FAULT_INPUT, job);
        Docket.requireInput(it.docketRoot, job, place, input.fact, input.path);
        _require(Merkle.verify(it.inputsRoot, leaf.root, place, job.inputs, leaf.path), "leaf");
        bytes32 root = it.globalRoot;
        if (input.fact.source == InputRule.OF_STATE) {
            root = it.rootBefore;
        } else if (input.fact.source == InputRule.OF_PROPOSAL) {
            root = proposal.root;
            _require(Merkle.verify(it.checkpointsRoot, root, it.step, it.counted, proposal.path), "proposal");
        } else {
            _require(input.fact.source == InputRule.OF_GLOBAL, "source");
        }
        _require(Merkle.verify(root, right.root, input.fact.offset, input.fact.perRow, right.path), "tensor");
        _fault(id, it, GameTable.FAULT_INPUT, place, leaf.root, right.root);
    }

    /// @notice A leaf of a state is shown beside what it must be.
    function _fault(uint256 id, GameState storage it, uint8 move, uint256 leaf, bytes32 claimed, bytes32 right) private {
        _end(id, it, move, claimed != right, abi.encode(leaf, claimed, right));
    }

    /// @param done Steps before the state.
    function _inState(
        GameState storage it,
        JobFacts calldata job,
        bytes32 root,
        uint256 done,
        ShownRoot calldata leaf,
        uint256 index
    ) private view returns (bool) {
        return Merkle.verify(root, leaf.root, index, _leavesAfter(it, job, done), leaf.path);
    }

    function _isInStep(GameState storage it, JobFacts calldata job, TensorFact calldata fact, ShownRoot calldata shown)
        private
        view
        returns (bool)
    {
        if (fact.origin == Docket.FROM_STATE) {
            return Merkle.verify(it.rootBefore, shown.root, 1 + uint256(fact.place), 1 + uint256(job.states), shown.path);
        }
        if (fact.origin == Docket.FROM_INPUT) {
            return Merkle.verify(it.inputsRoot, shown.root, fact.place, job.inputs, shown.path);
        }
        return fact.origin == Docket.FROM_OPERATION
            && Merkle.verify(it.traceRoot, shown.root, fact.place, job.operations, shown.path);
    }

    /// @notice H4's first leaf after `done` steps.
    function _headerAt(GameState storage it, JobFacts calldata job, uint256 done) private view returns (bytes32) {
        if (_isNextGlobal(it, done)) return sha256(abi.encodePacked(it.endRound, it.slot, uint32(0), job.globals));
        // A proposal is of no step (T6).
        uint256 step = _isDelta(it) ? type(uint32).max : done;
        return sha256(abi.encodePacked(it.round, it.slot, uint32(step), job.states));
    }

    /// @notice H3 of a tensor that holds `fill` everywhere.
    function _filledRoot(uint256 elements, uint32 fill) private pure returns (bytes32) {
        uint256 pieces = (elements + TensorPiece.PIECE_WORDS - 1) / TensorPiece.PIECE_WORDS;
        return NodeWalk.repeated(
            _filledPiece(TensorPiece.PIECE_WORDS, fill),
            _filledPiece(elements - (pieces - 1) * TensorPiece.PIECE_WORDS, fill),
            pieces
        );
    }

    function _filledPiece(uint256 words, uint32 fill) private pure returns (bytes32) {
        bytes memory piece = new bytes(TensorPiece.PIECE_BYTES);
        for (uint256 k; k < words; ++k) {
            for (uint256 b; b < 4; ++b) piece[4 * k + b] = bytes1(uint8(fill >> (8 * b)));
        }
        return sha256(piece);
    }
}
