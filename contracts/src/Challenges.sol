// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IChallenges} from "./Interfaces.sol";
import {Challenge, ChallengePhase, GLOBAL_SLOT, Modules, Round, SlotPhase, SlotRound, Timing} from "./JobTypes.sol";
import {Module} from "./Module.sol";

/// @notice Disagreements, bonded. Nobody votes: a challenge that no game decides expires and refunds everyone (A7).
/// @dev Open -> Unresolved, by `expire`. `_close` is the only way out of Open, so a game that decides adds its own
/// phases and calls it with them. All challenges run side by side; a slot's pay is held while one is open.
contract Challenges is Module, IChallenges {
    uint32 public immutable challengeSeconds;
    uint32 public immutable windowSeconds;

    struct Held {
        uint32 open;
        bool unresolved;
    }

    uint256 public challengeCount;
    mapping(uint256 id => Challenge) internal challengeAt;
    mapping(uint256 job => uint256[]) internal idsOf_;
    mapping(uint256 job => uint32) public openIn;
    mapping(uint256 job => mapping(uint32 round => mapping(uint16 slot => Held))) internal heldOf;

    event ChallengeOpened(
        uint256 indexed id,
        uint256 indexed job,
        uint32 indexed round,
        uint16 slot,
        address challenger,
        bytes32 claimed,
        bytes32 committed,
        uint256 bondWei
    );
    event ChallengeExpired(uint256 indexed id, uint256 indexed job, uint32 indexed round, uint16 slot);

    error NothingToChallenge(uint256 job, uint32 round, uint16 slot);
    error ChallengeWindowOver(uint256 until, uint256 nowAt);
    error SameClaim(bytes32 committed);
    error ChallengeNotOpen(uint256 id);
    error ChallengeNotExpired(uint256 id, uint256 expiresAt, uint256 nowAt);

    constructor(Modules memory modules, Timing memory timing) Module(modules) {
        challengeSeconds = timing.challengeSeconds;
        windowSeconds = timing.windowSeconds;
    }

    /// @notice Anyone with the bond disputes a committed proposal root, until its window has passed.
    /// @param claimed The proposal root that the caller's own replay gives.
    function challengeCommitment(uint256 job, uint32 round, uint16 slot, uint16 stage, bytes32 claimed)
        external
        stageZero(stage)
        returns (uint256)
    {
        jobs.requireRunning(job);
        SlotRound memory it = rounds.slotRoundOf(job, round, slot);
        if (it.phase != SlotPhase.Committed) revert NothingToChallenge(job, round, slot);
        if (claimed == it.proposalRoot) revert SameClaim(claimed);
        uint40 closedAt = rounds.roundOf(job, round).closedAt;
        if (closedAt != 0) _requireBefore(uint256(closedAt) + windowSeconds);
        return _openBonded(job, round, slot, claimed, it.proposalRoot);
    }

    /// @notice Anyone with the bond disputes the posted root of a round, until that round closes (R6).
    function challengeRoot(uint256 job, uint32 round, uint16 stage, bytes32 claimed)
        external
        stageZero(stage)
        returns (uint256)
    {
        jobs.requireRunning(job);
        Round memory it = rounds.roundOf(job, round);
        if (round == 0 || it.globalRoot == 0) revert NothingToChallenge(job, round, GLOBAL_SLOT);
        if (claimed == it.globalRoot) revert SameClaim(claimed);
        if (it.closedAt != 0) revert ChallengeWindowOver(it.closedAt, block.timestamp);
        // The root after the last round never closes: it has a window instead.
        (uint32 all,,) = jobs.roundTermsOf(job);
        if (round == all) _requireBefore(uint256(it.postedAt) + windowSeconds);
        return _openBonded(job, round, GLOBAL_SLOT, claimed, it.globalRoot);
    }

    /// @notice Undecided in time: bonds go back, and the slot's pay to the job's escrow (A7). Anyone may call it.
    function expire(uint256 id) external {
        Challenge storage it = challengeAt[id];
        if (it.phase != ChallengePhase.Open) revert ChallengeNotOpen(id);
        if (block.timestamp < it.expiresAt) revert ChallengeNotExpired(id, it.expiresAt, block.timestamp);
        heldOf[it.job][it.round][it.slot].unresolved = true;
        emit ChallengeExpired(id, it.job, it.round, it.slot);
        _close(it, ChallengePhase.Unresolved);
        vault.unlock(it.challenger, it.bondWei);
        if (it.slot == GLOBAL_SLOT) rounds.releaseBond(it.job, it.round);
    }

    /// @notice An auditor's reveal differs from what was opened (A6): its audit bond stands behind it.
    function openByAudit(
        uint256 job,
        uint32 round,
        uint16 slot,
        uint16 segment,
        address auditor,
        uint88 bondWei,
        bytes32 claimed,
        bytes32 committed
    ) external onlyModule {
        uint256 id = _open(job, round, slot, auditor, bondWei, claimed, committed);
        challengeAt[id].byAudit = true;
        challengeAt[id].segment = segment;
    }

    function challengeOf(uint256 id) external view returns (Challenge memory) {
        return challengeAt[id];
    }

    function idsOf(uint256 job) external view returns (uint256[] memory) {
        return idsOf_[job];
    }

    function stateOf(uint256 job, uint32 round, uint16 slot) external view returns (uint32 openOn, bool unresolved) {
        Held memory it = heldOf[job][round][slot];
        return (it.open, it.unresolved);
    }

    function _openBonded(uint256 job, uint32 round, uint16 slot, bytes32 claimed, bytes32 committed)
        internal
        returns (uint256)
    {
        address challenger = _msgSender();
        uint88 bondWei = jobs.bondWeiOf(job);
        vault.lock(challenger, bondWei);
        return _open(job, round, slot, challenger, bondWei, claimed, committed);
    }

    function _open(
        uint256 job,
        uint32 round,
        uint16 slot,
        address challenger,
        uint88 bondWei,
        bytes32 claimed,
        bytes32 committed
    ) internal returns (uint256 id) {
        id = ++challengeCount;
        Challenge storage it = challengeAt[id];
        it.job = job;
        it.round = round;
        it.slot = slot;
        it.phase = ChallengePhase.Open;
        it.expiresAt = uint40(block.timestamp + challengeSeconds);
        it.challenger = challenger;
        it.bondWei = bondWei;
        it.claimed = claimed;
        it.committed = committed;
        idsOf_[job].push(id);
        ++openIn[job];
        ++heldOf[job][round][slot].open;
        emit ChallengeOpened(id, job, round, slot, challenger, claimed, committed, bondWei);
    }

    function _close(Challenge storage it, ChallengePhase phase) internal {
        it.phase = phase;
        --openIn[it.job];
        --heldOf[it.job][it.round][it.slot].open;
    }

    function _requireBefore(uint256 until) internal view {
        if (block.timestamp >= until) revert ChallengeWindowOver(until, block.timestamp);
    }
}
