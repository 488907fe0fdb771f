// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Jobs} from "../src/Jobs.sol";
import {Commitment, JobTerms, SlotPhase} from "../src/JobTypes.sol";
import {Module} from "../src/Module.sol";
import {Rounds} from "../src/Rounds.sol";
import {Setting} from "./Setting.sol";
import {vm} from "./Vm.sol";

contract RoundsTest is Setting {
    function setUp() public {
        setUpContracts();
    }

    function commitExpecting(bytes memory refusal, address who, Commitment memory it, bytes[] memory receipts) internal {
        vm.prank(who);
        vm.expectRevert(refusal);
        rounds.commit(it, receipts);
    }

    function test_R2_refused_from_anyone_but_the_holder() public {
        uint256 job = runningJob(terms());
        Commitment memory it = commitmentOf(job, 0, 0);
        bytes[] memory none = new bytes[](0);
        commitExpecting(abi.encodeWithSelector(Jobs.NotHolder.selector, job, 0, person(1), person(2)), person(2), it, none);
        it.slot = 9;
        commitExpecting(abi.encodeWithSelector(Jobs.NotHolder.selector, job, 9, address(0), person(1)), person(1), it, none);
        it.slot = 300;
        commitExpecting(abi.encodeWithSelector(Jobs.NotHolder.selector, job, 300, address(0), person(1)), person(1), it, none);
    }

    function test_R2_refused_after_the_deadline_and_twice() public {
        uint256 job = runningJob(terms());
        commit(job, 0, 0);
        bytes[] memory none = new bytes[](0);
        Commitment memory again = commitmentOf(job, 0, 0);
        again.proposalRoot = keccak256("something else");
        commitExpecting(abi.encodeWithSelector(Rounds.AlreadyCommitted.selector, job, 0, 0), person(1), again, none);
        uint256 deadline = rounds.roundOf(job, 0).deadline;
        vm.warp(deadline + 1);
        Commitment memory late = commitmentOf(job, 0, 1);
        commitExpecting(abi.encodeWithSelector(Rounds.TooLate.selector, deadline, deadline + 1), person(2), late, none);
        vm.warp(deadline);
        commit(job, 0, 1);
    }

    function test_R2_R6_refused_from_a_stale_global_root() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        closeAndDraw(job, 0);
        bytes[] memory none = new bytes[](0);
        Commitment memory it = commitmentOf(job, 1, 0);
        commitExpecting(abi.encodeWithSelector(Rounds.RootNotPosted.selector, job, 1), person(1), it, none);
        postNext(job, 1);
        it = commitmentOf(job, 1, 0);
        bytes32 posted = it.globalRoot;
        it.globalRoot = keccak256("global 0");
        commitExpecting(
            abi.encodeWithSelector(Rounds.WrongGlobalRoot.selector, posted, keccak256("global 0")), person(1), it, none
        );
        it = commitmentOf(job, 0, 0);
        commitExpecting(abi.encodeWithSelector(Rounds.AlreadyClosed.selector, job, 0), person(1), it, none);
        it = commitmentOf(job, 2, 0);
        commitExpecting(abi.encodeWithSelector(Rounds.WrongRound.selector, job, 2, 1), person(1), it, none);
    }

    function test_R1_other_stages_are_refused() public {
        uint256 job = runningJob(terms());
        Commitment memory it = commitmentOf(job, 0, 0);
        it.stage = 1;
        commitExpecting(abi.encodeWithSelector(Module.UnknownStage.selector, 1), person(1), it, new bytes[](0));
        vm.expectRevert(abi.encodeWithSelector(Module.UnknownStage.selector, 1));
        rounds.close(job, 0, 1);
    }

    function test_R3_receipts_of_every_kind_of_keeper_count() public {
        JobTerms memory given = terms();
        given.receiptsNeeded = 4;
        address[] memory relays = new address[](1);
        relays[0] = person(6);
        vm.prank(requestor);
        uint256 job = jobs.post(given, relays);
        enlist(job, auditor);
        bid(job, person(1), 1e18);
        bid(job, person(2), 1e18);
        Commitment memory it = commitmentOf(job, 0, 0);
        bytes[] memory receipts = new bytes[](4);
        receipts[0] = receiptOf(keyOf(0), it);
        receipts[1] = receiptOf(keyOf(2), it);
        receipts[2] = receiptOf(keyOf(6), it);
        receipts[3] = receiptOf(keyOf(7), it);
        vm.prank(person(1));
        vm.recordLogs();
        rounds.commit(it, receipts);
        (,,,, address[] memory keepers) =
            abi.decode(vm.getRecordedLogs()[0].data, (address, bytes32, bytes32, bytes32, address[]));
        same(keepers.length, 4);
    }

    function test_R2_R3_forged_repeated_foreign_and_own_receipts_do_not_count() public {
        JobTerms memory given = terms();
        given.receiptsNeeded = 2;
        uint256 job = runningJob(given);
        Commitment memory it = commitmentOf(job, 0, 0);
        Commitment memory other = commitmentOf(job, 0, 1);
        bytes[] memory receipts = new bytes[](7);
        receipts[0] = receiptOf(keyOf(2), it);
        receipts[1] = receiptOf(keyOf(2), it); // repeated
        receipts[2] = receiptOf(keyOf(1), it); // the holder itself
        receipts[3] = receiptOf(keyOf(5), it); // no keeper
        receipts[4] = receiptOf(keyOf(7), other); // for another slot
        receipts[5] = hex"1234"; // malformed
        receipts[6] = receiptOf(keyOf(7), it);
        receipts[6][10] ^= 0x01; // forged
        commitExpecting(abi.encodeWithSelector(Rounds.TooFewReceipts.selector, 1, 2), person(1), it, receipts);
        receipts[6] = receiptOf(keyOf(7), it);
        vm.prank(person(1));
        rounds.commit(it, receipts);
    }

    function test_R5_closing_waits_for_all_or_the_deadline_and_fixes_the_bitmap() public {
        uint256 job = runningJob(terms());
        commit(job, 0, 1);
        uint256 deadline = rounds.roundOf(job, 0).deadline;
        vm.expectRevert(abi.encodeWithSelector(Rounds.RoundNotDue.selector, job, 0, deadline, block.timestamp));
        rounds.close(job, 0, 0);
        vm.warp(deadline + 1);
        rounds.close(job, 0, 0);
        same(rounds.roundOf(job, 0).committedMask, 2);
        same(uint256(rounds.slotRoundOf(job, 0, 0).phase), uint256(SlotPhase.Missed));
        vm.expectRevert(abi.encodeWithSelector(Rounds.AlreadyClosed.selector, job, 0));
        rounds.close(job, 0, 0);
    }

    function test_R5_all_committed_closes_at_once() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        rounds.close(job, 0, 0);
        same(rounds.currentOf(job), 1);
    }

    function test_R6_only_holders_and_the_requestor_post_once_with_a_bond() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        vm.prank(person(1));
        vm.expectRevert(abi.encodeWithSelector(Rounds.WrongRound.selector, job, 1, 0));
        rounds.postNextRoot(job, 1, 0, keccak256("x"));
        closeAndDraw(job, 0);
        vm.prank(person(5));
        vm.expectRevert(abi.encodeWithSelector(Rounds.NotAPoster.selector, job, person(5)));
        rounds.postNextRoot(job, 1, 0, keccak256("x"));
        pass(30);
        vm.prank(person(1));
        rounds.postNextRoot(job, 1, 0, keccak256("x"));
        same(lockedOf(person(1)), 20e18 + 3e18);
        same(rounds.roundOf(job, 1).deadline, block.timestamp + 60);
        vm.prank(person(2));
        vm.expectRevert(abi.encodeWithSelector(Rounds.RootAlreadyPosted.selector, job, 1, keccak256("x")));
        rounds.postNextRoot(job, 1, 0, keccak256("y"));
        commitAll(job, 1);
        rounds.close(job, 1, 0);
        // It can still be challenged for a while.
        rounds.releaseBonds(job);
        same(lockedOf(person(1)), 23e18);
        pass(20);
        rounds.releaseBonds(job);
        same(lockedOf(person(1)), 20e18);
    }

    function test_R6_a_counted_solver_that_left_may_still_post() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        vm.prank(person(1));
        jobs.withdrawBid(job);
        closeAndDraw(job, 0);
        vm.prank(person(1));
        rounds.postNextRoot(job, 1, 0, keccak256("x"));
    }

    function test_R5_a_round_whose_root_nobody_posted_costs_nobody_a_slot() public {
        uint256 job = runningJob(terms());
        bid(job, person(3), 1e18);
        commitAll(job, 0);
        closeAndDraw(job, 0);
        pass(61);
        rounds.close(job, 1, 0);
        same(jobs.holderOf(job, 0), person(1));
        same(jobs.reputationOf(person(1)), 100);
    }

    function test_R7_at_most_two_rounds_run_ahead_of_their_audits() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        closeAndDraw(job, 0);
        postNext(job, 1);
        commitAll(job, 1);
        closeAndDraw(job, 1);
        postNext(job, 2);
        commitAll(job, 2);
        vm.expectRevert(abi.encodeWithSelector(Rounds.AuditsUndecided.selector, job, 0, 2));
        rounds.close(job, 2, 0);
        auditHonestly(job, 0, 0);
        auditHonestly(job, 0, 1);
        rounds.close(job, 2, 0);
    }

    function test_R7_an_undrawn_round_counts_as_undecided() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        rounds.close(job, 0, 0);
        postNext(job, 1);
        commitAll(job, 1);
        rounds.close(job, 1, 0);
        postNext(job, 2);
        commitAll(job, 2);
        vm.expectRevert(abi.encodeWithSelector(Rounds.AuditsUndecided.selector, job, 0, 2));
        rounds.close(job, 2, 0);
    }

    function test_S1_undrawn_slots_are_due_after_their_window() public {
        JobTerms memory given = terms();
        given.auditRate = 0;
        uint256 job = runningJob(given);
        commitAll(job, 0);
        rounds.close(job, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(Rounds.NothingDue.selector, job, 0));
        rounds.settle(job, 0, 0);
        pass(20);
        rounds.settle(job, 0, 0);
        same(creditOf(person(1)), 1e18);
        same(creditOf(person(2)), 1e18);
        vm.expectRevert(abi.encodeWithSelector(Rounds.NothingDue.selector, job, 0));
        rounds.settle(job, 0, 0);
    }

    function test_S1_D12_checked_work_is_paid_after_its_window_and_can_be_challenged_until_then() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        closeAndDraw(job, 0);
        auditHonestly(job, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(Rounds.NothingDue.selector, job, 0));
        rounds.settle(job, 0, 0);
        // Solver and auditor were in league; a stranger was not.
        vm.prank(person(5));
        challenges.challengeCommitment(job, 0, 0, 0, keccak256("right"));
        pass(timing.windowSeconds);
        vm.expectRevert(abi.encodeWithSelector(Rounds.NothingDue.selector, job, 0));
        rounds.settle(job, 0, 0);
        proveChallengerWrong(1);
        rounds.settle(job, 0, 0);
        same(creditOf(person(1)), 1e18 + jobs.bondWeiOf(job));
    }

    function test_S2_finish_needs_all_rounds_settled() public {
        JobTerms memory given = terms();
        given.rounds = 1;
        given.bountyWei = 10e18;
        uint256 job = runningJob(given);
        vm.expectRevert(abi.encodeWithSelector(Rounds.RoundsLeft.selector, job, 0, 1));
        jobs.finish(job);
        commitAll(job, 0);
        closeAndDraw(job, 0);
        vm.expectRevert(abi.encodeWithSelector(Jobs.NotFinishable.selector, job, 2, 0));
        jobs.finish(job);
        auditHonestly(job, 0, 0);
        auditHonestly(job, 0, 1);
        settle(job, 0);
        postNext(job, 1);
        vm.expectRevert(abi.encodeWithSelector(Rounds.FinalRootTooYoung.selector, job, block.timestamp + 20));
        jobs.finish(job);
        pass(20);
        jobs.finish(job);
        same(creditOf(requestor), 10e18 - 2e18 - 2e18);
        same(lockedOf(requestor) + lockedOf(person(1)) + lockedOf(person(2)) + lockedOf(auditor), 0);
    }
}
