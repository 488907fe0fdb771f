// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Audits} from "./Audits.sol";
import {Challenges} from "./Challenges.sol";
import {Game} from "./court/Game.sol";
import {GameState} from "./court/GameTypes.sol";
import {Jobs} from "./Jobs.sol";
import {
    Audit,
    Bid,
    Challenge,
    ChallengePhase,
    GLOBAL_SLOT,
    JobPhase,
    JobTerms,
    Modules,
    Round,
    SlotRound,
    Strike
} from "./JobTypes.sol";
import {Rounds} from "./Rounds.sol";
import {Vault} from "./Vault.sol";

struct SlotReading {
    address holder;
    SlotRound record;
    Audit audit;
    bool due;
    uint32 openChallenges;
}

struct RoundReading {
    uint32 round;
    Round record;
    uint64 beaconTarget;
    uint64 pendingMask;
    SlotReading[] slots;
}

/// @param stale The work is struck or void. The rest is zero while nobody plays.
struct GameReading {
    bool stale;
    uint8 winner;
    uint8 phase;
    uint40 since;
    uint32 challengerLeft;
    uint32 defenderLeft;
}

struct JobReading {
    uint256 id;
    address requestor;
    JobPhase phase;
    JobTerms terms;
    uint32 round;
    uint32 closedRounds;
    uint256 escrowWei;
    Bid[] bids;
    uint32[] reputations;
    address[] auditors;
    address[] relays;
    uint256[] challengeIds;
    Challenge[] challenges;
    GameReading[] games;
    Strike[] strikes;
    /// Rounds are still to become void.
    bool rollingBack;
    bytes32 finalRoot;
    bool finishable;
    uint256 blockTime;
    RoundReading[] rounds;
}

struct AccountReading {
    uint256 balanceWei;
    uint256 stakedWei;
    uint256 lockedWei;
    uint256 creditWei;
    uint256 withdrawingWei;
    uint256 withdrawAt;
    address payout;
    uint32 reputation;
    uint256 gasWei;
}

/// @notice Whole snapshots in one call each. Holds nothing and changes nothing.
contract Lens {
    Vault public immutable vault;
    Jobs public immutable jobs;
    Rounds public immutable rounds;
    Audits public immutable audits;
    Challenges public immutable challenges;
    Game public immutable game;

    constructor(Modules memory modules) {
        vault = Vault(modules.vault);
        jobs = Jobs(modules.jobs);
        rounds = Rounds(modules.rounds);
        audits = Audits(modules.audits);
        challenges = Challenges(modules.challenges);
        game = Game(payable(modules.game));
    }

    /// @notice A job with its rounds from `firstRound` on, at most `maxRounds` of them.
    function readJob(uint256 job, uint32 firstRound, uint32 maxRounds) external view returns (JobReading memory it) {
        it.id = job;
        it.requestor = jobs.requestorOf(job);
        it.phase = jobs.phaseOf(job);
        it.terms = jobs.termsOf(job);
        it.round = rounds.currentOf(job);
        it.closedRounds = rounds.closedOf(job);
        it.escrowWei = vault.escrowOf(job);
        it.bids = jobs.bidsOf(job);
        it.reputations = new uint32[](it.bids.length);
        for (uint256 k; k < it.bids.length; ++k) {
            it.reputations[k] = jobs.reputationOf(it.bids[k].bidder);
        }
        it.auditors = audits.auditorsOf(job);
        it.relays = jobs.relaysOf(job);
        it.challengeIds = challenges.idsOf(job);
        it.challenges = new Challenge[](it.challengeIds.length);
        it.games = new GameReading[](it.challengeIds.length);
        for (uint256 k; k < it.challengeIds.length; ++k) {
            it.challenges[k] = challenges.challengeOf(it.challengeIds[k]);
            it.games[k] = _readGame(it.challengeIds[k], it.challenges[k]);
        }
        it.strikes = rounds.strikesOf(job);
        (it.rollingBack,) = rounds.rollingBack(job);
        it.finalRoot = rounds.roundOf(job, it.terms.rounds).globalRoot;
        it.finishable = it.phase == JobPhase.Running && it.closedRounds == it.terms.rounds
            && jobs.unsettledOf(job) == 0 && challenges.openIn(job) == 0
            && block.timestamp >= rounds.finalRootUntil(job);
        it.blockTime = block.timestamp;
        if (it.phase == JobPhase.None || firstRound > it.round) return it;
        uint32 count = it.round - firstRound + 1;
        if (count > maxRounds) count = maxRounds;
        it.rounds = new RoundReading[](count);
        for (uint32 k; k < count; ++k) {
            it.rounds[k] = _readRound(job, firstRound + k, it.terms.slots);
        }
    }

    function readAccount(address account) external view returns (AccountReading memory it) {
        Vault.Account memory vaulted = vault.accountOf(account);
        it.balanceWei = IERC20(address(vault.token())).balanceOf(account);
        it.stakedWei = uint256(vaulted.freeWei) + vaulted.lockedWei;
        it.lockedWei = vaulted.lockedWei;
        it.creditWei = vaulted.creditWei;
        it.withdrawingWei = vaulted.withdrawingWei;
        it.withdrawAt = vaulted.withdrawAt;
        it.payout = vault.payoutOf(account);
        it.reputation = jobs.reputationOf(account);
        it.gasWei = account.balance;
    }

    function _readGame(uint256 id, Challenge memory challenge) internal view returns (GameReading memory it) {
        it.stale = challenges.isStale(id);
        if (challenge.game == 0) return it;
        GameState memory state = game.gameOf(challenge.game);
        (it.winner, it.phase, it.since) = (state.winner, state.phase, state.since);
        (it.challengerLeft, it.defenderLeft) = (state.challengerLeft, state.defenderLeft);
    }

    function _readRound(uint256 job, uint32 round, uint8 slots) internal view returns (RoundReading memory it) {
        it.round = round;
        it.record = rounds.roundOf(job, round);
        (it.beaconTarget, it.pendingMask) = audits.drawOf(job, round);
        it.slots = new SlotReading[](slots);
        for (uint16 slot; slot < slots; ++slot) {
            SlotReading memory one = it.slots[slot];
            one.record = rounds.slotRoundOf(job, round, slot);
            one.holder = one.record.solver;
            if (one.holder == address(0) && it.record.closedAt == 0) one.holder = jobs.holderOf(job, slot);
            one.audit = audits.auditOf(job, round, slot);
            (one.due,) = rounds.dueOf(job, round, slot);
            (one.openChallenges,) = challenges.stateOf(job, round, slot);
        }
    }
}
