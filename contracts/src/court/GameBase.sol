// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Court} from "./Court.sol";
import {JobFacts} from "./Docket.sol";
import {Ground} from "./Evidence.sol";
import {GameTable} from "./GameTable.sol";
import {GameList, GameState} from "./GameTypes.sol";
import {PrefixMachine} from "./PrefixMachine.sol";

/// @notice What all moves of a game share: phase, turn, clock and bond (SPEC D6, D10, D11).
abstract contract GameBase {
    using SafeERC20 for IERC20;

    Court public immutable court;
    IERC20 public immutable token;
    uint256 public gameCount;
    mapping(uint256 id => GameState) internal gameAt;
    /// @dev 0: not walked; else height + 1 above 32 bits of index.
    mapping(uint256 id => mapping(GameList => uint64)) internal walkedOf;

    event GameMoved(uint256 indexed id, uint8 move, uint8 phase);
    event GameOver(uint256 indexed id, bool challengerWon, uint8 move);

    error NotYourMove(address mover);
    error TimeIsUp(uint256 id);
    error OtherFacts();
    /// @dev A move that proves nothing; `what` names the proof.
    error NotShown(bytes32 what);

    constructor(Court court_, IERC20 token_) {
        court = court_;
        token = token_;
    }

    /// @dev Phase, turn, clock and bond. The move then says where the game goes, by `_go` or `_end`.
    function _enter(uint256 id, uint8 move, JobFacts calldata job) internal returns (GameState storage it) {
        it = gameAt[id];
        if (it.factsHash != keccak256(abi.encode(job))) revert OtherFacts();
        GameTable.Row memory row = GameTable.rowOf(it.phase, move);
        if (!row.isOpen && msg.sender != (row.isDefenders ? it.defender : it.challenger)) revert NotYourMove(msg.sender);
        uint256 used = block.timestamp - it.since;
        it.since = uint40(block.timestamp);
        if (used > (row.isDefenders ? it.defenderLeft : it.challengerLeft)) revert TimeIsUp(id);
        if (row.isDefenders) {
            it.defenderLeft -= uint32(used);
            if (row.depth > it.defenderDepth) {
                _take(it.defender, _bondAt(it.bondWei, row.depth) - _bondAt(it.bondWei, it.defenderDepth));
                it.defenderDepth = row.depth;
            }
        } else {
            it.challengerLeft -= uint32(used);
            if (row.depth > it.challengerDepth) {
                _take(it.challenger, _bondAt(it.bondWei, row.depth) - _bondAt(it.bondWei, it.challengerDepth));
                it.challengerDepth = row.depth;
            }
        }
    }

    function _go(uint256 id, GameState storage it, uint8 move, uint8 phase) internal {
        _requireNext(it.phase, move, phase);
        it.phase = phase;
        emit GameMoved(id, move, phase);
    }

    /// @notice A fault that is there, or a defender's silence, loses the defender the game; anything else the challenger.
    function _end(uint256 id, GameState storage it, uint8 move, bool challengerWon) internal {
        _requireNext(it.phase, move, GameTable.OVER);
        it.phase = GameTable.OVER;
        it.winner = challengerWon ? 1 : 2;
        uint256 challengers = _bondAt(it.bondWei, it.challengerDepth);
        uint256 defenders = _bondAt(it.bondWei, it.defenderDepth);
        uint256 lost = challengerWon ? defenders : challengers;
        emit GameOver(id, challengerWon, move);
        // The other half stays here, for nobody (D11).
        _give(challengerWon ? it.challenger : it.defender, (challengerWon ? challengers : defenders) + lost / 2);
    }

    function _requireNext(uint8 phase, uint8 move, uint8 next) private pure {
        if ((GameTable.rowOf(phase, move).next >> next) & 1 == 0) revert GameTable.NoSuchMove(phase, move);
    }

    /// @param depth And one; 0 for none.
    function _bondAt(uint256 bondWei, uint256 depth) private pure returns (uint256) {
        return depth == 0 ? 0 : bondWei << (depth - 1);
    }

    function _take(address from, uint256 amountWei) private {
        if (amountWei > 0) token.safeTransferFrom(from, address(this), amountWei);
    }

    function _give(address to, uint256 amountWei) private {
        if (amountWei > 0) token.safeTransfer(to, amountWei);
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
        return it.rootAfter == _poisonAt(it, uint256(it.step) + 1);
    }

    function _reductionOf(GameState storage it, JobFacts calldata job)
        internal
        view
        returns (PrefixMachine.Reduction memory)
    {
        return PrefixMachine.Reduction(it.reduce, job.profile, 0, it.terms);
    }
}
