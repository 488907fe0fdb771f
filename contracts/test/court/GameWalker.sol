// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JobFacts} from "../../src/court/Docket.sol";
import {GameTable} from "../../src/court/GameTable.sol";
import {GameList, GameState, NO_SEGMENT, Unsealed, WordClaim} from "../../src/court/GameTypes.sol";
import {NodeWalk} from "../../src/court/NodeWalk.sol";
import {vm} from "../Vm.sol";
import {Arena} from "./Arena.sol";
import {Trees} from "./Trees.sol";

/// @dev Plays games at random, right moves and wrong ones mixed; a move that the game refuses changes nothing.
contract GameWalker is Arena {
    uint256 private constant MOST = 12;
    /// @dev As a game was when it was over.
    mapping(uint256 id => bytes32) private ends;
    uint256 public changedAfterTheEnd;
    uint256 public reached;

    constructor() {
        setUpArena();
    }

    function act(uint256 seed) external {
        uint256 count = game.gameCount();
        if (count == 0 || (count < MOST && seed % 8 == 0)) {
            uint256 first = (seed >> 8) % PEOPLE;
            openGame(person(first), person((first + 1) % PEOPLE), seed & 0x10000 == 0 ? NO_SEGMENT : uint32(SEGMENTS - 1));
            return;
        }
        if (seed % 8 == 1) vm.warp(block.timestamp + (seed >> 16) % CLOCK);
        uint256 id = 1 + (seed >> 32) % count;
        GameState memory it = game.gameOf(id);
        bool defends = it.phase == GameTable.SEALED || it.phase == GameTable.OPENING || it.phase == GameTable.CLAIM
            || it.phase == GameTable.ANSWER;
        address who = (seed >> 40) % 6 == 0 ? person((seed >> 48) % PEOPLE) : defends ? it.defender : it.challenger;
        if ((seed >> 56) % 40 == 0) try game.callOff(id) {} catch {}
        else if ((seed >> 64) % 8 == 0) try game.timeout(id) {} catch {}
        else try this.move(id, who, seed >> 72) {} catch {}
        watch();
    }

    /// @dev Also into games that are over: with whatever was last their turn.
    function move(uint256 id, address who, uint256 seed) external {
        require(msg.sender == address(this), "for the walker");
        GameState memory it = game.gameOf(id);
        uint256 phase = it.phase == GameTable.OVER ? seed % GameTable.OVER : it.phase;
        if (phase == GameTable.SEGMENT && seed & 1 == 0) choose(id, who, uint32((seed >> 8) % (SEGMENTS + 1)));
        else if (phase == GameTable.SEGMENT) ask(id, who, uint8((seed >> 8) % 3));
        else if (phase == GameTable.SEALED) reveal(id, who, it.asked);
        else if (phase == GameTable.OPENING) openSegment(id, who, it.segment);
        else if (phase == GameTable.STEPS && seed & 1 == 0) openStep(id, who, it.segment, uint32((seed >> 8) % EVERY));
        else if (phase == GameTable.STEPS) demand(id, who, GameList.Steps, steps(it.segment), seed >> 8);
        else if (phase == GameTable.CLAIM) claim(id, who);
        else if (phase == GameTable.FAULT) nameInput(id, who);
        else if (phase == GameTable.TENSOR && seed & 3 == 0) nameWord(id, who, seed);
        else if (phase == GameTable.TENSOR) demand(id, who, GameList.Tensor, pieces, seed >> 8);
        else answer(id, who, it, seed);
    }

    function ask(uint256 id, address who, uint8 verdict) internal {
        JobFacts memory facts = job();
        vm.prank(who);
        game.askCheckpoint(id, facts, verdict);
    }

    function reveal(uint256 id, address who, uint256 checkpoint) internal {
        JobFacts memory facts = job();
        Unsealed memory opening = unsealed(checkpoint);
        vm.prank(who);
        game.revealCheckpoint(id, facts, opening);
    }

    /// @dev The root, or some child of what was last shown.
    function demand(uint256 id, address who, GameList list, bytes32[] memory leaves, uint256 seed) internal {
        uint256 walked = game.lastDemand(id, list);
        uint256 height = NodeWalk.topOf(leaves.length);
        uint256 index;
        if (walked != 0) {
            uint256 from = (walked >> 32) - 1;
            height = NodeWalk.childHeight(from);
            uint256 reach = NodeWalk.childCount(leaves.length, from, uint32(walked));
            index = (uint256(uint32(walked)) << (from - height)) + seed % reach;
        }
        bytes32[] memory level = leaves;
        for (uint256 k; k < height; ++k) level = Trees.above(level);
        JobFacts memory facts = job();
        // Before the prank: hashing is a call, too.
        bytes32[] memory path = Trees.pathOf(level, index);
        vm.prank(who);
        game.demand(id, facts, list, height, index, level[index], path);
    }

    function answer(uint256 id, address who, GameState memory it, uint256 seed) internal {
        bytes32[] memory level = it.demandedList == uint8(GameList.Tensor) ? pieces : steps(it.segment);
        JobFacts memory facts = job();
        bytes32[] memory children;
        bytes memory content;
        if (it.demandedHeight == 0) {
            content = piece(it.demandedIndex);
        } else {
            uint256 lower = NodeWalk.childHeight(it.demandedHeight);
            children = new bytes32[](NodeWalk.childCount(level.length, it.demandedHeight, it.demandedIndex));
            for (uint256 k; k < lower; ++k) level = Trees.above(level);
            uint256 from = uint256(it.demandedIndex) << (it.demandedHeight - lower);
            for (uint256 k; k < children.length; ++k) children[k] = level[from + k];
            if (seed % 8 == 0) children[seed % children.length] = bytes32(seed + 1);
        }
        vm.prank(who);
        game.answer(id, facts, children, content);
    }

    /// @dev The padding at the end is wrong, that right after the elements is not.
    function nameWord(uint256 id, address who, uint256 seed) internal {
        WordClaim memory word;
        word.element = seed & 4 == 0 ? 511 : ELEMENTS;
        word.piece = piece(1);
        word.path = Trees.pathOf(pieces, 1);
        JobFacts memory facts = job();
        vm.prank(who);
        faults().nameWord(id, facts, word);
    }

    function watch() internal {
        for (uint256 id = 1; id <= game.gameCount(); ++id) {
            GameState memory it = game.gameOf(id);
            reached |= 1 << it.phase;
            if (it.phase != GameTable.OVER) continue;
            bytes32 now_ = keccak256(abi.encode(it));
            if (ends[id] == 0) ends[id] = now_;
            else if (ends[id] != now_) ++changedAfterTheEnd;
        }
    }

    /// @dev By time alone: nobody who takes part says a word.
    function letTimePass() external {
        vm.warp(block.timestamp + CLOCK + 1);
        for (uint256 id = 1; id <= game.gameCount(); ++id) {
            if (game.gameOf(id).phase == GameTable.OVER) continue;
            vm.prank(address(0xd00d));
            game.timeout(id);
            require(game.gameOf(id).winner != 0, "nobody won");
        }
        watch();
    }

    /// @dev Every wei in the vault is somebody's, or burned.
    function missing() external view returns (int256) {
        uint256 named = vault.burnedWei();
        for (uint256 k; k < PEOPLE; ++k) named += heldOf(person(k));
        return int256(token.balanceOf(address(vault))) - int256(named);
    }

    /// @dev What is locked, less what the open games have locked.
    function lockedForNothing() external view returns (int256 sum) {
        for (uint256 k; k < PEOPLE; ++k) sum += int256(lockedOf(person(k)));
        for (uint256 id = 1; id <= game.gameCount(); ++id) {
            GameState memory it = game.gameOf(id);
            if (it.phase == GameTable.OVER) continue;
            if (it.challengerDepth > 0) sum -= int256(uint256(it.bondWei) << (it.challengerDepth - 1));
            if (it.defenderDepth > 0) sum -= int256(uint256(it.defenderBondWei) << (it.defenderDepth - 1));
        }
    }
}
