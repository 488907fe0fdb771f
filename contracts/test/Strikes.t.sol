// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Challenges} from "../src/Challenges.sol";
import {AuditPhase, Challenge, ChallengePhase, JobPhase, JobTerms, SlotPhase, Strike} from "../src/JobTypes.sol";
import {Jobs} from "../src/Jobs.sol";
import {Rounds} from "../src/Rounds.sol";
import {Setting} from "./Setting.sol";
import {vm} from "./Vm.sol";

/// @dev What follows from a game (A8): stakes, bonds, pay, reputation, and rounds that are trained again.
contract StrikesTest is Setting {
    function setUp() public {
        setUpContracts();
    }

    function accuse(uint256 job, uint32 round, uint16 slot) internal returns (uint256) {
        attest(job, round, slot, keccak256("another result"));
        open(job, round, slot);
        reveal(job, round, slot, keccak256("another result"));
        return challenges.challengeCount();
    }

    function accused(uint32 rounds_) internal returns (uint256 job) {
        JobTerms memory given = terms();
        given.rounds = rounds_;
        given.bountyWei = uint128(rounds_) * 2 * 3e18;
        job = runningJob(given);
        commitAll(job, 0);
        closeAndDraw(job, 0);
        accuse(job, 0, 0);
    }

    function total() internal view returns (uint256 sum) {
        sum = vault.burnedWei() + sumOf(TREASURY);
        for (uint256 k; k < PEOPLE; ++k) sum += sumOf(person(k));
        for (uint256 id = 1; id <= jobs.jobCount(); ++id) sum += vault.escrowOf(id);
    }

    function test_A8_a_wrong_solver_loses_its_stake_to_auditor_challenger_and_nobody() public {
        uint256 job = accused(1);
        proveSolverWrong(1);
        same(uint256(challenges.challengeOf(1).phase), uint256(ChallengePhase.SolverWrong));
        // Of 20: the fee 1 and half of the rest for the auditor that accused; nothing is trained twice; 9.5 for nobody.
        same(sumOf(person(1)), PURSE - 20e18);
        same(lockedOf(person(1)), 0);
        same(creditOf(auditor), 1e18 + 9.5e18);
        same(vault.burnedWei(), 9.5e18);
        // Its own bond is free again, the one of its place is not.
        same(lockedOf(auditor), 3e18);
        same(jobs.reputationOf(person(1)), 10);
        same(jobs.reputationOf(auditor), 110);
        same(total(), PEOPLE * PURSE);
        yes(!jobs.holdsSlot(job, person(1)));
    }

    function test_A8_the_slot_is_open_again_and_another_does_it() public {
        uint256 job = accused(1);
        proveSolverWrong(1);
        same(uint256(rounds.slotRoundOf(job, 0, 0).phase), uint256(SlotPhase.Open));
        same(uint256(rounds.slotRoundOf(job, 0, 1).phase), uint256(SlotPhase.Committed));
        same(rounds.currentOf(job), 0);
        same(rounds.closedOf(job), 0);
        Strike[] memory all = rounds.strikesOf(job);
        same(all.length, 1);
        same(all[0].solver, person(1));
        // Nobody waited: the next bid takes the slot at once.
        bid(job, person(3), 1e18);
        same(jobs.holderOf(job, 0), person(3));
        commit(job, 0, 0);
        closeAndDraw(job, 0);
        same(uint256(audits.auditOf(job, 0, 0).phase), uint256(AuditPhase.Drawn));
        auditHonestly(job, 0, 0);
        auditHonestly(job, 0, 1);
        settle(job, 0);
        jobs.finish(job);
        same(uint256(jobs.phaseOf(job)), uint256(JobPhase.Finished));
        same(creditOf(person(3)), 1e18);
        same(creditOf(person(2)), 1e18);
        same(total(), PEOPLE * PURSE);
        for (uint256 k; k < PEOPLE; ++k) same(lockedOf(person(k)), 0);
    }

    function test_A8_a_waiting_bid_takes_the_slot() public {
        uint256 job = accused(1);
        bid(job, person(4), 1e18);
        proveSolverWrong(1);
        same(jobs.holderOf(job, 0), person(4));
    }

    function test_A8_a_wrong_auditor_loses_its_bond_to_the_solver_which_is_paid() public {
        uint256 job = accused(1);
        auditHonestly(job, 0, 1);
        proveChallengerWrong(1);
        same(uint256(challenges.challengeOf(1).phase), uint256(ChallengePhase.ChallengerWrong));
        same(creditOf(person(1)), 3e18);
        same(jobs.reputationOf(auditor), 50);
        rounds.settle(job, 0, 0);
        same(uint256(rounds.slotRoundOf(job, 0, 0).phase), uint256(SlotPhase.Paid));
        same(creditOf(person(1)), 4e18);
        same(total(), PEOPLE * PURSE);
        jobs.finish(job);
        for (uint256 k; k < PEOPLE; ++k) same(lockedOf(person(k)), 0);
    }

    function test_D12_the_first_proven_settles_the_slot_and_the_others_get_their_bonds_back() public {
        uint256 job = accused(1);
        for (uint256 k = 3; k < 6; ++k) {
            vm.prank(person(k));
            challenges.challengeCommitment(job, 0, 0, 0, keccak256(abi.encode(k)));
        }
        // One is in the middle of its game, the others never played.
        uint256 second = play(2);
        vm.prank(person(3));
        game.chooseSegment(second, facts(), 1);
        proveSolverWrong(1);
        for (uint256 id = 2; id < 5; ++id) {
            challenges.conclude(id);
            same(uint256(challenges.challengeOf(id).phase), uint256(ChallengePhase.Moot));
            same(sumOf(person(id + 1)), PURSE);
            same(lockedOf(person(id + 1)), 0);
        }
        same(game.winnerOf(second), 3);
        vm.expectRevert();
        challenges.conclude(2);
        same(challenges.openIn(job), 0);
        same(total(), PEOPLE * PURSE);
    }

    function test_A8_what_was_built_on_it_is_void_and_what_was_verified_is_paid() public {
        uint256 job = accused(4);
        auditHonestly(job, 0, 1);
        postNext(job, 1);
        commitAll(job, 1);
        closeAndDraw(job, 1);
        auditHonestly(job, 1, 1);
        postNext(job, 2);
        commit(job, 2, 1);
        // Round 0 is not decided: no more than two rounds run ahead of it.
        vm.prank(person(1));
        vm.expectRevert();
        this.closeRound(job, 2);
        proveSolverWrong(1);
        same(rounds.currentOf(job), 0);
        same(rounds.closedOf(job), 0);
        yes(rounds.roundOf(job, 1).globalRoot == 0 && rounds.roundOf(job, 2).globalRoot == 0);
        // Person 2: paid for round 1, which was verified; round 2 was not; round 0 stands.
        same(creditOf(person(2)), 1e18);
        same(uint256(rounds.slotRoundOf(job, 0, 1).phase), uint256(SlotPhase.Committed));
        same(audits.undecidedOf(job, 1) + audits.undecidedOf(job, 2), 0);
        // Two commitments of round 1 and one of round 2 are promised anew, 3 each, up to what is left of the stake: 9.
        same(vault.escrowOf(job), 24e18 - 1e18 - 2e18 + 9e18);
        same(vault.burnedWei(), 0.5e18);
        same(total(), PEOPLE * PURSE);
        // The poster's bonds are free.
        same(lockedOf(requestor), 0);
        bid(job, person(3), 1e18);
        for (uint32 round; round < 4; ++round) {
            if (round == 0) commit(job, 0, 0);
            else commitAll(job, round);
            closeAndDraw(job, round);
            auditHonestly(job, round, 0);
            if (round > 0) auditHonestly(job, round, 1);
            if (round < 3) postNext(job, round + 1);
            settle(job, round);
        }
        jobs.finish(job);
        same(creditOf(person(2)), 5e18);
        same(creditOf(person(3)), 4e18);
        same(total(), PEOPLE * PURSE);
        for (uint256 k; k < PEOPLE; ++k) same(lockedOf(person(k)), 0);
    }

    function closeRound(uint256 job, uint32 round) external {
        rounds.close(job, round, 0);
    }

    function test_R7_no_round_closes_two_rounds_after_one_that_is_disputed() public {
        uint256 job = accused(4);
        auditHonestly(job, 0, 1);
        postNext(job, 1);
        commitAll(job, 1);
        closeAndDraw(job, 1);
        postNext(job, 2);
        commitAll(job, 2);
        vm.expectRevert(abi.encodeWithSelector(Rounds.ChallengesOpen.selector, job, 0, 1));
        rounds.close(job, 2, 0);
        proveChallengerWrong(1);
        rounds.close(job, 2, 0);
    }

    function test_A8_a_challenge_about_void_work_is_moot() public {
        uint256 job = accused(4);
        auditHonestly(job, 0, 1);
        postNext(job, 1);
        commitAll(job, 1);
        vm.prank(person(5));
        challenges.challengeCommitment(job, 1, 1, 0, keccak256("right"));
        uint256 started = play(2);
        proveSolverWrong(1);
        vm.prank(person(5));
        vm.expectRevert(abi.encodeWithSelector(Challenges.GameNotOver.selector, 2, started));
        challenges.expire(2);
        challenges.conclude(2);
        same(uint256(challenges.challengeOf(2).phase), uint256(ChallengePhase.Moot));
        same(lockedOf(person(5)), 0);
        same(sumOf(person(5)), PURSE);
    }

    function test_A8_work_is_taken_only_where_it_can_be_paid_and_anyone_may_add_to_the_escrow() public {
        JobTerms memory given = terms();
        given.rounds = 2;
        given.bountyWei = 12e18;
        given.stakePerSlotWei = 0;
        uint256 job = post(given);
        enlist(job, auditor);
        for (uint256 k = 1; k < 3; ++k) {
            vm.prank(person(k));
            jobs.placeBid(job, 2e18, 5000, 5000, 0);
        }
        commitAll(job, 0);
        closeAndDraw(job, 0);
        accuse(job, 0, 0);
        auditHonestly(job, 0, 1);
        postNext(job, 1);
        commitAll(job, 1);
        closeAndDraw(job, 1);
        auditHonestly(job, 1, 0);
        auditHonestly(job, 1, 1);
        proveSolverWrong(1);
        // 12 less three fees and two rounds of pay: 5 are left, 2 of them for slot 1 of round 0.
        same(vault.escrowOf(job), 5e18);
        vm.prank(person(3));
        jobs.placeBid(job, 2e18, 5000, 5000, 0);
        commit(job, 0, 0);
        closeAndDraw(job, 0);
        postNext(job, 1);
        Commit_ memory next = Commit_(job, 1, 0);
        vm.expectRevert(abi.encodeWithSelector(Jobs.EscrowSpent.selector, job, 5e18, 8e18));
        this.commitAs(next);
        vm.prank(requestor);
        jobs.topUp(job, 6e18);
        commitAll(job, 1);
        closeAndDraw(job, 1);
        auditHonestly(job, 0, 0);
        for (uint16 slot; slot < 2; ++slot) auditHonestly(job, 1, slot);
        settle(job, 0);
        settle(job, 1);
        jobs.finish(job);
        same(total(), PEOPLE * PURSE);
    }

    struct Commit_ {
        uint256 job;
        uint32 round;
        uint16 slot;
    }

    function commitAs(Commit_ calldata it) external {
        commit(it.job, it.round, it.slot);
    }
}
