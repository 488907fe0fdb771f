// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Audit, AuditPhase, Challenge, ChallengePhase, Commitment, JobPhase, JobTerms} from "../src/JobTypes.sol";
import {Setting} from "./Setting.sol";
import {vm} from "./Vm.sol";

/// @dev Walks jobs at random, honest and hostile moves mixed; a move that the contracts refuse changes nothing.
contract Walker is Setting {
    uint256 public job;
    uint256 public finished;

    constructor() {
        setUpContracts();
    }

    /// @dev Every wei that was given out must be somewhere it can be named.
    function missing() external view returns (int256) {
        uint256 named = sumOf(TREASURY) + vault.burnedWei();
        for (uint256 k; k < PEOPLE; ++k) named += sumOf(person(k));
        for (uint256 id = 1; id <= jobs.jobCount(); ++id) named += vault.escrowOf(id);
        return int256(token.balanceOf(address(vault))) - int256(named);
    }

    /// @dev Outside and inside of the vault together, too.
    function total() external view returns (uint256 sum) {
        sum = token.balanceOf(address(vault)) + token.balanceOf(TREASURY);
        for (uint256 k; k < PEOPLE; ++k) sum += token.balanceOf(person(k));
    }

    function locked() external view returns (uint256 sum) {
        for (uint256 k; k < PEOPLE; ++k) sum += lockedOf(person(k));
    }

    function isOver() public view returns (bool) {
        JobPhase phase = jobs.phaseOf(job);
        return phase == JobPhase.None || phase == JobPhase.Finished || phase == JobPhase.Cancelled;
    }

    function act(uint256 seed) external {
        if (isOver()) {
            start(seed);
            return;
        }
        uint256 move = seed % 24;
        uint32 round = recentRound(seed >> 8);
        uint16 slot = uint16((seed >> 40) % jobs.termsOf(job).slots);
        address who = person((seed >> 56) % PEOPLE);
        if (move < 3) commitSomeone(round, slot, seed);
        else if (move == 3) rounds.close(job, rounds.currentOf(job), 0);
        else if (move == 4) drawNow(round, seed);
        else if (move == 5) pass(1 + (seed >> 64) % 90);
        else if (move < 9) auditMove(round, slot, seed);
        else if (move == 9) audits.claimSilence(job, round, slot, 0);
        else if (move == 10) rounds.settle(job, round, 0);
        else if (move == 11) postSome(who, seed);
        else if (move == 12) challengeSome(who, round, slot, seed);
        else if (move == 13) challenges.expire(1 + (seed >> 64) % challenges.challengeCount());
        else if (move > 19) disputeMove(move, who, round, slot, seed);
        else accountMove(move, who, seed);
    }

    /// @dev About the newest challenge that is open, or a new one.
    function disputeMove(uint256 move, address who, uint32 round, uint16 slot, uint256 seed) internal {
        uint256 id = challenges.challengeCount();
        if (id == 0 || challenges.challengeOf(id).phase != ChallengePhase.Open) {
            vm.prank(who);
            id = challenges.challengeCommitment(job, round, slot, 0, keccak256(abi.encode(seed)));
        }
        if (challenges.isStale(id)) challenges.conclude(id);
        else if (move == 20) play(id);
        else if (move == 21) proveSolverWrong(id);
        else if (move == 22) proveChallengerWrong(id);
        else endChallenge(id);
    }

    /// @dev Does whatever is left to do, until the job is over. Reverts where it never ends.
    function driveToTheEnd() external {
        if (jobs.phaseOf(job) == JobPhase.Recruiting) {
            vm.prank(requestor);
            jobs.cancel(job);
        }
        for (uint256 turn; !isOver(); ++turn) {
            require(turn < 200, "the job never ends");
            pass(200);
            uint32 all = rounds.closedOf(job);
            for (uint32 round; round < all; ++round) finishRound(round);
            for (uint256 id = 1; id <= challenges.challengeCount(); ++id) {
                if (challenges.challengeOf(id).phase == ChallengePhase.Open) endChallenge(id);
            }
            if (rounds.closedOf(job) < jobs.termsOf(job).rounds) {
                try rounds.close(job, rounds.currentOf(job), 0) {} catch {}
            } else {
                try jobs.finish(job) {} catch {}
            }
        }
    }

    function endChallenge(uint256 id) internal {
        uint256 started = challenges.challengeOf(id).game;
        if (started != 0 && game.winnerOf(started) == 0 && !challenges.isStale(id)) game.timeout(started);
        if (started != 0 || challenges.isStale(id)) challenges.conclude(id);
        else challenges.expire(id);
    }

    function finishRound(uint32 round) internal {
        (, uint64 pending) = audits.drawOf(job, round);
        if (pending != 0) {
            beaconOut(job, round, keccak256(abi.encode("late", round, block.timestamp)));
            try audits.draw(job, round, 0) {} catch {}
        }
        for (uint16 slot; slot < jobs.termsOf(job).slots; ++slot) {
            try audits.claimSilence(job, round, slot, 0) {} catch {}
        }
        try rounds.settle(job, round, 0) {} catch {}
    }

    function start(uint256 seed) internal {
        if (job != 0) ++finished;
        JobTerms memory it = terms();
        it.slots = uint8(1 + (seed >> 8) % 3);
        it.rounds = uint32(1 + (seed >> 16) % 4);
        it.auditRate = uint16((seed >> 24) % 10_001);
        it.receiptsNeeded = uint8((seed >> 48) % 2);
        it.bountyWei = uint128(it.slots) * it.rounds * 3e18 + uint128(seed >> 200);
        vm.prank(requestor);
        job = jobs.post(it, new address[](0));
        for (uint256 k = 1; k < 7; ++k) {
            vm.prank(person(k));
            jobs.placeBid(job, uint88(seed >> 100) % 2e18, 5000, 5000, 20e18);
        }
        for (uint256 k = 5; k < PEOPLE; ++k) {
            vm.prank(person(k));
            audits.enlist(job);
        }
    }

    function recentRound(uint256 seed) internal view returns (uint32) {
        uint32 current = rounds.currentOf(job);
        uint32 back = uint32(seed % 3);
        return current > back ? current - back : current;
    }

    function commitSomeone(uint32 round, uint16 slot, uint256 seed) internal {
        Commitment memory it = commitmentOf(job, round, slot);
        bytes[] memory receipts = new bytes[](1);
        receipts[0] = receiptOf(keyOf((seed >> 64) % PEOPLE), it);
        address actor = (seed >> 128) % 8 == 0 ? person((seed >> 72) % PEOPLE) : jobs.holderOf(job, slot);
        vm.prank(actor);
        rounds.commit(it, receipts);
    }

    function drawNow(uint32 round, uint256 seed) internal {
        (, uint64 pending) = audits.drawOf(job, round);
        if (pending != 0) beaconOut(job, round, keccak256(abi.encode(seed)));
        audits.draw(job, round, 0);
    }

    function auditMove(uint32 round, uint16 slot, uint256 seed) internal {
        AuditPhase phase = audits.auditOf(job, round, slot).phase;
        // Where nobody could be drawn there is nobody to act: only cheat codes can send from the zero address.
        if (audits.auditOf(job, round, slot).auditor == address(0)) return;
        bytes32 target = (uint256(keccak256(abi.encode(job, round, slot))) % 4 == 0) ? bytes32("lie") : targetOf(job, round, slot);
        if (phase == AuditPhase.Drawn) attest(job, round, slot, target);
        else if (phase == AuditPhase.Attested && seed >> 250 != 0) open(job, round, slot);
        else reveal(job, round, slot, target);
    }

    function postSome(address who, uint256 seed) internal {
        vm.prank(who);
        rounds.postNextRoot(job, rounds.closedOf(job), 0, keccak256(abi.encode(seed)));
    }

    function challengeSome(address who, uint32 round, uint16 slot, uint256 seed) internal {
        vm.prank(who);
        if (seed >> 255 == 0) challenges.challengeCommitment(job, round, slot, 0, keccak256(abi.encode(seed)));
        else challenges.challengeRoot(job, round, 0, keccak256(abi.encode(seed)));
    }

    function accountMove(uint256 move, address who, uint256 seed) internal {
        uint256 id = job;
        vm.startPrank(who);
        if (move == 14) jobs.withdrawBid(id);
        else if (move == 15) jobs.placeBid(id, uint88(seed >> 100) % 2e18, 5000, 5000, 20e18);
        else if (move == 16) audits.retire(id);
        else if (move == 17) audits.enlist(id);
        else if (move == 18) vault.claim(who);
        else if ((seed >> 70) % 2 == 0) vault.requestWithdraw(uint128((seed >> 80) % 5e18));
        else vault.withdraw();
        vm.stopPrank();
    }
}
