// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {Context} from "@openzeppelin/contracts/utils/Context.sol";
import {Multicall} from "@openzeppelin/contracts/utils/Multicall.sol";
import {IVault} from "../Interfaces.sol";
import {Merkle} from "../Merkle.sol";
import {Court} from "./Court.sol";
import {Docket, JobFacts} from "./Docket.sol";
import {GameBase} from "./GameBase.sol";
import {GameFaults} from "./GameFaults.sol";
import {GameRoots} from "./GameRoots.sol";
import {GameTable} from "./GameTable.sol";
import {DELTA_OF_POISON, GameList, GameSetting, GameState, NO_SEGMENT, OUTER_STEPS, ShownRoot, Unsealed} from "./GameTypes.sol";
import {NodeWalk} from "./NodeWalk.sol";
import {PrefixMachine} from "./PrefixMachine.sol";
import {TensorPiece} from "./TensorPiece.sol";

/// @notice The dispute game (SPEC D). Here are the moves that narrow: from the round to a segment, a step, and into lists that
/// were withheld (D6 1 to 4, D9); `GameRoots` and `GameFaults` have those that rule. `multicall` makes several moves one transaction.
contract Game is GameRoots, Multicall {
    /// @notice The one that knows the commitments: nobody else opens games.
    address public immutable opener;
    /// @notice Has the moves that rule; they run here, on this contract's games.
    address public immutable faults;

    event GameOpened(uint256 indexed id, address indexed challenger, address indexed defender, bytes32 checkpointsRoot);

    event GameMoot(uint256 indexed id);

    error NotTheOpener(address caller);
    error NoSuchGame(uint256 id);
    error TimeIsLeft(uint256 id, uint256 secondsLeft);

    uint8 private constant MOOT = 3;
    /// @notice The content of leaves of these lists may be demanded.
    uint256 private constant WITH_CONTENT =
        (1 << uint256(GameList.Tensor)) | (1 << uint256(GameList.Prefixes));

    constructor(Court court_, IVault vault_, address forwarder, address opener_) GameBase(court_, vault_, forwarder) {
        opener = opener_;
        faults = address(new GameFaults(court_, vault_, forwarder));
    }

    /// @dev Moves of `GameFaults`, with this contract's storage and the caller's name.
    fallback() external {
        address target = faults;
        assembly ("memory-safe") {
            let data := mload(0x40)
            calldatacopy(data, 0, calldatasize())
            let good := delegatecall(gas(), target, data, calldatasize(), 0, 0)
            returndatacopy(data, 0, returndatasize())
            if iszero(good) { revert(data, returndatasize()) }
            return(data, returndatasize())
        }
    }

    /// @param path Of the job's facts in the docket (D1).
    function open(GameSetting calldata setting, JobFacts calldata job, bytes32[] calldata path)
        external
        returns (uint256 id)
    {
        if (msg.sender != opener) revert NotTheOpener(msg.sender);
        Docket.requireJob(setting.docketRoot, job, path);
        id = ++gameCount;
        GameState storage it = gameAt[id];
        it.docketRoot = setting.docketRoot;
        it.globalRoot = setting.globalRoot;
        it.checkpointsRoot = setting.checkpointsRoot;
        it.endRoot = setting.endRoot;
        it.factsHash = keccak256(abi.encode(job));
        (it.challenger, it.defender) = (setting.challenger, setting.defender);
        (it.bondWei, it.defenderBondWei) = (setting.bondWei, setting.defenderBondWei);
        (it.round, it.slot) = (setting.round, setting.slot);
        (it.challengerLeft, it.defenderLeft) = (setting.clockSeconds, setting.clockSeconds);
        it.since = uint40(block.timestamp);
        if (setting.steps == OUTER_STEPS) {
            (it.steps, it.counted, it.phase) = (OUTER_STEPS, setting.counted, GameTable.OPENING);
            it.endRound = setting.endRound;
        } else {
            uint256 segments = job.stepsPerRound / job.checkpointEvery;
            // The proposal stands after the last checkpoint, and is disputed for sure.
            it.high = uint16(segments + 1);
            if (setting.segment != NO_SEGMENT) {
                _require(setting.segment <= segments, "segment");
                (it.segment, it.phase) = (setting.segment, GameTable.OPENING);
            }
        }
        emit GameOpened(id, setting.challenger, setting.defender, setting.checkpointsRoot);
    }

    /// @notice Anyone says that the side that is to move has let its clock run out (D10).
    function timeout(uint256 id) external {
        GameState storage it = gameAt[id];
        if (it.since == 0) revert NoSuchGame(id);
        GameTable.Row memory row = GameTable.rowOf(it.phase, GameTable.TIMEOUT);
        uint256 used = block.timestamp - it.since;
        uint256 left = row.isDefenders ? it.defenderLeft : it.challengerLeft;
        if (used <= left) revert TimeIsLeft(id, left - used);
        _end(id, it, GameTable.TIMEOUT, row.isDefenders, "");
    }

    /// @notice This checkpoint is disputed for sure, where without it the last one is (D6 1). Only before the first move.
    function narrow(uint256 id, uint16 disputed) external {
        if (msg.sender != opener) revert NotTheOpener(msg.sender);
        GameState storage it = gameAt[id];
        _require(it.phase == GameTable.SEGMENT && it.challengerDepth == 0 && disputed > 0 && disputed <= it.high, "checkpoint");
        it.high = disputed;
    }

    /// @notice What the game is about is settled already: nobody wins, every bond goes back (D11).
    function callOff(uint256 id) external {
        if (msg.sender != opener) revert NotTheOpener(msg.sender);
        GameState storage it = gameAt[id];
        if (it.since == 0) revert NoSuchGame(id);
        if (it.phase == GameTable.OVER) return;
        it.phase = GameTable.OVER;
        it.winner = MOOT;
        emit GameMoot(id);
        vault.unlock(it.challenger, _bondAt(it.bondWei, it.challengerDepth));
        vault.unlock(it.defender, _bondAt(it.defenderBondWei, it.defenderDepth));
    }

    /// @return 0 nobody yet, 1 the challenger, 2 the defender, 3 nobody ever.
    function winnerOf(uint256 id) external view returns (uint8) {
        return gameAt[id].winner;
    }

    function gameOf(uint256 id) external view returns (GameState memory) {
        return gameAt[id];
    }

    /// @return Height and one of the node that was last demanded of a list, above 32 bits of its index; 0 for none.
    function lastDemand(uint256 id, GameList list) external view returns (uint64) {
        return walkedOf[id][list];
    }

    function tableRows() external pure returns (bytes memory) {
        return GameTable.ROWS;
    }

    /// @param segment The one after the last checkpoint is the delta.
    function chooseSegment(uint256 id, JobFacts calldata job, uint32 segment) external {
        GameState storage it = _enter(id, GameTable.CHOOSE_SEGMENT, job);
        _require(segment <= job.stepsPerRound / job.checkpointEvery, "segment");
        it.segment = segment;
        _go(id, it, GameTable.CHOOSE_SEGMENT, GameTable.OPENING, abi.encode(segment));
    }

    /// @param verdict About the checkpoint that was last shown: 0 none was shown, 1 agreed, 2 not agreed.
    function askCheckpoint(uint256 id, JobFacts calldata job, uint8 verdict) external {
        GameState storage it = _enter(id, GameTable.ASK_CHECKPOINT, job);
        _require(verdict < 3 && (verdict == 0) == (it.shown == 0), "verdict");
        if (verdict == 1) it.low = it.asked;
        if (verdict == 2) it.high = it.asked;
        _require(it.high - it.low > 1, "nothing left to ask");
        it.asked = (it.low + it.high) / 2;
        _go(id, it, GameTable.ASK_CHECKPOINT, GameTable.SEALED, abi.encode(it.asked, verdict));
    }

    function revealCheckpoint(uint256 id, JobFacts calldata job, Unsealed calldata opening) external {
        GameState storage it = _enter(id, GameTable.REVEAL_CHECKPOINT, job);
        _requireOpening(it, job, opening, it.asked);
        it.shown = 1;
        _go(id, it, GameTable.REVEAL_CHECKPOINT, GameTable.SEGMENT, abi.encode(it.asked, opening.root, opening.salt, opening.path));
    }

    function openSegment(
        uint256 id,
        JobFacts calldata job,
        Unsealed calldata first,
        Unsealed calldata last,
        bytes32 stepsRoot,
        bytes32[] calldata firstPath,
        bytes32[] calldata lastPath
    ) external {
        GameState storage it = _enter(id, GameTable.OPEN_SEGMENT, job);
        uint256 steps = _stepsIn(it, job);
        if (it.steps == OUTER_STEPS) {
            // Nothing is sealed: the outer step ends in what was posted.
            _require(last.root == it.endRoot, "posted root");
        } else {
            _requireOpening(it, job, first, it.segment);
            _requireOpening(it, job, last, uint256(it.segment) + 1);
        }
        _require(Merkle.verify(stepsRoot, first.root, 0, steps + 1, firstPath), "first state");
        _require(Merkle.verify(stepsRoot, last.root, steps, steps + 1, lastPath), "last state");
        it.startRoot = first.root;
        it.stepsRoot = stepsRoot;
        _go(id, it, GameTable.OPEN_SEGMENT, GameTable.STEPS, abi.encode(first.root, last.root, stepsRoot));
    }

    /// @param step Counts in the segment.
    function openStep(
        uint256 id,
        JobFacts calldata job,
        uint32 step,
        ShownRoot calldata first,
        ShownRoot calldata second
    ) external {
        GameState storage it = _enter(id, GameTable.OPEN_STEP, job);
        uint256 steps = _stepsIn(it, job);
        _require(step < steps, "step");
        _require(Merkle.verify(it.stepsRoot, first.root, step, steps + 1, first.path), "root before");
        _require(Merkle.verify(it.stepsRoot, second.root, uint256(step) + 1, steps + 1, second.path), "root after");
        uint256 inRound = it.segment * steps + step;
        it.step = uint32(inRound);
        it.rootBefore = first.root;
        it.rootAfter = second.root;
        bytes memory claim = abi.encode(inRound, first.root, second.root);
        if (first.root == _poisonAt(it, inRound)) {
            // A poisoned round stays poisoned.
            _end(id, it, GameTable.OPEN_STEP, second.root != _poisonAt(it, inRound + 1), claim);
        } else {
            _go(id, it, GameTable.OPEN_STEP, GameTable.CLAIM, claim);
        }
    }

    function demand(
        uint256 id,
        JobFacts calldata job,
        GameList list,
        uint256 height,
        uint256 index,
        bytes32 node,
        bytes32[] calldata path
    ) external {
        GameState storage it = _enter(id, GameTable.DEMAND, job);
        _requireListNow(it, list);
        (bytes32 root, uint256 count) = _listOf(it, job, list);
        _requireNext(id, list, NodeWalk.topOf(count), height, index);
        _require(height > 0 || (WITH_CONTENT >> uint256(list)) & 1 == 1, "content");
        _require(Merkle.verify(root, node, index, NodeWalk.widthAt(count, height), path), "node");
        walkedOf[id][list] = uint64(((height + 1) << 32) | index);
        it.demandedNode = node;
        it.demandedList = uint8(list);
        it.demandedFrom = it.phase;
        it.demandedHeight = uint8(height);
        it.demandedIndex = uint32(index);
        _go(id, it, GameTable.DEMAND, GameTable.ANSWER, abi.encode(list, height, index, node));
    }

    /// @param children Of a node, or none. @param content Of a leaf, or nothing.
    function answer(uint256 id, JobFacts calldata job, bytes32[] calldata children, bytes calldata content) external {
        GameState storage it = _enter(id, GameTable.ANSWER_DEMAND, job);
        (, uint256 count) = _listOf(it, job, GameList(it.demandedList));
        uint256 height = it.demandedHeight;
        if (height == 0) {
            _require(children.length == 0 && sha256(content) == it.demandedNode, "content");
            _require(content.length == _contentBytes(it, job), "content length");
        } else {
            _require(
                content.length == 0 && children.length == NodeWalk.childCount(count, height, it.demandedIndex), "children"
            );
            bytes32 node = NodeWalk.fold(children, height - NodeWalk.childHeight(height));
            _require(node == it.demandedNode, "node");
        }
        _go(
            id,
            it,
            GameTable.ANSWER_DEMAND,
            it.demandedFrom,
            abi.encode(it.demandedList, height, it.demandedIndex, children, content)
        );
    }

    function _msgSender() internal view override(Context, ERC2771Context) returns (address) {
        return ERC2771Context._msgSender();
    }

    function _msgData() internal view override(Context, ERC2771Context) returns (bytes calldata) {
        return ERC2771Context._msgData();
    }

    function _contextSuffixLength() internal view override(Context, ERC2771Context) returns (uint256) {
        return ERC2771Context._contextSuffixLength();
    }

    function _requireListNow(GameState storage it, GameList list) private view {
        bool good;
        if (it.phase == GameTable.STEPS) {
            good = list == GameList.Steps || (list == GameList.Start && it.segment == 0);
        } else if (it.phase == GameTable.FAULT) {
            good = list == GameList.After ? _hasTensorsAfter(it) : list == GameList.Inputs || list == GameList.Trace;
            // The delta of poison follows from no step.
            good = good && (list == GameList.After || it.steps != DELTA_OF_POISON);
        } else if (it.phase == GameTable.TENSOR) {
            good = list == GameList.Tensor;
        } else {
            good = list == GameList.Prefixes;
        }
        _require(good, "list");
    }

    function _listOf(GameState storage it, JobFacts calldata job, GameList list)
        private
        view
        returns (bytes32 root, uint256 count)
    {
        if (list == GameList.Steps) return (it.stepsRoot, _stepsIn(it, job) + 1);
        if (list == GameList.Start) return (it.startRoot, _leavesAfter(it, job, 0));
        if (list == GameList.After) return (it.rootAfter, _leavesAfter(it, job, uint256(it.step) + 1));
        if (list == GameList.Inputs) return (it.inputsRoot, job.inputs);
        if (list == GameList.Trace) return (it.traceRoot, job.operations);
        if (list == GameList.Tensor) {
            return (it.namedRoot, (uint256(it.elements) + TensorPiece.PIECE_WORDS - 1) / TensorPiece.PIECE_WORDS);
        }
        return (it.prefixesRoot, PrefixMachine.countOf(_reductionOf(it, job)) + 1);
    }

    function _contentBytes(GameState storage it, JobFacts calldata job) private view returns (uint256) {
        if (it.demandedList == uint8(GameList.Tensor)) return TensorPiece.PIECE_BYTES;
        return 4 * PrefixMachine.start(_reductionOf(it, job)).length;
    }

    /// @dev The first node of a list is its root, the next a child of what was shown.
    function _requireNext(uint256 id, GameList list, uint256 top, uint256 height, uint256 index) private view {
        uint256 walked = walkedOf[id][list];
        if (walked == 0) {
            _require(height == top && index == 0, "begin at the root");
            return;
        }
        uint256 from = (walked >> 32) - 1;
        _require(from > 0, "walked already");
        _require(
            height == NodeWalk.childHeight(from) && index >> (from - height) == walked & type(uint32).max, "go on below"
        );
    }
}
