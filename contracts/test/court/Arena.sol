// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Modules, Timing} from "../../src/JobTypes.sol";
import {IVault} from "../../src/Interfaces.sol";
import {TuttiToken} from "../../src/TuttiToken.sol";
import {Vault} from "../../src/Vault.sol";
import {Court} from "../../src/court/Court.sol";
import {InputFact, JobFacts, TensorFact} from "../../src/court/Docket.sol";
import {Game} from "../../src/court/Game.sol";
import {GameFaults} from "../../src/court/GameFaults.sol";
import {GameSetting, NO_SEGMENT, ShownInputFact, ShownRoot, ShownTensor, Unsealed, Witness} from "../../src/court/GameTypes.sol";
import {vm} from "../Vm.sol";
import {Trees} from "./Trees.sol";

/// @dev A game and a vault, people with stake, and one made-up round that games are about: every list is a real tree.
abstract contract Arena {
    uint256 internal constant PEOPLE = 4;
    uint128 internal constant PURSE = 1e24;
    uint88 internal constant BOND = 1000;
    uint88 internal constant DEFENDER_BOND = 3000;
    uint32 internal constant CLOCK = 600;
    uint32 internal constant EVERY = 40;
    uint32 internal constant SEGMENTS = 5;
    uint32 internal constant ELEMENTS = 300;

    TuttiToken internal token;
    Vault internal vault;
    Game internal game;
    bytes32[] internal docketLeaves;
    bytes32[] internal pieces;

    function setUpArena() internal {
        uint256 nonce = vm.getNonce(address(this));
        Modules memory modules;
        modules.token = vm.computeCreateAddress(address(this), nonce);
        modules.vault = vm.computeCreateAddress(address(this), nonce + 1);
        modules.game = vm.computeCreateAddress(address(this), nonce + 3);
        token = new TuttiToken(address(this), 1e27);
        vault = new Vault(modules, Timing(20, 60, 100, 50, 70));
        Court court = new Court();
        game = new Game(court, IVault(address(vault)), address(0xf0), address(this));
        require(address(game) == modules.game, "deployed in another order");
        vm.warp(1_000_000);
        for (uint256 k; k < PEOPLE; ++k) {
            token.transfer(person(k), PURSE);
            vm.startPrank(person(k));
            token.approve(address(vault), PURSE);
            vault.deposit(PURSE);
            vm.stopPrank();
        }
        pieces.push(sha256(piece(0)));
        pieces.push(sha256(piece(1)));
        docketLeaves.push(jobLeaf());
        docketLeaves.push(sha256(abi.encodePacked(uint32(0), ELEMENTS, uint32(0), uint32(0), uint32(0))));
        docketLeaves.push(
            sha256(abi.encodePacked(uint32(0), uint32(0), uint32(0), uint32(1), uint32(0), uint32(0), bytes32(0)))
        );
        docketLeaves.push(keccak256("state"));
        docketLeaves.push(keccak256("operation"));
    }

    function person(uint256 k) internal pure returns (address) {
        return address(uint160(0xbeef00 + k));
    }

    function job() internal pure returns (JobFacts memory it) {
        (it.slots, it.rounds, it.stepsPerRound, it.checkpointEvery) = (1, 1, SEGMENTS * EVERY, EVERY);
        (it.batch, it.rows, it.rowsPerChunk, it.rowBytes) = (1, 4, 4, 4);
        (it.tensors, it.inputs, it.states, it.operations, it.globals) = (1, 1, 1, 1, 1);
        it.seed = keccak256("seed");
    }

    function jobLeaf() private pure returns (bytes32) {
        JobFacts memory it = job();
        bytes memory start =
            abi.encodePacked(uint32(2), it.profile, it.slots, it.rounds, it.stepsPerRound, it.checkpointEvery, it.batch);
        bytes memory sizes = abi.encodePacked(
            it.rows, it.rowsPerChunk, it.rowBytes, it.tensors, it.inputs, it.states, it.operations, it.globals
        );
        return sha256(bytes.concat(start, sizes, it.seed, it.datasetRoot, it.programHash, it.deltaDocket, it.outerDocket));
    }

    // ---- the round: its states, checkpoints, steps, and the one input's pieces, the last of which has a word beyond the elements

    function stateRoot(uint256 step) internal pure returns (bytes32) {
        return keccak256(abi.encode("state", step));
    }

    function unsealed(uint256 checkpoint) internal pure returns (Unsealed memory it) {
        it.root = stateRoot(checkpoint * EVERY);
        it.salt = bytes32(checkpoint);
        it.path = Trees.pathOf(checkpoints(), checkpoint);
    }

    function checkpoints() internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](SEGMENTS + 1);
        for (uint256 c; c <= SEGMENTS; ++c) leaves[c] = sha256(abi.encodePacked(stateRoot(c * EVERY), bytes32(c)));
    }

    function steps(uint256 segment) internal pure returns (bytes32[] memory leaves) {
        leaves = new bytes32[](EVERY + 1);
        for (uint256 k; k <= EVERY; ++k) leaves[k] = stateRoot(segment * EVERY + k);
    }

    function piece(uint256 k) internal pure returns (bytes memory it) {
        it = new bytes(1024);
        it[0] = bytes1(uint8(1 + k));
        if (k == 1) it[1023] = 0x01;
    }

    function shownStep(uint256 segment, uint256 k) internal pure returns (ShownRoot memory) {
        return ShownRoot(stateRoot(segment * EVERY + k), Trees.pathOf(steps(segment), k));
    }

    // ---- moves, as their side makes them

    function faults() internal view returns (GameFaults) {
        return GameFaults(address(game));
    }

    function openGame(address challenger, address defender, uint32 segment) internal returns (uint256) {
        GameSetting memory it;
        it.docketRoot = Trees.rootOf(docketLeaves);
        it.checkpointsRoot = Trees.rootOf(checkpoints());
        (it.segment, it.clockSeconds) = (segment, CLOCK);
        (it.challenger, it.defender, it.bondWei, it.defenderBondWei) = (challenger, defender, BOND, DEFENDER_BOND);
        return game.open(it, job(), Trees.pathOf(docketLeaves, 0));
    }

    function openGame() internal returns (uint256) {
        return openGame(person(0), person(1), NO_SEGMENT);
    }

    function choose(uint256 id, address who, uint32 segment) internal {
        JobFacts memory facts = job();
        vm.prank(who);
        game.chooseSegment(id, facts, segment);
    }

    function openSegment(uint256 id, address who, uint32 segment) internal {
        bytes32[] memory leaves = steps(segment);
        JobFacts memory facts = job();
        Unsealed memory first = unsealed(segment);
        Unsealed memory last = unsealed(segment + 1);
        bytes32 root = Trees.rootOf(leaves);
        bytes32[] memory firstPath = Trees.pathOf(leaves, 0);
        bytes32[] memory lastPath = Trees.pathOf(leaves, EVERY);
        vm.prank(who);
        game.openSegment(id, facts, first, last, root, firstPath, lastPath);
    }

    function openStep(uint256 id, address who, uint32 segment, uint32 step) internal {
        JobFacts memory facts = job();
        ShownRoot memory before = shownStep(segment, step);
        ShownRoot memory next = shownStep(segment, step + 1);
        vm.prank(who);
        game.openStep(id, facts, step, before, next);
    }

    function claim(uint256 id, address who) internal {
        JobFacts memory facts = job();
        GameFaults it = faults();
        bytes32 inputsRoot = Trees.rootOf(pieces);
        vm.prank(who);
        it.claimStep(id, facts, inputsRoot, keccak256("trace"), new Witness[](0));
    }

    function nameInput(uint256 id, address who) internal {
        JobFacts memory facts = job();
        GameFaults it = faults();
        ShownRoot memory leaf = ShownRoot(Trees.rootOf(pieces), new bytes32[](0));
        InputFact memory input;
        input.perRow = 1;
        TensorFact memory tensor;
        tensor.elements = ELEMENTS;
        ShownInputFact memory fact = ShownInputFact(input, Trees.pathOf(docketLeaves, 2));
        ShownTensor memory origin = ShownTensor(tensor, Trees.pathOf(docketLeaves, 1));
        vm.prank(who);
        it.nameInput(id, facts, 0, leaf, fact, origin);
    }

    // ---- accounts

    function lockedOf(address who) internal view returns (uint256) {
        return vault.accountOf(who).lockedWei;
    }

    function heldOf(address who) internal view returns (uint256) {
        Vault.Account memory it = vault.accountOf(who);
        return uint256(it.freeWei) + it.lockedWei + it.creditWei + it.withdrawingWei;
    }
}
