// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Challenges} from "../src/Challenges.sol";
import {ChallengePhase, GLOBAL_SLOT, JobTerms, SlotPhase, Strike} from "../src/JobTypes.sol";
import {Rounds} from "../src/Rounds.sol";
import {GameState} from "../src/court/GameTypes.sol";
import {Setting} from "./Setting.sol";
import {vm} from "./Vm.sol";

/// @dev Posted roots before the court (R6, D6 10), and what follows (A8).
contract RootsTest is Setting {
    function setUp() public {
        setUpContracts();
    }

    function total() internal view returns (uint256 sum) {
        sum = vault.burnedWei() + sumOf(TREASURY);
        for (uint256 k; k < PEOPLE; ++k) sum += sumOf(person(k));
        for (uint256 id = 1; id <= jobs.jobCount(); ++id) sum += vault.escrowOf(id);
    }

    /// @dev Round 0 is over and audited, person 1 has posted a root, and person 5 says that it is another.
    function challenged() internal returns (uint256 job) {
        job = runningJob(terms());
        commitAll(job, 0);
        closeAndDraw(job, 0);
        for (uint16 slot; slot < 2; ++slot) auditHonestly(job, 0, slot);
        vm.prank(person(1));
        rounds.postNextRoot(job, 1, 0, keccak256("posted"));
        vm.prank(person(5));
        challenges.challengeRoot(job, 1, 0, keccak256("right"));
    }

    function test_D6_the_game_is_about_the_counted_proposals() public {
        uint256 job = challenged();
        GameState memory it = game.gameOf(play(1));
        same(it.counted, 2);
        same(it.round, 0);
        same(it.slot, type(uint32).max);
        yes(it.endRoot == keccak256("posted") && it.globalRoot == keccak256("global 0") && it.docketRoot == EMPTY_DOCKET);
        bytes32 first = rounds.slotRoundOf(job, 0, 0).proposalRoot;
        bytes32 second = rounds.slotRoundOf(job, 0, 1).proposalRoot;
        yes(it.checkpointsRoot == sha256(abi.encodePacked(first, second)));
        same(it.defender == person(1) && it.challenger == person(5) ? 1 : 0, 1);
    }

    function test_R5_D6_a_round_that_nobody_posted_a_root_for_is_passed_over() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        closeAndDraw(job, 0);
        for (uint16 slot; slot < 2; ++slot) auditHonestly(job, 0, slot);
        pass(61);
        rounds.close(job, 1, 0);
        vm.prank(person(1));
        rounds.postNextRoot(job, 2, 0, keccak256("posted"));
        vm.prank(person(5));
        challenges.challengeRoot(job, 2, 0, keccak256("right"));
        GameState memory it = game.gameOf(play(1));
        same(it.round, 0);
        same(it.endRound, 2);
        same(it.counted, 2);
        yes(it.globalRoot == keccak256("global 0"));
    }

    function test_D1_only_the_challenger_begins_it_and_with_the_facts_of_the_docket() public {
        challenged();
        vm.expectRevert(abi.encodeWithSelector(Challenges.NotChallenger.selector, person(5), address(this)));
        challenges.playRoot(1, facts(), new bytes32[](0), outerFacts(), new bytes32[](0));
        vm.prank(person(5));
        vm.expectRevert(abi.encodeWithSelector(Challenges.NotPlayable.selector, 1));
        challenges.play(1, facts(), new bytes32[](0));
        vm.prank(person(5));
        vm.expectRevert();
        challenges.playRoot(1, facts(), new bytes32[](0), facts(), new bytes32[](0));
    }

    function test_A8_a_false_root_costs_its_poster_the_bond_and_another_is_waited_for() public {
        uint256 job = challenged();
        uint32 reputation = jobs.reputationOf(person(5));
        proveSolverWrong(1);
        same(uint256(challenges.challengeOf(1).phase), uint256(ChallengePhase.SolverWrong));
        same(creditOf(person(5)), 1.5e18);
        same(vault.burnedWei(), 1.5e18);
        same(lockedOf(person(5)), 0);
        same(jobs.reputationOf(person(5)), reputation + 10);
        same(jobs.reputationOf(person(1)), jobs.MIN_REPUTATION());
        // The stake behind its slot is for its work, which nobody has doubted.
        same(lockedOf(person(1)), 20e18);
        yes(rounds.roundOf(job, 1).globalRoot == 0);
        same(rounds.currentOf(job), 1);
        same(rounds.closedOf(job), 1);
        Strike[] memory strikes = rounds.strikesOf(job);
        same(strikes.length, 1);
        yes(strikes[0].round == 1 && strikes[0].slot == GLOBAL_SLOT && strikes[0].solver == person(1));
        vm.prank(person(1));
        vm.expectRevert(abi.encodeWithSelector(Rounds.NotAPoster.selector, job, person(1)));
        rounds.postNextRoot(job, 1, 0, keccak256("again"));
        same(total(), PEOPLE * PURSE);
        for (uint32 round = 1; round < 4; ++round) {
            vm.prank(person(2));
            rounds.postNextRoot(job, round, 0, keccak256(abi.encode("global", job, round)));
            commitAll(job, round);
            closeAndDraw(job, round);
            for (uint16 slot; slot < 2; ++slot) auditHonestly(job, round, slot);
            settle(job, round);
        }
        rounds.settle(job, 0, 0);
        jobs.finish(job);
        same(total(), PEOPLE * PURSE);
        for (uint256 k; k < PEOPLE; ++k) same(lockedOf(person(k)), 0);
    }

    function test_A8_all_that_was_built_on_a_false_root_is_void_and_what_was_verified_is_paid() public {
        uint256 job = challenged();
        uint256 started = play(1);
        commitAll(job, 1);
        closeAndDraw(job, 1);
        auditHonestly(job, 1, 0);
        vm.prank(person(2));
        rounds.postNextRoot(job, 2, 0, keccak256("built on it"));
        commit(job, 2, 0);
        // Its bond waits for the court, whatever time has passed.
        pass(50);
        rounds.releaseBonds(job);
        same(lockedOf(person(1)), 23e18);
        runOut(started);
        challenges.conclude(1);
        yes(rounds.roundOf(job, 1).globalRoot == 0 && rounds.roundOf(job, 2).globalRoot == 0);
        same(uint256(rounds.slotRoundOf(job, 1, 0).phase), uint256(SlotPhase.Open));
        same(uint256(rounds.slotRoundOf(job, 2, 0).phase), uint256(SlotPhase.Open));
        same(uint256(rounds.slotRoundOf(job, 0, 0).phase), uint256(SlotPhase.Committed));
        same(rounds.currentOf(job), 1);
        same(rounds.closedOf(job), 1);
        same(audits.undecidedOf(job, 1), 0);
        // Slot 0 of round 1 was verified; what was promised is restored from what the poster lost, as far as it goes.
        same(creditOf(person(1)), 1e18);
        same(vault.burnedWei(), 0);
        same(lockedOf(person(2)), 20e18);
        same(total(), PEOPLE * PURSE);
        vm.prank(person(2));
        rounds.postNextRoot(job, 1, 0, keccak256("right"));
        commit(job, 1, 0);
    }

    function test_A8_a_false_challenger_of_a_root_loses_its_bond_to_the_poster() public {
        uint256 job = challenged();
        commitAll(job, 1);
        proveChallengerWrong(1);
        same(uint256(challenges.challengeOf(1).phase), uint256(ChallengePhase.ChallengerWrong));
        same(creditOf(person(1)), 3e18);
        same(jobs.reputationOf(person(5)), 50);
        yes(rounds.roundOf(job, 1).globalRoot == keccak256("posted"));
        same(total(), PEOPLE * PURSE);
        closeAndDraw(job, 1);
        pass(20);
        rounds.releaseBonds(job);
        same(lockedOf(person(1)), 20e18);
    }

    function test_A8_a_challenger_of_a_root_that_never_plays_loses_its_bond() public {
        challenged();
        pass(100);
        challenges.expire(1);
        same(uint256(challenges.challengeOf(1).phase), uint256(ChallengePhase.ChallengerWrong));
        same(creditOf(person(1)), 3e18);
    }

    function test_R6_a_root_is_challenged_until_its_round_has_been_closed_for_a_while() public {
        uint256 job = challenged();
        commitAll(job, 1);
        closeAndDraw(job, 1);
        pass(19);
        vm.prank(person(6));
        challenges.challengeRoot(job, 1, 0, keccak256("right"));
        pass(1);
        vm.prank(person(4));
        vm.expectRevert(abi.encodeWithSelector(Challenges.ChallengeWindowOver.selector, block.timestamp, block.timestamp));
        challenges.challengeRoot(job, 1, 0, keccak256("right"));
    }

    function test_R5_a_round_that_is_not_complete_waits_while_its_root_is_before_the_court() public {
        uint256 job = challenged();
        commit(job, 1, 0);
        pass(61);
        vm.expectRevert(abi.encodeWithSelector(Rounds.ChallengesOpen.selector, job, 1, 1));
        rounds.close(job, 1, 0);
        proveChallengerWrong(1);
        rounds.close(job, 1, 0);
    }

    function test_D12_the_first_proven_strikes_the_root_and_the_others_get_their_bonds_back() public {
        uint256 job = challenged();
        for (uint256 k = 3; k < 5; ++k) {
            vm.prank(person(k));
            challenges.challengeRoot(job, 1, 0, keccak256(abi.encode(k)));
        }
        uint256 second = play(2);
        proveSolverWrong(1);
        for (uint256 id = 2; id < 4; ++id) {
            challenges.conclude(id);
            same(uint256(challenges.challengeOf(id).phase), uint256(ChallengePhase.Moot));
            same(sumOf(person(id + 1)), PURSE);
        }
        same(game.winnerOf(second), 3);
        same(challenges.openIn(job), 0);
        same(total(), PEOPLE * PURSE);
    }

    function test_A8_the_last_root_too() public {
        JobTerms memory given = terms();
        given.rounds = 1;
        uint256 job = runningJob(given);
        commitAll(job, 0);
        closeAndDraw(job, 0);
        for (uint16 slot; slot < 2; ++slot) auditHonestly(job, 0, slot);
        vm.prank(person(1));
        rounds.postNextRoot(job, 1, 0, keccak256("posted"));
        vm.prank(person(5));
        challenges.challengeRoot(job, 1, 0, keccak256("right"));
        settle(job, 0);
        vm.expectRevert();
        jobs.finish(job);
        proveSolverWrong(1);
        yes(rounds.roundOf(job, 1).globalRoot == 0);
        same(rounds.closedOf(job), 1);
        vm.prank(person(2));
        rounds.postNextRoot(job, 1, 0, keccak256("right"));
        pass(20);
        jobs.finish(job);
        yes(rounds.roundOf(job, 1).globalRoot == keccak256("right"));
        same(total(), PEOPLE * PURSE);
        for (uint256 k; k < PEOPLE; ++k) same(lockedOf(person(k)), 0);
    }
}
