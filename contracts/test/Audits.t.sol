// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Audits} from "../src/Audits.sol";
import {Audit, AuditPhase, JobTerms, SlotPhase} from "../src/JobTypes.sol";
import {Setting} from "./Setting.sol";
import {vm} from "./Vm.sol";

contract AuditsTest is Setting {
    function setUp() public {
        setUpContracts();
    }

    function closedRound() internal returns (uint256 job) {
        job = runningJob(terms());
        enlist(job, person(5));
        enlist(job, person(6));
        commitAll(job, 0);
        rounds.close(job, 0, 0);
    }

    function drawnRound() internal returns (uint256 job) {
        job = closedRound();
        beaconOut(job, 0, keccak256("beacon"));
        audits.draw(job, 0, 0);
    }

    function auditAt(uint256 job, uint16 slot) internal view returns (Audit memory) {
        return audits.auditOf(job, 0, slot);
    }

    function phaseIs(uint256 job, uint16 slot, AuditPhase phase) internal view {
        same(uint256(auditAt(job, slot).phase), uint256(phase));
    }

    function test_A1_the_draw_waits_for_its_beacon() public {
        uint256 job = closedRound();
        (uint64 target,) = audits.drawOf(job, 0);
        same(target, block.number + 2);
        vm.expectRevert(abi.encodeWithSelector(Audits.BeaconUnknown.selector, target, block.number));
        audits.draw(job, 0, 0);
        vm.roll(target);
        vm.expectRevert(abi.encodeWithSelector(Audits.BeaconUnknown.selector, target, block.number));
        audits.draw(job, 0, 0);
    }

    function test_A1_a_late_poke_changes_nothing() public {
        uint256 job = closedRound();
        (uint64 target,) = audits.drawOf(job, 0);
        uint256 before = vm.snapshotState();
        beaconOut(job, 0, keccak256("beacon"));
        audits.draw(job, 0, 0);
        Audit memory early0 = auditAt(job, 0);
        Audit memory early1 = auditAt(job, 1);
        vm.revertToState(before);
        // Newcomers after closing, the requestor's friends among them, and much later.
        enlist(job, person(3));
        enlist(job, person(4));
        vm.roll(target + 200);
        vm.setBlockhash(target, keccak256("beacon"));
        pass(500);
        vm.prank(person(3));
        audits.draw(job, 0, 0);
        same(auditAt(job, 0).auditor, early0.auditor);
        same(auditAt(job, 1).auditor, early1.auditor);
        same(auditAt(job, 0).segment, early0.segment);
        same(auditAt(job, 1).segment, early1.segment);
        vm.expectRevert(abi.encodeWithSelector(Audits.NothingToDraw.selector, job, 0));
        audits.draw(job, 0, 0);
    }

    function test_A1_a_lost_beacon_is_fixed_again() public {
        uint256 job = closedRound();
        (uint64 target,) = audits.drawOf(job, 0);
        vm.roll(target + 9000);
        audits.draw(job, 0, 0);
        (uint64 again, uint64 pending) = audits.drawOf(job, 0);
        same(again, target + 9002);
        same(pending, 3);
        beaconOut(job, 0, keccak256("beacon"));
        audits.draw(job, 0, 0);
        phaseIs(job, 0, AuditPhase.Drawn);
    }

    function testFuzz_A2_segment_and_auditor_are_in_range_and_never_the_solver(bytes32 value) public {
        uint256 job = runningJob(terms());
        enlist(job, person(1));
        enlist(job, person(2));
        commitAll(job, 0);
        rounds.close(job, 0, 0);
        vm.assume(value != 0);
        beaconOut(job, 0, value);
        audits.draw(job, 0, 0);
        for (uint16 slot; slot < 2; ++slot) {
            Audit memory it = auditAt(job, slot);
            yes(it.segment < 3);
            yes(it.auditor != person(1 + slot) && it.auditor != address(0));
        }
    }

    function test_A2_the_rate_is_kept() public {
        JobTerms memory given = terms();
        given.auditRate = 3000;
        given.slots = 6;
        given.rounds = 50;
        given.bountyWei = 50 * 6 * 3e18;
        uint256 job = runningJob(given);
        uint256 drawn;
        for (uint32 round; round < 50; ++round) {
            if (round > 0) postNext(job, round);
            commitAll(job, round);
            closeAndDraw(job, round);
            for (uint16 slot; slot < 6; ++slot) {
                if (audits.auditOf(job, round, slot).phase != AuditPhase.Drawn) continue;
                ++drawn;
                auditHonestly(job, round, slot);
            }
            pass(20);
            if (rounds.roundOf(job, round).committedMask != 0) rounds.settle(job, round, 0);
        }
        // 300 draws at 0.3: five standard deviations are 40.
        yes(drawn > 50 && drawn < 130);
        same(creditOf(auditor), drawn * 1e18);
    }

    function test_A3_the_order_is_attest_open_reveal() public {
        uint256 job = drawnRound();
        Audit memory it = auditAt(job, 0);
        bytes32[] memory path = merklePath(leavesOf(job, 0, 0), it.segment + 1);
        vm.prank(person(1));
        vm.expectRevert(abi.encodeWithSelector(Audits.WrongAuditPhase.selector, job, 0, 0, AuditPhase.Drawn));
        audits.open(job, 0, 0, 0, 0, 0, path);
        vm.prank(it.auditor);
        vm.expectRevert(abi.encodeWithSelector(Audits.WrongAuditPhase.selector, job, 0, 0, AuditPhase.Drawn));
        audits.reveal(job, 0, 0, 0, 0, 0);
        vm.prank(person(3));
        vm.expectRevert(abi.encodeWithSelector(Audits.NotAuditor.selector, it.auditor, person(3)));
        audits.attest(job, 0, 0, 0, bytes32("h"));
        bytes32 target = targetOf(job, 0, 0);
        attest(job, 0, 0, target);
        open(job, 0, 0);
        vm.prank(it.auditor);
        vm.expectRevert();
        audits.reveal(job, 0, 0, 0, keccak256("copied later"), bytes32("s"));
        reveal(job, 0, 0, target);
        phaseIs(job, 0, AuditPhase.Matched);
        vm.prank(it.auditor);
        vm.expectRevert(abi.encodeWithSelector(Audits.WrongAuditPhase.selector, job, 0, 0, AuditPhase.Matched));
        audits.reveal(job, 0, 0, 0, target, bytes32("s"));
    }

    function test_A3_an_attestation_of_another_auditor_cannot_be_copied() public {
        uint256 job = drawnRound();
        Audit memory it = auditAt(job, 0);
        bytes32 target = targetOf(job, 0, 0);
        // Bound to person 3: the drawn auditor attests the copied hash and cannot reveal it.
        bytes32 copied = keccak256(bytes.concat(abi.encode(target, bytes32("s"), person(3)), abi.encode(job, 0, 0, 0)));
        vm.prank(it.auditor);
        audits.attest(job, 0, 0, 0, copied);
        open(job, 0, 0);
        vm.prank(it.auditor);
        vm.expectRevert();
        audits.reveal(job, 0, 0, 0, target, bytes32("s"));
    }

    function test_R4_H2_wrong_openings_are_refused() public {
        uint256 job = drawnRound();
        attest(job, 0, 0, targetOf(job, 0, 0));
        uint256 c = auditAt(job, 0).segment + 1;
        bytes32[] memory path = merklePath(leavesOf(job, 0, 0), c);
        refuseOpening(job, c, saltOf(job, 0, 0, c), new bytes32[](path.length + 1));
        refuseOpening(job, c, saltOf(job, 0, 0, c), new bytes32[](path.length - 1));
        refuseOpening(job, c, bytes32("other salt"), path);
        // Another checkpoint of the same commitment, with its own good path.
        refuseOpening(job, c ^ 1, saltOf(job, 0, 0, c ^ 1), merklePath(leavesOf(job, 0, 0), c ^ 1));
        refuseOpening(job, 77, saltOf(job, 0, 0, c), path);
        bytes32 root = rootOf(job, 0, 0, c);
        vm.expectRevert(abi.encodeWithSelector(Audits.NotSolver.selector, person(1), address(this)));
        audits.open(job, 0, 0, 0, root, bytes32(0), path);
        open(job, 0, 0);
    }

    function refuseOpening(uint256 job, uint256 checkpoint, bytes32 salt, bytes32[] memory path) internal {
        bytes32 root = rootOf(job, 0, 0, checkpoint);
        vm.prank(person(1));
        vm.expectRevert();
        audits.open(job, 0, 0, 0, root, salt, path);
    }

    function test_A3_the_last_segment_is_bound_to_the_proposal() public {
        JobTerms memory given = terms();
        given.segments = 1;
        uint256 job = runningJob(given);
        commitAll(job, 0);
        closeAndDraw(job, 0);
        auditHonestly(job, 0, 0);
        phaseIs(job, 0, AuditPhase.Matched);
        // The root with another proposal is not what was committed.
        bytes32 root = rootOf(job, 0, 1, 1);
        bytes32 another = sha256(abi.encodePacked(root, keccak256("proposal")));
        attest(job, 0, 1, another);
        open(job, 0, 1);
        reveal(job, 0, 1, another);
        phaseIs(job, 1, AuditPhase.Mismatched);
    }

    function test_A4_a_silent_auditor_loses_its_bond_and_the_draw_is_repeated() public {
        uint256 job = drawnRound();
        address silent = auditAt(job, 0).auditor;
        vm.expectRevert();
        audits.claimSilence(job, 0, 0, 0);
        pass(61);
        audits.claimSilence(job, 0, 0, 0);
        same(sumOf(silent), PURSE - 3e18);
        same(creditOf(TREASURY), 3e18);
        yes(!audits.isEnlisted(job, silent));
        phaseIs(job, 0, AuditPhase.Pending);
        // Never paid by expiry: long after, the slot is still not due.
        pass(1_000_000);
        (bool due,) = rounds.dueOf(job, 0, 0);
        yes(!due);
        beaconOut(job, 0, keccak256("second beacon"));
        audits.draw(job, 0, 0);
        Audit memory it = auditAt(job, 0);
        same(it.attempt, 1);
        yes(it.auditor != silent && it.auditor != address(0));
        auditHonestly(job, 0, 0);
        same(creditOf(it.auditor), 1e18);
        rounds.settle(job, 0, 0);
        same(creditOf(person(1)), 1e18);
    }

    function test_A4_silence_at_the_reveal_costs_the_bond_too() public {
        uint256 job = drawnRound();
        address silent = auditAt(job, 0).auditor;
        attest(job, 0, 0, targetOf(job, 0, 0));
        open(job, 0, 0);
        pass(61);
        audits.claimSilence(job, 0, 0, 0);
        same(sumOf(silent), PURSE - 3e18);
        phaseIs(job, 0, AuditPhase.Pending);
    }

    function test_A4_one_bond_is_lost_once_even_over_two_silences() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        closeAndDraw(job, 0);
        pass(61);
        audits.claimSilence(job, 0, 0, 0);
        audits.claimSilence(job, 0, 1, 0);
        same(sumOf(auditor), PURSE - 3e18);
        beaconOut(job, 0, keccak256("second"));
        audits.draw(job, 0, 0);
        // Nobody is left to audit slot 1, and the struck one is not drawn for what came after.
        same(auditAt(job, 1).auditor, address(0));
    }

    function test_A4_after_too_many_attempts_the_slot_ends_unpaid_and_nothing_stays_locked() public {
        JobTerms memory given = terms();
        given.rounds = 1;
        uint256 job = post(given);
        bid(job, person(1), 1e18);
        bid(job, person(2), 1e18);
        commitAll(job, 0);
        closeAndDraw(job, 0);
        for (uint256 attempt; attempt < 8; ++attempt) {
            if (attempt > 0) {
                beaconOut(job, 0, keccak256(abi.encode(attempt)));
                audits.draw(job, 0, 0);
            }
            pass(61);
            audits.claimSilence(job, 0, 0, 0);
            audits.claimSilence(job, 0, 1, 0);
        }
        phaseIs(job, 0, AuditPhase.Abandoned);
        rounds.settle(job, 0, 0);
        same(uint256(rounds.slotRoundOf(job, 0, 0).phase), uint256(SlotPhase.Unpaid));
        jobs.finish(job);
        same(lockedOf(person(1)), 0);
        same(creditOf(requestor), 24e18);
    }

    function test_A5_a_solver_that_withholds_loses_pay_and_penalty_and_the_auditor_is_paid() public {
        uint256 job = drawnRound();
        address who = auditAt(job, 0).auditor;
        attest(job, 0, 0, targetOf(job, 0, 0));
        vm.expectRevert();
        audits.claimSilence(job, 0, 0, 0);
        pass(61);
        audits.claimSilence(job, 0, 0, 0);
        phaseIs(job, 0, AuditPhase.Withheld);
        same(sumOf(person(1)), PURSE - 5e18);
        same(creditOf(TREASURY), 5e18);
        same(creditOf(who), 1e18);
        rounds.settle(job, 0, 0);
        same(uint256(rounds.slotRoundOf(job, 0, 0).phase), uint256(SlotPhase.Unpaid));
        same(jobs.reputationOf(person(1)), 50);
    }

    function test_late_moves_stand_until_silence_is_claimed() public {
        uint256 job = drawnRound();
        pass(10_000);
        auditHonestly(job, 0, 0);
        phaseIs(job, 0, AuditPhase.Matched);
    }

    function test_auditors_leave_only_when_no_draw_can_name_them() public {
        uint256 job = closedRound();
        vm.prank(auditor);
        vm.expectRevert(abi.encodeWithSelector(Audits.DrawsPending.selector, job, 1));
        audits.retire(job);
        beaconOut(job, 0, keccak256("beacon"));
        audits.draw(job, 0, 0);
        address assigned = auditAt(job, 0).auditor;
        vm.prank(assigned);
        vm.expectRevert();
        audits.retire(job);
        auditHonestly(job, 0, 0);
        auditHonestly(job, 0, 1);
        vm.prank(assigned);
        audits.retire(job);
        same(lockedOf(assigned), 0);
        vm.prank(assigned);
        vm.expectRevert(abi.encodeWithSelector(Audits.NotEnlisted.selector, job, assigned));
        audits.retire(job);
    }

    function test_A1_a_struck_auditor_can_come_back_at_once_and_is_drawn_for_what_is_fixed_later() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        closeAndDraw(job, 0);
        pass(61);
        // The only auditor has both slots: struck for one, it is still assigned to the other.
        audits.claimSilence(job, 0, 0, 0);
        yes(!audits.isEnlisted(job, auditor));
        enlist(job, auditor);
        yes(audits.isEnlisted(job, auditor));
        same(audits.auditorsOf(job).length, 1);
        vm.prank(auditor);
        vm.expectRevert(abi.encodeWithSelector(Audits.AlreadyEnlisted.selector, job, auditor));
        audits.enlist(job);
        beaconOut(job, 0, keccak256("again"));
        audits.draw(job, 0, 0);
        // The set was fixed while it was out.
        same(auditAt(job, 0).auditor, address(0));
        auditHonestly(job, 0, 1);
        same(creditOf(auditor), 1e18);
        pass(61);
        audits.claimSilence(job, 0, 0, 0);
        beaconOut(job, 0, keccak256("third"));
        audits.draw(job, 0, 0);
        same(auditAt(job, 0).auditor, auditor);
        auditHonestly(job, 0, 0);
        same(creditOf(auditor), 2e18);
        vm.prank(auditor);
        audits.retire(job);
        same(sumOf(auditor), PURSE - 3e18 + 2e18);
        same(lockedOf(auditor), 0);
    }
}
