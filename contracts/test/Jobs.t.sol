// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Jobs} from "../src/Jobs.sol";
import {Bid, JobPhase, JobTerms, WAITING} from "../src/JobTypes.sol";
import {Vault} from "../src/Vault.sol";
import {Setting} from "./Setting.sol";
import {vm} from "./Vm.sol";

contract JobsTest is Setting {
    function setUp() public {
        setUpContracts();
    }

    function test_S2_posting_escrows_the_bounty_and_cancelling_returns_it() public {
        uint256 job = post(terms());
        same(vault.escrowOf(job), 24e18);
        same(freeOf(requestor), PURSE - 24e18);
        bid(job, person(1), 1e18);
        enlist(job, auditor);
        vm.prank(person(3));
        vm.expectRevert(abi.encodeWithSelector(Jobs.NotRequestor.selector, job, person(3)));
        jobs.cancel(job);
        vm.prank(requestor);
        jobs.cancel(job);
        same(vault.escrowOf(job), 0);
        same(creditOf(requestor), 24e18);
        same(lockedOf(person(1)), 0);
        same(lockedOf(auditor), 0);
    }

    function test_S2_a_running_job_cannot_be_cancelled() public {
        uint256 job = runningJob(terms());
        vm.prank(requestor);
        vm.expectRevert(abi.encodeWithSelector(Jobs.WrongJobPhase.selector, job, JobPhase.Running));
        jobs.cancel(job);
    }

    function test_terms_out_of_bounds_are_refused() public {
        JobTerms memory it = terms();
        it.slots = 65;
        expectBad(it);
        it = terms();
        it.slots = 0;
        expectBad(it);
        it = terms();
        it.rounds = 0;
        expectBad(it);
        it = terms();
        it.auditRate = 10_001;
        expectBad(it);
        it = terms();
        it.bountyWei -= 1;
        expectBad(it);
        it = terms();
        it.maxPriceWei = 0;
        expectBad(it);
        it = terms();
        it.roundSeconds = 0;
        expectBad(it);
        it = terms();
        it.segments = 0;
        expectBad(it);
    }

    function expectBad(JobTerms memory it) internal {
        vm.prank(requestor);
        vm.expectRevert();
        jobs.post(it, new address[](0));
    }

    function test_R8_bids_that_do_not_fit_the_terms_are_refused() public {
        uint256 job = post(terms());
        vm.startPrank(person(1));
        vm.expectRevert(abi.encodeWithSelector(Jobs.PriceTooHigh.selector, 3e18, 2e18));
        jobs.placeBid(job, 3e18, 5000, 5000, 20e18);
        vm.expectRevert(abi.encodeWithSelector(Jobs.TooSlow.selector, 999, 1000));
        jobs.placeBid(job, 1e18, 999, 5000, 20e18);
        vm.expectRevert(abi.encodeWithSelector(Jobs.TooLittleMemory.selector, 999, 1000));
        jobs.placeBid(job, 1e18, 5000, 999, 20e18);
        vm.expectRevert(abi.encodeWithSelector(Jobs.StakeBelowTerms.selector, 19e18, 20e18));
        jobs.placeBid(job, 1e18, 5000, 5000, 19e18);
        vm.expectRevert(abi.encodeWithSelector(Vault.StakeTooLow.selector, person(1), PURSE, 1001e18));
        jobs.placeBid(job, 1e18, 5000, 5000, 1001e18);
        jobs.placeBid(job, 1e18, 5000, 5000, 20e18);
        vm.expectRevert(abi.encodeWithSelector(Jobs.AlreadyBid.selector, job, person(1)));
        jobs.placeBid(job, 1e18, 5000, 5000, 20e18);
        vm.stopPrank();
    }

    function test_the_bid_that_fills_the_last_slot_starts_the_job() public {
        uint256 job = post(terms());
        bid(job, person(1), 1e18);
        same(uint256(jobs.phaseOf(job)), uint256(JobPhase.Recruiting));
        bid(job, person(2), 1e18);
        same(uint256(jobs.phaseOf(job)), uint256(JobPhase.Running));
        same(rounds.roundOf(job, 0).deadline, block.timestamp + 60);
    }

    function test_the_requestor_starts_with_fewer_and_a_later_bid_fills_the_vacancy_at_the_boundary() public {
        uint256 job = post(terms());
        vm.prank(requestor);
        vm.expectRevert(abi.encodeWithSelector(Jobs.NoBids.selector, job));
        jobs.start(job);
        bid(job, person(1), 1e18);
        vm.prank(requestor);
        jobs.start(job);
        bid(job, person(2), 1e18);
        same(jobs.holderOf(job, 1), address(0));
        commitAll(job, 0);
        rounds.close(job, 0, 0);
        same(jobs.holderOf(job, 1), person(2));
    }

    function test_R5_R8_who_misses_gives_way_to_the_best_waiting_bid() public {
        uint256 job = runningJob(terms());
        bid(job, person(3), 1.5e18);
        bid(job, person(4), 1.2e18);
        vm.prank(person(5));
        jobs.placeBid(job, 1.2e18, 5000, 5000, 30e18);
        bid(job, person(6), 1.3e18);
        commit(job, 0, 0);
        pass(61);
        rounds.close(job, 0, 0);
        same(jobs.holderOf(job, 0), person(1));
        // Same price and reputation as person 4, but more stake.
        same(jobs.holderOf(job, 1), person(5));
        same(jobs.reputationOf(person(2)), 95);
        // R5: a missed deadline never slashes.
        same(sumOf(person(2)), PURSE);
        same(lockedOf(person(2)), 0);
        postNext(job, 1);
        pass(61);
        rounds.close(job, 1, 0);
        same(jobs.holderOf(job, 0), person(4));
        same(jobs.holderOf(job, 1), person(6));
    }

    function test_R5_a_holder_that_missed_keeps_the_slot_when_nobody_waits() public {
        uint256 job = runningJob(terms());
        pass(61);
        rounds.close(job, 0, 0);
        same(jobs.holderOf(job, 0), person(1));
        same(jobs.holderOf(job, 1), person(2));
    }

    function test_R8_reputation_weighs_against_price() public {
        uint256 job = runningJob(terms());
        for (uint32 round; round < 3; ++round) {
            // Persons 1 and 2 miss nothing; person 1's work is paid and gains reputation.
            commitAll(job, round);
            closeAndDraw(job, round);
            auditHonestly(job, round, 0);
            auditHonestly(job, round, 1);
            settle(job, round);
            postNext(job, round + 1);
        }
        same(jobs.reputationOf(person(1)), 103);
        JobTerms memory it = terms();
        it.slots = 1;
        it.rounds = 1;
        uint256 next = post(it);
        bid(next, person(3), 1e18);
        bid(next, person(4), 1e18);
        bid(next, person(1), 1.02e18);
        pass(61);
        rounds.close(next, 0, 0);
        // 1.02 / 103 is less than 1 / 100, though person 4 came first.
        same(jobs.holderOf(next, 0), person(1));
    }

    function test_withdrawing_unlocks_stake_only_when_work_is_settled() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        vm.prank(person(1));
        jobs.withdrawBid(job);
        same(jobs.holderOf(job, 0), address(0));
        same(lockedOf(person(1)), 20e18);
        closeAndDraw(job, 0);
        auditHonestly(job, 0, 0);
        settle(job, 0);
        same(lockedOf(person(1)), 0);
        same(creditOf(person(1)), 1e18);
        vm.prank(person(1));
        vm.expectRevert(abi.encodeWithSelector(Jobs.NoBid.selector, job, person(1)));
        jobs.withdrawBid(job);
    }

    function test_a_returning_bidder_uses_the_stake_that_is_still_locked() public {
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        vm.prank(person(1));
        jobs.withdrawBid(job);
        bid(job, person(1), 1e18);
        same(lockedOf(person(1)), 20e18);
    }

    function testFuzz_R8_the_best_of_random_bids_takes_the_slot(uint64 seed) public {
        JobTerms memory it = terms();
        it.slots = 1;
        uint256 job = runningJob(it);
        uint256 best;
        uint256 bestPrice = type(uint256).max;
        for (uint256 k = 2; k < 7; ++k) {
            uint88 priceWei = uint88(uint256(keccak256(abi.encode(seed, k))) % 2e18);
            bid(job, person(k), priceWei);
            if (priceWei < bestPrice) (best, bestPrice) = (k, priceWei);
        }
        pass(61);
        rounds.close(job, 0, 0);
        same(jobs.holderOf(job, 0), person(best));
    }

    function test_only_modules_move_money() public {
        vm.expectRevert();
        vault.pay(1, address(this), 1);
        vm.expectRevert();
        vault.slash(person(1), 1);
        vm.expectRevert();
        jobs.penalise(1, person(1));
        vm.expectRevert();
        jobs.turnOver(1, 0, 1);
        vm.expectRevert();
        rounds.start(1, 0, 0);
        vm.expectRevert();
        audits.begin(1, 0, 1);
        vm.expectRevert();
        audits.dismissAll(1);
        vm.expectRevert();
        challenges.openByAudit(1, 0, 0, 0, person(1), 1, 0, 0);
    }
}
