// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JobFacts} from "../../src/court/Docket.sol";
import {Game} from "../../src/court/Game.sol";
import {GameBase} from "../../src/court/GameBase.sol";
import {GameTable} from "../../src/court/GameTable.sol";
import {GameList, GameState, ShownRoot} from "../../src/court/GameTypes.sol";
import {vm} from "../Vm.sol";
import {GameWalker} from "./GameWalker.sol";
import {Trees} from "./Trees.sol";

/// @dev D6, D9 to D11, move by move and by random walks.
contract GameWalksTest is GameWalker {
    GameWalker internal walker;

    function setUp() public {
        walker = new GameWalker();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(walker);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(walker);
        targets[0].selectors = new bytes4[](1);
        targets[0].selectors[0] = GameWalker.act.selector;
    }

    function invariant_D10_a_resolved_game_never_moves() public view {
        require(walker.changedAfterTheEnd() == 0, "a game moved after its end");
    }

    function invariant_D11_value_is_conserved_and_only_open_games_lock_bonds() public view {
        require(walker.missing() == 0, "the vault holds more or less than it owes");
        require(walker.lockedForNothing() == 0, "locked is not what the open games locked");
    }

    /// forge-config: default.fuzz.runs = 48
    function testFuzz_D10_D11_time_alone_resolves_every_game_and_frees_every_bond(uint256 seed) public {
        for (uint256 k; k < 100; ++k) {
            seed = uint256(keccak256(abi.encode(seed)));
            walker.act(seed);
        }
        require(walker.lockedForNothing() == 0, "on the way");
        walker.letTimePass();
        require(walker.changedAfterTheEnd() == 0, "a game moved after its end");
        require(walker.missing() == 0, "value came or went");
        require(walker.lockedForNothing() == 0, "a bond is locked for ever");
    }

    function test_the_walks_reach_every_phase_that_needs_no_operation() public {
        uint256 seed = 7;
        for (uint256 k; k < 4000 && walker.reached() != 0x67f; ++k) {
            seed = uint256(keccak256(abi.encode(seed)));
            walker.act(seed);
            if (k % 100 != 99) continue;
            walker.letTimePass();
            walker = new GameWalkerFrom(walker.reached());
        }
        require(walker.reached() == 0x67f, "some phase is never reached");
    }

    function test_D10_the_clock_runs_to_its_last_second() public {
        uint256 id = openGame();
        vm.warp(block.timestamp + CLOCK);
        vm.expectRevert(abi.encodeWithSelector(Game.TimeIsLeft.selector, id, 0));
        game.timeout(id);
        choose(id, person(0), 1);
        vm.warp(block.timestamp + CLOCK + 1);
        vm.expectPartialRevert(GameBase.TimeIsUp.selector);
        this.openSegmentAs(id, person(1), 1);
        game.timeout(id);
        require(game.winnerOf(id) == 1, "silence did not lose");
    }

    function openSegmentAs(uint256 id, address who, uint32 segment) external {
        openSegment(id, who, segment);
    }

    function test_D10_a_side_has_one_clock_for_all_its_moves() public {
        uint256 id = openGame();
        vm.warp(block.timestamp + CLOCK - 10);
        choose(id, person(0), 1);
        require(game.gameOf(id).challengerLeft == 10, "the clock was not charged");
        openSegment(id, person(1), 1);
        vm.warp(block.timestamp + 11);
        game.timeout(id);
        require(game.winnerOf(id) == 2, "silence did not lose");
    }

    function test_D11_bonds_double_by_depth_and_half_of_the_losers_is_burned() public {
        uint256 id = openGame();
        choose(id, person(0), 1);
        require(lockedOf(person(0)) == BOND, "the challenger's first bond");
        openSegment(id, person(1), 1);
        require(lockedOf(person(1)) == DEFENDER_BOND, "the defender's first bond");
        openStep(id, person(0), 1, 3);
        require(lockedOf(person(0)) == 2 * BOND, "the challenger's second bond");
        claim(id, person(1));
        require(lockedOf(person(1)) == 2 * DEFENDER_BOND, "the defender's second bond");
        nameInput(id, person(0));
        require(lockedOf(person(0)) == 4 * BOND, "the challenger's third bond");
        nameWord(id, person(0), 0);
        require(game.winnerOf(id) == 1, "wrong padding is a fault");
        require(lockedOf(person(0)) + lockedOf(person(1)) == 0, "something stays locked");
        require(vault.burnedWei() == DEFENDER_BOND, "half is burned");
        require(heldOf(person(0)) == PURSE + DEFENDER_BOND, "half is the winner's");
    }

    function test_D11_a_fault_that_is_none_loses_the_challenger_the_game() public {
        uint256 id = openGame();
        choose(id, person(0), 1);
        openSegment(id, person(1), 1);
        openStep(id, person(0), 1, 3);
        claim(id, person(1));
        nameInput(id, person(0));
        nameWord(id, person(0), 4);
        require(game.winnerOf(id) == 2, "right padding is no fault");
        require(heldOf(person(1)) == PURSE + 2 * BOND, "half of the challenger's bond");
    }

    function test_D14_a_delegate_moves_for_its_side_until_it_is_dismissed() public {
        uint256 id = openGame();
        vm.prank(person(0));
        vault.delegate(person(2));
        vm.expectRevert(abi.encodeWithSelector(GameBase.NotYourMove.selector, person(3)));
        this.chooseAs(id, person(3), 1);
        choose(id, person(2), 1);
        // The bond is the side's own.
        require(lockedOf(person(0)) == BOND && lockedOf(person(2)) == 0, "whose bond");
        // It stands in for the challenger alone.
        vm.expectRevert(abi.encodeWithSelector(GameBase.NotYourMove.selector, person(2)));
        this.openSegmentAs(id, person(2), 1);
        openSegment(id, person(1), 1);
        vm.prank(person(0));
        vault.delegate(address(0));
        vm.expectRevert(abi.encodeWithSelector(GameBase.NotYourMove.selector, person(2)));
        this.openStepAs(id, person(2), 1, 3);
        openStep(id, person(0), 1, 3);
    }

    function openStepAs(uint256 id, address who, uint32 segment, uint32 step) external {
        openStep(id, who, segment, step);
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzz_D6_only_the_side_whose_turn_it_is_moves(address who) public {
        vm.assume(who != person(0) && who != address(0xf0));
        uint256 id = openGame();
        bytes32 before = keccak256(abi.encode(game.gameOf(id)));
        vm.expectRevert(abi.encodeWithSelector(GameBase.NotYourMove.selector, who));
        this.chooseAs(id, who, 1);
        require(keccak256(abi.encode(game.gameOf(id))) == before, "a refused move left a trace");
    }

    function chooseAs(uint256 id, address who, uint32 segment) external {
        choose(id, who, segment);
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzz_D9_sizes_that_overflow_are_refused(uint32 step, uint256 height, uint256 index) public {
        step = uint32(bound(step, EVERY, type(uint32).max));
        uint256 id = openGame();
        choose(id, person(0), 1);
        openSegment(id, person(1), 1);
        ShownRoot memory some = shownStep(1, 0);
        JobFacts memory facts = job();
        vm.prank(person(0));
        vm.expectRevert(abi.encodeWithSelector(GameBase.NotShown.selector, bytes32("step")));
        game.openStep(id, facts, step, some, some);
        vm.assume(height != 6 || index != 0);
        bytes32[] memory none = new bytes32[](0);
        bytes32 root = Trees.rootOf(steps(1));
        vm.prank(person(0));
        vm.expectRevert(abi.encodeWithSelector(GameBase.NotShown.selector, bytes32("begin at the root")));
        game.demand(id, facts, GameList.Steps, height, index, root, none);
    }

    function bound(uint256 value, uint256 least, uint256 most) private pure returns (uint256) {
        return least + value % (most - least + 1);
    }

    function test_D9_a_walk_goes_down_sixteen_children_at_a_time_to_the_leaf() public {
        uint256 id = openGame();
        choose(id, person(0), 1);
        openSegment(id, person(1), 1);
        demand(id, person(0), GameList.Steps, steps(1), 0);
        // What the node stands for, but one child short, or with a child that is another.
        GameState memory it = game.gameOf(id);
        vm.expectRevert(abi.encodeWithSelector(GameBase.NotShown.selector, bytes32("node")));
        this.answerAs(id, person(1), it, 8);
        bytes32[] memory none = new bytes32[](0);
        JobFacts memory facts = job();
        vm.expectRevert(abi.encodeWithSelector(GameBase.NotShown.selector, bytes32("children")));
        game.answer(id, facts, none, "");
        // Anyone may answer: what is said is bound to a hash.
        answer(id, person(3), it, 1);
        demand(id, person(0), GameList.Steps, steps(1), 10);
        require(game.gameOf(id).demandedHeight == 2 && game.gameOf(id).demandedIndex == 10, "not the last child");
        answer(id, person(1), game.gameOf(id), 1);
        require(game.gameOf(id).phase == GameTable.STEPS, "back where the demand was made");
        require(game.gameOf(id).since == block.timestamp, "since");
    }

    function answerAs(uint256 id, address who, GameState memory it, uint256 seed) external {
        answer(id, who, it, seed);
    }

    function test_D12_a_game_that_is_called_off_gives_every_bond_back() public {
        uint256 id = openGame();
        choose(id, person(0), 1);
        openSegment(id, person(1), 1);
        game.callOff(id);
        require(game.winnerOf(id) == 3, "nobody wins");
        require(heldOf(person(0)) == PURSE && heldOf(person(1)) == PURSE && vault.burnedWei() == 0, "bonds");
        require(lockedOf(person(0)) + lockedOf(person(1)) == 0, "something stays locked");
        vm.prank(person(2));
        vm.expectRevert(abi.encodeWithSelector(Game.NotTheOpener.selector, person(2)));
        game.callOff(id);
    }

    /// forge-config: default.fuzz.runs = 64
    function testFuzz_D10_no_move_leads_on_from_a_game_that_is_over(uint256 seed) public {
        uint256 id = openGame();
        vm.warp(block.timestamp + CLOCK + 1);
        game.timeout(id);
        bytes32 before = keccak256(abi.encode(game.gameOf(id)));
        vm.expectRevert();
        this.move(id, seed & 1 == 0 ? person(0) : person(1), seed >> 8);
        vm.expectRevert();
        game.timeout(id);
        game.callOff(id);
        require(keccak256(abi.encode(game.gameOf(id))) == before, "a game moved after its end");
    }
}

/// @dev Goes on counting from what another walker reached.
contract GameWalkerFrom is GameWalker {
    constructor(uint256 phases) {
        reached = phases;
    }
}
