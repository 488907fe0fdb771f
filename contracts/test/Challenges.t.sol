// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Challenges} from "../src/Challenges.sol";
import {Audit, AuditPhase, Challenge, ChallengePhase, JobTerms, SlotPhase} from "../src/JobTypes.sol";
import {Jobs} from "../src/Jobs.sol";
import {Rounds} from "../src/Rounds.sol";
import {Vault} from "../src/Vault.sol";
import {Setting} from "./Setting.sol";
import {vm} from "./Vm.sol";

contract ChallengesTest is Setting {
    function setUp() public {
        setUpContracts();
    }

    function mismatch() internal returns (uint256 job, address who) {
        JobTerms memory given = terms();
        given.rounds = 1;
        job = runningJob(given);
        commitAll(job, 0);
        closeAndDraw(job, 0);
        who = audits.auditOf(job, 0, 0).auditor;
        attest(job, 0, 0, keccak256("another result"));
        open(job, 0, 0);
        reveal(job, 0, 0, keccak256("another result"));
    }

    function test_A6_a_mismatch_opens_a_challenge_and_holds_the_pay() public {
        (uint256 job, address who) = mismatch();
        Challenge memory it = challenges.challengeOf(1);
        same(it.job, job);
        same(it.challenger, who);
        same(it.bondWei, 3e18);
        yes(it.byAudit);
        same(uint256(audits.auditOf(job, 0, 0).phase), uint256(AuditPhase.Mismatched));
        // Its bond went to the challenge, and a new one was locked so that it stays enlisted.
        same(lockedOf(who), 6e18);
        yes(audits.isEnlisted(job, who));
        pass(50);
        vm.expectRevert(abi.encodeWithSelector(Rounds.NothingDue.selector, job, 0));
        rounds.settle(job, 0, 0);
        auditHonestly(job, 0, 1);
        rounds.settle(job, 0, 0);
        vm.expectRevert(abi.encodeWithSelector(Jobs.NotFinishable.selector, job, 1, 1));
        jobs.finish(job);
    }

    function test_A6_an_auditor_without_more_stake_challenges_with_its_last_bond() public {
        JobTerms memory given = terms();
        uint256 job = runningJob(given);
        commitAll(job, 0);
        closeAndDraw(job, 0);
        vm.prank(auditor);
        vault.requestWithdraw(uint128(PURSE - 3e18));
        attest(job, 0, 0, keccak256("another"));
        open(job, 0, 0);
        reveal(job, 0, 0, keccak256("another"));
        same(challenges.challengeOf(1).bondWei, 3e18);
        yes(!audits.isEnlisted(job, auditor));
        same(lockedOf(auditor), 3e18);
        // It never played: its silence is the solver's gain.
        pass(100);
        challenges.expire(1);
        same(uint256(challenges.challengeOf(1).phase), uint256(ChallengePhase.ChallengerWrong));
        same(lockedOf(auditor), 0);
        same(sumOf(auditor), PURSE - 3e18);
        same(creditOf(person(1)), 3e18);
    }

    function test_A6_who_lost_its_bond_accuses_only_with_a_new_one() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        closeAndDraw(job, 0);
        attest(job, 0, 1, keccak256("another"));
        open(job, 0, 1);
        vm.prank(auditor);
        vault.requestWithdraw(uint128(PURSE - 3e18));
        pass(61);
        audits.claimSilence(job, 0, 0, 0);
        same(sumOf(auditor), PURSE - 3e18);
        vm.prank(auditor);
        vm.expectRevert(abi.encodeWithSelector(Vault.StakeTooLow.selector, auditor, 0, 3e18));
        audits.reveal(job, 0, 1, 0, keccak256("another"), bytes32("s"));
        token.transfer(auditor, 3e18);
        vm.startPrank(auditor);
        token.approve(address(vault), 3e18);
        vault.deposit(3e18);
        vm.stopPrank();
        reveal(job, 0, 1, keccak256("another"));
        same(challenges.challengeOf(1).bondWei, 3e18);
        yes(!audits.isEnlisted(job, auditor));
    }

    function test_D6_where_only_the_delta_differs_the_game_begins_with_it() public {
        JobTerms memory given = terms();
        given.rounds = 1;
        uint256 job = runningJob(given);
        commitAll(job, 0);
        closeAndDraw(job, 0);
        vm.prank(person(5));
        challenges.challengeCommitment(job, 0, 0, 0, keccak256("right"));
        uint256 started = play(1);
        // Three checkpoints after the first, then the delta.
        same(game.gameOf(started).high, 4);
        yes(game.gameOf(started).endRoot == rounds.slotRoundOf(job, 0, 0).proposalRoot);
        vm.prank(person(5));
        vm.expectRevert();
        game.chooseSegment(started, facts(), 4);
        vm.prank(person(5));
        game.chooseSegment(started, facts(), 3);
        runOut(started);
        challenges.conclude(1);
        same(uint256(challenges.challengeOf(1).phase), uint256(ChallengePhase.SolverWrong));
    }

    function test_A3_an_audit_of_the_last_segment_leaves_open_whether_the_checkpoint_or_the_delta_is_wrong() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        closeAndDraw(job, 0);
        Audit memory it = audits.auditOf(job, 0, 0);
        attest(job, 0, 0, keccak256("another result"));
        open(job, 0, 0);
        reveal(job, 0, 0, keccak256("another result"));
        uint256 high = game.gameOf(play(1)).high;
        same(high, it.segment == 2 ? 4 : it.segment + 1);
    }

    function test_anyone_with_a_bond_challenges_a_commitment_inside_its_window() public {
        uint256 job = runningJob(terms());
        vm.startPrank(person(5));
        vm.expectRevert(abi.encodeWithSelector(Challenges.NothingToChallenge.selector, job, 0, 0));
        challenges.challengeCommitment(job, 0, 0, 0, keccak256("right"));
        vm.stopPrank();
        commitAll(job, 0);
        bytes32 committed = rounds.slotRoundOf(job, 0, 0).proposalRoot;
        vm.startPrank(person(5));
        vm.expectRevert(abi.encodeWithSelector(Challenges.SameClaim.selector, committed));
        challenges.challengeCommitment(job, 0, 0, 0, committed);
        challenges.challengeCommitment(job, 0, 0, 0, keccak256("right"));
        vm.expectRevert(abi.encodeWithSelector(Challenges.AlreadyChallenging.selector, job, 0, 0));
        challenges.challengeCommitment(job, 0, 0, 0, keccak256("twice"));
        vm.stopPrank();
        same(lockedOf(person(5)), 3e18);
        closeAndDraw(job, 0);
        // The audit goes on beside the challenge, and its auditor is paid; the slot's pay waits.
        auditHonestly(job, 0, 0);
        (bool due,) = rounds.dueOf(job, 0, 0);
        yes(!due);
        pass(20);
        vm.prank(person(6));
        vm.expectRevert(abi.encodeWithSelector(Challenges.ChallengeWindowOver.selector, block.timestamp, block.timestamp));
        challenges.challengeCommitment(job, 0, 1, 0, keccak256("too late"));
        proveChallengerWrong(1);
        rounds.settle(job, 0, 0);
        same(uint256(rounds.slotRoundOf(job, 0, 0).phase), uint256(SlotPhase.Paid));
        same(lockedOf(person(5)), 0);
        same(sumOf(person(5)), PURSE - 3e18);
        // Its pay, and the challenger's bond.
        same(creditOf(person(1)), 4e18);
        same(creditOf(auditor), 1e18);
    }

    function test_a_lost_challenge_does_not_free_a_slot_whose_audit_is_not_done() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        vm.prank(person(5));
        challenges.challengeCommitment(job, 0, 0, 0, keccak256("right"));
        closeAndDraw(job, 0);
        proveChallengerWrong(1);
        (bool due,) = rounds.dueOf(job, 0, 0);
        yes(!due);
        auditHonestly(job, 0, 0);
        bool pays;
        (due, pays) = rounds.dueOf(job, 0, 0);
        yes(due && pays);
    }

    function test_challenges_run_side_by_side() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        for (uint256 k = 3; k < 7; ++k) {
            vm.prank(person(k));
            challenges.challengeCommitment(job, 0, 0, 0, keccak256(abi.encode(k)));
        }
        closeAndDraw(job, 0);
        auditHonestly(job, 0, 0);
        pass(100);
        for (uint256 id = 1; id < 4; ++id) challenges.expire(id);
        (bool due,) = rounds.dueOf(job, 0, 0);
        yes(!due);
        challenges.expire(4);
        (due,) = rounds.dueOf(job, 0, 0);
        yes(due);
    }

    function test_no_bond_no_challenge() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        address poor = address(0xdead1);
        vm.prank(poor);
        vm.expectRevert(abi.encodeWithSelector(Vault.StakeTooLow.selector, poor, 0, 3e18));
        challenges.challengeCommitment(job, 0, 0, 0, keccak256("right"));
    }

    function test_R6_the_first_root_is_the_requestors_and_cannot_be_challenged() public {
        uint256 job = runningJob(terms());
        vm.prank(person(5));
        vm.expectRevert();
        challenges.challengeRoot(job, 0, 0, keccak256("x"));
    }
}
