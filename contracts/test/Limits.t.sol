// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Commitment, JobTerms} from "../src/JobTypes.sol";
import {Setting} from "./Setting.sol";
import {vm} from "./Vm.sol";

/// @dev No call over 2^24 gas, at the largest job that posting admits.
contract LimitsTest is Setting {
    uint256 internal constant CAP = 2 ** 24;

    function setUp() public {
        setUpContracts();
    }

    function largeTerms() internal pure returns (JobTerms memory it) {
        it = terms();
        it.slots = 64;
        it.rounds = 4;
        it.segments = 4096;
        it.bountyWei = 4 * 64 * 3e18;
    }

    function fill(uint256 job) internal {
        for (uint256 k; k < 64; ++k) {
            enrich(person(100 + k));
            enlist(job, person(100 + k));
        }
        for (uint256 k; k < 128; ++k) {
            enrich(person(200 + k));
            bid(job, person(200 + k), uint88(2e18 - k));
        }
    }

    function under(uint256 before) internal view {
        yes(before - gasleft() < CAP);
    }

    function test_the_largest_round_closes_draws_and_settles_under_the_cap() public {
        uint256 job = post(largeTerms());
        fill(job);
        for (uint16 slot; slot < 64; ++slot) {
            bytes32 root = rounds.roundOf(job, 0).globalRoot;
            commitRaw(job, slot, root);
        }
        uint256 gas = gasleft();
        rounds.close(job, 0, 0);
        under(gas);
        beaconOut(job, 0, keccak256("beacon"));
        gas = gasleft();
        audits.draw(job, 0, 0);
        under(gas);
        postNext(job, 1);
        pass(61);
        gas = gasleft();
        // All 64 missed, 64 wait: every slot changes hands.
        rounds.close(job, 1, 0);
        under(gas);
        same(jobs.holderOf(job, 0), person(200 + 127));
        same(jobs.bidsOf(job).length, 64);
    }

    function test_the_largest_settlement_and_end_are_under_the_cap() public {
        JobTerms memory it = largeTerms();
        it.auditRate = 0;
        it.rounds = 1;
        uint256 job = post(it);
        fill(job);
        bytes32 root = rounds.roundOf(job, 0).globalRoot;
        for (uint16 slot; slot < 64; ++slot) commitRaw(job, slot, root);
        rounds.close(job, 0, 0);
        pass(20);
        uint256 gas = gasleft();
        rounds.settle(job, 0, 0);
        under(gas);
        gas = gasleft();
        jobs.finish(job);
        under(gas);
        same(lockedOf(person(200)) + lockedOf(person(327)) + lockedOf(person(163)), 0);
        gas = gasleft();
        (bool answered,) = address(lens).staticcall(abi.encodeCall(lens.readJob, (job, 0, 1)));
        under(gas);
        yes(answered);
    }

    function test_a_strike_two_rounds_back_at_the_largest_job_is_under_the_cap() public {
        JobTerms memory given = largeTerms();
        given.bountyWei *= 4;
        vm.prank(requestor);
        vault.requestWithdraw(1);
        token.transfer(requestor, 10_000e18);
        vm.startPrank(requestor);
        token.approve(address(vault), 10_000e18);
        vault.deposit(10_000e18);
        vm.stopPrank();
        uint256 job = post(given);
        fill(job);
        for (uint32 round; round < 3; ++round) {
            for (uint16 slot; slot < 64; ++slot) commitAt(job, round, slot);
            if (round < 2) {
                rounds.close(job, round, 0);
                beaconOut(job, round, keccak256(abi.encode(round)));
                audits.draw(job, round, 0);
                postNext(job, round + 1);
            }
        }
        vm.prank(requestor);
        challenges.challengeCommitment(job, 0, 5, 0, keccak256("right"));
        uint256 started = play(1);
        vm.prank(requestor);
        game.chooseSegment(started, facts(), 0);
        runOut(started);
        uint256 gas = gasleft();
        challenges.conclude(1);
        under(gas);
        (bool more,) = rounds.rollingBack(job);
        yes(more);
        gas = gasleft();
        rounds.rollBack(job);
        under(gas);
        (more,) = rounds.rollingBack(job);
        yes(!more && rounds.currentOf(job) == 0);
    }

    function commitAt(uint256 job, uint32 round, uint16 slot) internal {
        bytes32 root = rounds.roundOf(job, round).globalRoot;
        Commitment memory it = Commitment(job, round, slot, 0, root, bytes32("c"), bytes32("p"), bytes32("d"));
        vm.prank(jobs.holderOf(job, slot));
        rounds.commit(it, new bytes[](0));
    }

    function commitRaw(uint256 job, uint16 slot, bytes32 root) internal {
        Commitment memory it = Commitment(job, 0, slot, 0, root, bytes32("c"), bytes32("p"), bytes32("d"));
        vm.prank(jobs.holderOf(job, slot));
        rounds.commit(it, new bytes[](0));
    }
}
