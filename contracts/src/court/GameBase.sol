// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {IVault} from "../Interfaces.sol";
import {Merkle} from "../Merkle.sol";
import {Court} from "./Court.sol";
import {JobFacts} from "./Docket.sol";
import {Ground} from "./Evidence.sol";
import {GameTable} from "./GameTable.sol";
import {DELTA_OF_POISON, DELTA_STEP, GameList, GameState, OUTER_STEPS, Unsealed} from "./GameTypes.sol";
import {PrefixMachine} from "./PrefixMachine.sol";

/// @notice What all moves of a game share: phase, turn, clock and bond (SPEC D6, D10, D11).
abstract contract GameBase is ERC2771Context {
    Court public immutable court;
    /// @notice Holds the bonds: they are locked from the sides' free stake.
    IVault public immutable vault;
    uint256 public gameCount;
    mapping(uint256 id => GameState) internal gameAt;
    /// @dev 0: not walked; else height + 1 above 32 bits of index.
    mapping(uint256 id => mapping(GameList => uint64)) internal walkedOf;

    /// @param claim What the move said, without its proofs, by move (words are those of SPEC D6 to D9):
    /// chooseSegment (uint32 segment); askCheckpoint (uint256 asked, uint8 verdict); revealCheckpoint (uint256 checkpoint, bytes32 root,
    /// bytes32 salt, bytes32[] path);
    /// openSegment (bytes32 first, bytes32 last, bytes32 stepsRoot); openStep (uint256 step in the round, bytes32 before, bytes32 after);
    /// claimStep (bytes32 inputsRoot, bytes32 traceRoot, bool poison); nameInput (uint32 place, uint256 elements, bytes32 root);
    /// nameOperation (uint32 place, uint256 elements, bytes32 root, uint8 reduce, uint256 terms);
    /// nameWord (uint256 element, uint256 claimed, uint256 right; equal to claimed where the court has not ruled yet);
    /// commitPrefixes (bytes32 root, uint256[] last); openTerm (uint256 step, uint256 term, uint256[] before, uint256[] claimed,
    /// uint256[2] operands, uint256[] right); faultStart, faultHeader, faultState (uint256 leaf in the state, bytes32 claimed, bytes32 right);
    /// faultPoison (bool isIndex, uint32 place, uint256 element, uint256 term); demand (uint8 list, uint256 height, uint256 index, bytes32 node);
    /// claimDelta (bytes32 last, bytes32 inputsRoot, bytes32 traceRoot, bool poison); faultInput as faultStart, the leaf in the inputs;
    /// answer (uint8 list, uint256 height, uint256 index, bytes32[] children, bytes content); timeout nothing.
    event GameMoved(uint256 indexed id, uint8 move, uint8 phase, address mover, bytes claim);
    event GameOver(uint256 indexed id, bool challengerWon, uint8 move);

    error NotYourMove(address mover);
    error TimeIsUp(uint256 id);
    error OtherFacts();
    /// @dev A move that proves nothing; `what` names the proof.
    error NotShown(bytes32 what);

    constructor(Court court_, IVault vault_, address forwarder) ERC2771Context(forwarder) {
        court = court_;
        vault = vault_;
    }

    /// @dev Phase, turn, clock and bond. The move then says where the game goes, by `_go` or `_end`.
    function _enter(uint256 id, uint8 move, JobFacts calldata job) internal returns (GameState storage it) {
        it = gameAt[id];
        if (it.factsHash != keccak256(abi.encode(job))) revert OtherFacts();
        GameTable.Row memory row = GameTable.rowOf(it.phase, move);
        if (!row.isOpen) _requireMover(row.isDefenders ? it.defender : it.challenger);
        uint256 used = block.timestamp - it.since;
        it.since = uint40(block.timestamp);
        if (used > (row.isDefenders ? it.defenderLeft : it.challengerLeft)) revert TimeIsUp(id);
        if (row.isDefenders) {
            it.defenderLeft -= uint32(used);
            if (row.depth > it.defenderDepth) {
                _lock(it.defender, it.defenderBondWei, it.defenderDepth, row.depth);
                it.defenderDepth = row.depth;
            }
        } else {
            it.challengerLeft -= uint32(used);
            if (row.depth > it.challengerDepth) {
                _lock(it.challenger, it.bondWei, it.challengerDepth, row.depth);
                it.challengerDepth = row.depth;
            }
        }
    }

    /// @dev The side itself, or whoever stands in for it (D14).
    function _requireMover(address side) private view {
        address mover = _msgSender();
        if (mover != side && vault.delegateOf(side) != mover) revert NotYourMove(mover);
    }

    function _go(uint256 id, GameState storage it, uint8 move, uint8 phase, bytes memory claim) internal {
        _requireNext(it.phase, move, phase);
        it.phase = phase;
        emit GameMoved(id, move, phase, _msgSender(), claim);
    }

    /// @notice A fault that is there, or a defender's silence, loses the defender the game; anything else the challenger.
    function _end(uint256 id, GameState storage it, uint8 move, bool challengerWon, bytes memory claim) internal {
        _go(id, it, move, GameTable.OVER, claim);
        it.winner = challengerWon ? 1 : 2;
        emit GameOver(id, challengerWon, move);
        uint128 challengers = _bondAt(it.bondWei, it.challengerDepth);
        uint128 defenders = _bondAt(it.defenderBondWei, it.defenderDepth);
        // Half of what was lost is nobody's (D11).
        if (challengerWon) {
            vault.unlock(it.challenger, challengers);
            vault.forfeit(it.defender, it.challenger, defenders / 2, defenders - defenders / 2);
        } else {
            vault.unlock(it.defender, defenders);
            vault.forfeit(it.challenger, it.defender, challengers / 2, challengers - challengers / 2);
        }
    }

    function _requireNext(uint8 phase, uint8 move, uint8 next) private pure {
        if ((GameTable.rowOf(phase, move).next >> next) & 1 == 0) revert GameTable.NoSuchMove(phase, move);
    }

    /// @param depth And one; 0 for none.
    function _bondAt(uint256 bondWei, uint256 depth) internal pure returns (uint128) {
        return depth == 0 ? 0 : uint128(bondWei << (depth - 1));
    }

    function _lock(address side, uint256 bondWei, uint256 before, uint256 depth) private {
        vault.lock(side, _bondAt(bondWei, depth) - _bondAt(bondWei, before));
    }

    function _require(bool shown, bytes32 what) internal pure {
        if (!shown) revert NotShown(what);
    }

    /// @notice T7: the root after `step` steps of the round, once it is poison.
    function _poisonAt(GameState storage it, uint256 step) internal view returns (bytes32) {
        return sha256(abi.encodePacked(bytes8("poison\x00\x00"), it.round, it.slot, uint32(step)));
    }

    function _ground(GameState storage it, JobFacts calldata job) internal view returns (Ground memory) {
        return Ground(it.docketRoot, job, it.rootBefore, it.inputsRoot, it.traceRoot);
    }

    function _isPoisonAfter(GameState storage it) internal view returns (bool) {
        if (_isDelta(it)) return it.poisonedDelta;
        return it.rootAfter == _poisonAt(it, uint256(it.step) + 1);
    }

    function _isDelta(GameState storage it) internal view returns (bool) {
        return it.steps == DELTA_STEP || it.steps == DELTA_OF_POISON;
    }

    /// @notice Steps of the segment: of the outer step one a counted slot.
    function _stepsIn(GameState storage it, JobFacts calldata job) internal view returns (uint256) {
        return it.steps == OUTER_STEPS ? it.counted : job.checkpointEvery;
    }

    /// @notice Whether the state after `done` steps is the next G: its tensors are fewer, and its header is H4's for a G.
    function _isNextGlobal(GameState storage it, uint256 done) internal view returns (bool) {
        return it.steps == OUTER_STEPS && done == it.counted;
    }

    /// @notice Leaves of the state after `done` steps (H4).
    function _leavesAfter(GameState storage it, JobFacts calldata job, uint256 done) internal view returns (uint256) {
        return 1 + uint256(_isNextGlobal(it, done) ? job.globals : job.states);
    }

    /// @notice Whether the root after the step is one of tensors: a delta has its tensors even where the round is poison (T7).
    function _hasTensorsAfter(GameState storage it) internal view returns (bool) {
        return _isDelta(it) || !_isPoisonAfter(it);
    }

    function _requireOpening(
        GameState storage it,
        JobFacts calldata job,
        Unsealed calldata opening,
        uint256 checkpoint
    ) internal view {
        bytes32 leaf = sha256(abi.encodePacked(opening.root, opening.salt));
        uint256 count = uint256(job.stepsPerRound / job.checkpointEvery) + 1;
        _require(Merkle.verify(it.checkpointsRoot, leaf, checkpoint, count, opening.path), "checkpoint");
    }

    function _reductionOf(GameState storage it, JobFacts calldata job)
        internal
        view
        returns (PrefixMachine.Reduction memory)
    {
        return PrefixMachine.Reduction(it.reduce, job.profile, 0, it.terms);
    }
}
