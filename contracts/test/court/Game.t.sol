// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ChallengePhase, JobTerms} from "../../src/JobTypes.sol";
import {Game} from "../../src/court/Game.sol";
import {GameFaults} from "../../src/court/GameFaults.sol";
import {GameRoots} from "../../src/court/GameRoots.sol";
import {Unsealed} from "../../src/court/GameTypes.sol";
import {Setting} from "../Setting.sol";
import {vm} from "../Vm.sol";

/// @dev Strangers and both sides throw moves, noise and time at the games of one job; games end by themselves now and then.
contract Thrower is Setting {
    uint256 public job;
    /// @dev Moves of noise that the game took.
    uint256 public taken;
    uint256[] public over;
    mapping(uint256 game => bytes32) public stateAtTheEnd;

    constructor() {
        setUpContracts();
        JobTerms memory given = terms();
        given.rounds = 1;
        given.bountyWei = 2 * 3e18;
        job = runningJob(given);
        commitAll(job, 0);
        closeAndDraw(job, 0);
        for (uint16 slot; slot < 2; ++slot) {
            attest(job, 0, slot, keccak256("another result"));
            open(job, 0, slot);
            reveal(job, 0, slot, keccak256("another result"));
            play(slot + 1);
        }
    }

    function throwMove(uint256 seed, bytes calldata noise) external {
        uint256 id = 1 + seed % 3;
        bytes4[9] memory moves = [
            Game.chooseSegment.selector,
            Game.askCheckpoint.selector,
            Game.revealCheckpoint.selector,
            Game.answer.selector,
            Game.narrow.selector,
            Game.callOff.selector,
            GameRoots.faultHeader.selector,
            GameFaults.faultPoison.selector,
            GameFaults.nameWord.selector
        ];
        vm.prank(seed % 2 == 0 ? auditor : person((seed >> 8) % PEOPLE));
        (bool good,) = address(game).call(abi.encodePacked(moves[(seed >> 16) % 9], abi.encode(id, facts()), noise));
        if (good) ++taken;
        _remember();
    }

    function choose(uint256 seed, uint32 segment) external {
        vm.prank(auditor);
        try game.chooseSegment(1 + seed % 2, facts(), segment) {} catch {}
        _remember();
    }

    function letTimePass(uint16 secondsLater) external {
        pass(secondsLater);
    }

    function timeout(uint256 seed) external {
        try game.timeout(1 + seed % 2) {} catch {}
        _remember();
    }

    function conclude(uint256 seed) external {
        try challenges.conclude(1 + seed % 2) {} catch {}
        _remember();
    }

    function _remember() internal {
        for (uint256 id = 1; id <= 2; ++id) {
            if (game.winnerOf(id) == 0 || stateAtTheEnd[id] != 0) continue;
            stateAtTheEnd[id] = stateOf(id);
            over.push(id);
        }
    }

    function stateOf(uint256 id) public view returns (bytes32) {
        return keccak256(abi.encode(game.gameOf(id)));
    }

    function overCount() external view returns (uint256) {
        return over.length;
    }

    function total() external view returns (uint256 sum) {
        sum = vault.burnedWei() + sumOf(TREASURY) + vault.escrowOf(job);
        for (uint256 k; k < PEOPLE; ++k) sum += sumOf(person(k));
    }

    /// @dev Time alone ends every game, and then every challenge. Reverts where it does not.
    function endAll() external {
        pass(2 * uint256(timing.challengeSeconds) + 2);
        for (uint256 id = 1; id <= 2; ++id) {
            if (game.winnerOf(id) == 0) game.timeout(id);
            if (challenges.challengeOf(id).phase == ChallengePhase.Open) challenges.conclude(id);
            if (challenges.challengeOf(id).phase == ChallengePhase.Open) revert("open for ever");
        }
    }
}

contract GameTest {
    Thrower internal thrower;
    uint256 internal totalBefore;

    function setUp() public {
        thrower = new Thrower();
        totalBefore = thrower.total();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(thrower);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        bytes4[] memory selectors = new bytes4[](5);
        selectors[0] = Thrower.throwMove.selector;
        selectors[1] = Thrower.choose.selector;
        selectors[2] = Thrower.letTimePass.selector;
        selectors[3] = Thrower.timeout.selector;
        selectors[4] = Thrower.conclude.selector;
        targets[0] = FuzzSelector(address(thrower), selectors);
    }

    function invariant_D10_a_resolved_game_never_moves() public view {
        for (uint256 k; k < thrower.overCount(); ++k) {
            uint256 id = thrower.over(k);
            require(thrower.stateOf(id) == thrower.stateAtTheEnd(id), "a game moved after its end");
        }
    }

    function invariant_D11_S3_value_is_conserved() public view {
        require(thrower.total() == totalBefore, "value was made or lost");
    }

    function testFuzz_D10_D11_time_ends_every_game_and_no_bond_stays_locked(uint256 seed, bytes calldata noise, uint16 later) public {
        thrower.throwMove(seed, noise);
        thrower.choose(seed >> 3, uint32(seed % 3));
        thrower.letTimePass(later);
        thrower.throwMove(seed >> 7, noise);
        thrower.endAll();
        require(thrower.total() == totalBefore, "value was made or lost");
        for (uint256 id = 1; id <= 2; ++id) require(thrower.stateOf(id) != 0, "no game");
    }
}
