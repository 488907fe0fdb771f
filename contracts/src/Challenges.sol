// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Game} from "./court/Game.sol";
import {Docket, JobFacts} from "./court/Docket.sol";
import {GameSetting, NO_SEGMENT, OUTER_STEPS, ROUND_STEPS} from "./court/GameTypes.sol";
import {IChallenges} from "./Interfaces.sol";
import {Challenge, ChallengePhase, GLOBAL_SLOT, Modules, Round, SlotPhase, SlotRound, Timing} from "./JobTypes.sol";
import {Module} from "./Module.sol";

/// @notice Disagreements, bonded, and what follows from how their games end (SPEC D12, A6 to A8). Nobody votes.
/// @dev A challenge is opened, then played by its challenger (`play`) in the game, then concluded by anyone. All run side by
/// side; a slot's pay is held while one is open.
contract Challenges is Module, IChallenges {
    int32 internal constant RIGHT_REPUTATION = 10;
    int32 internal constant WRONG_REPUTATION = 50;
    int32 internal constant FALSE_ROOT_REPUTATION = 1000;

    /// Of the challenger before it plays, and of each side's clock in the game (D10).
    uint32 public immutable challengeSeconds;
    uint32 public immutable windowSeconds;

    struct Held {
        uint32 open;
        bool cleared;
    }

    uint256 public challengeCount;
    mapping(uint256 id => Challenge) internal challengeAt;
    mapping(uint256 job => uint256[]) internal idsOf_;
    mapping(uint256 job => uint32) public openIn;
    /// @dev By job, round, slot and generation: what is struck or void makes room for other work.
    mapping(bytes32 key => Held) internal heldOf;
    mapping(bytes32 key => mapping(address challenger => bool)) internal isChallenging;
    mapping(uint256 job => mapping(uint32 round => uint32)) internal roundGeneration;
    mapping(uint256 job => mapping(uint32 round => mapping(uint16 slot => uint32))) internal slotGeneration;
    /// @dev Open ones about work that stands: all, and by round.
    mapping(uint256 job => uint256) internal openSlots;
    mapping(uint256 job => mapping(uint32 round => uint256)) internal openOn;

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
    event ChallengePlayed(
        uint256 indexed id, uint256 indexed job, uint32 indexed round, uint16 slot, uint256 game, address defender
    );
    event ChallengeDecided(
        uint256 indexed id,
        uint256 indexed job,
        uint32 indexed round,
        uint16 slot,
        ChallengePhase phase,
        address challenger,
        address defender
    );
    /// @param feeWei To the auditor of the slot. @param rewardWei To the challenger. @param restoredWei To the job's escrow,
    /// for what is trained again. @param burnedWei To nobody.
    event SolverSlashed(
        uint256 indexed id,
        uint256 indexed job,
        address indexed solver,
        address auditor,
        uint256 feeWei,
        uint256 rewardWei,
        uint256 restoredWei,
        uint256 burnedWei
    );

    error NothingToChallenge(uint256 job, uint32 round, uint16 slot);
    error ChallengeWindowOver(uint256 until, uint256 nowAt);
    error SameClaim(bytes32 committed);
    error AlreadyChallenging(uint256 job, uint32 round, uint16 slot);
    error ChallengeNotOpen(uint256 id);
    error ChallengeNotExpired(uint256 id, uint256 expiresAt, uint256 nowAt);
    error NotChallenger(address challenger, address caller);
    error NotPlayable(uint256 id);
    error GameNotOver(uint256 id, uint256 game);

    constructor(Modules memory modules, Timing memory timing) Module(modules) {
        challengeSeconds = timing.challengeSeconds;
        windowSeconds = timing.windowSeconds;
    }

    // ---- actors

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
        return _openBonded(job, round, slot, claimed, it.proposalRoot, it.solver);
    }

    /// @notice Anyone with the bond disputes the posted root of a round, until that round has closed and its window has passed (R6).
    function challengeRoot(uint256 job, uint32 round, uint16 stage, bytes32 claimed)
        external
        stageZero(stage)
        returns (uint256)
    {
        jobs.requireRunning(job);
        Round memory it = rounds.roundOf(job, round);
        if (round == 0 || it.globalRoot == 0 || !it.bondHeld) revert NothingToChallenge(job, round, GLOBAL_SLOT);
        if (claimed == it.globalRoot) revert SameClaim(claimed);
        if (it.closedAt != 0) _requireBefore(uint256(it.closedAt) + windowSeconds);
        // The root after the last round never closes: it has a window instead.
        (uint32 all,,) = jobs.roundTermsOf(job);
        if (round == all) _requireBefore(uint256(it.postedAt) + windowSeconds);
        return _openBonded(job, round, GLOBAL_SLOT, claimed, it.globalRoot, it.poster);
    }

    /// @notice The challenger begins the game about a slot's work. Until then only its own silence ends the challenge.
    /// @dev An audit has shown that its segment ends otherwise; where the fault begins, the game finds (D6 1).
    /// @param path Of the job's facts in the docket (D1).
    function play(uint256 id, JobFacts calldata facts, bytes32[] calldata path) external {
        Challenge storage it = _openAt(id);
        address actor = _msgSender();
        if (actor != it.challenger && vault.delegateOf(it.challenger) != actor) revert NotChallenger(it.challenger, actor);
        if (it.game != 0 || it.slot == GLOBAL_SLOT || _isStale(it)) revert NotPlayable(id);
        SlotRound memory committed = rounds.slotRoundOf(it.job, it.round, it.slot);
        uint256 started = Game(payable(game)).open(
            GameSetting({
                docketRoot: jobs.docketRootOf(it.job),
                globalRoot: rounds.roundOf(it.job, it.round).globalRoot,
                checkpointsRoot: committed.checkpointsRoot,
                endRoot: committed.proposalRoot,
                steps: ROUND_STEPS,
                counted: 0,
                endRound: 0,
                round: it.round,
                slot: it.slot,
                segment: NO_SEGMENT,
                clockSeconds: challengeSeconds,
                challenger: it.challenger,
                defender: it.defender,
                // The challenge's bond and the slot's stake stand for the sides from the beginning.
                bondWei: 0,
                defenderBondWei: 0
            }),
            facts,
            path
        );
        it.game = uint64(started);
        // Of the last segment an audit compares the delta too (A3): it may be nothing but that.
        bool isLast = uint256(it.segment) + 1 == facts.stepsPerRound / facts.checkpointEvery;
        if (it.byAudit && !isLast) Game(payable(game)).narrow(started, it.segment + 1);
        emit ChallengePlayed(id, it.job, it.round, it.slot, started, it.defender);
    }

    /// @notice The challenger begins the game about a posted root: the outer step is played like the steps of a slot (D6 10).
    /// @param path Of the job's facts in the docket (D1). @param outer Facts of the outer step's Program, with their path.
    function playRoot(
        uint256 id,
        JobFacts calldata facts,
        bytes32[] calldata path,
        JobFacts calldata outer,
        bytes32[] calldata outerPath
    ) external {
        Challenge storage it = _openAt(id);
        if (_msgSender() != it.challenger) revert NotChallenger(it.challenger, _msgSender());
        if (it.game != 0 || it.slot != GLOBAL_SLOT || _isStale(it)) revert NotPlayable(id);
        Docket.requireJob(jobs.docketRootOf(it.job), facts, path);
        // A round without a root has counted nothing (R5): its G is made of what the round before it counted.
        uint32 base = it.round - 1;
        while (rounds.roundOf(it.job, base).globalRoot == 0) --base;
        (bytes32 proposalsRoot, uint16 counted) = rounds.proposalsOf(it.job, base);
        GameSetting memory setting;
        (setting.docketRoot, setting.endRoot, setting.checkpointsRoot) = (facts.outerDocket, it.committed, proposalsRoot);
        setting.globalRoot = rounds.roundOf(it.job, base).globalRoot;
        // G_r is of no slot (H4).
        (setting.round, setting.endRound, setting.slot, setting.segment) = (base, it.round, type(uint32).max, NO_SEGMENT);
        (setting.clockSeconds, setting.steps, setting.counted) = (challengeSeconds, OUTER_STEPS, counted);
        (setting.challenger, setting.defender) = (it.challenger, it.defender);
        it.game = uint64(Game(payable(game)).open(setting, outer, outerPath));
        emit ChallengePlayed(id, it.job, it.round, it.slot, it.game, it.defender);
    }

    /// @notice Not played in time: silence loses, the bond is the defender's. Anyone may call it.
    function expire(uint256 id) external {
        Challenge storage it = _openAt(id);
        if (it.game != 0) revert GameNotOver(id, it.game);
        if (block.timestamp < it.expiresAt) revert ChallengeNotExpired(id, it.expiresAt, block.timestamp);
        if (_isStale(it)) _moot(id, it);
        else _refute(id, it);
    }

    /// @notice Draws the consequences of a game that is over, or of work that another has settled first (D11, D12). Anyone
    /// may call it.
    function conclude(uint256 id) external {
        Challenge storage it = _openAt(id);
        if (_isStale(it)) return _moot(id, it);
        uint8 winner = it.game == 0 ? 0 : Game(payable(game)).winnerOf(it.game);
        if (winner == 0) revert GameNotOver(id, it.game);
        if (winner == 1) it.slot == GLOBAL_SLOT ? _upholdRoot(id, it) : _uphold(id, it);
        else _refute(id, it);
    }

    // ---- modules

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
        Challenge memory it;
        (it.job, it.round, it.slot, it.segment, it.byAudit) = (job, round, slot, segment, true);
        (it.challenger, it.bondWei, it.claimed, it.committed) = (auditor, bondWei, claimed, committed);
        it.defender = rounds.slotRoundOf(job, round, slot).solver;
        _open(it);
    }

    /// @notice All work of a round is void: what is open about it is moot.
    function voidRound(uint256 job, uint32 round) external onlyModule {
        openSlots[job] -= openOn[job][round];
        openOn[job][round] = 0;
        ++roundGeneration[job][round];
    }

    // ---- views

    function challengeOf(uint256 id) external view returns (Challenge memory) {
        return challengeAt[id];
    }

    function idsOf(uint256 job) external view returns (uint256[] memory) {
        return idsOf_[job];
    }

    /// @notice Whether the challenge is about work that is struck or void: `conclude` gives everyone its bond back.
    function isStale(uint256 id) external view returns (bool) {
        return _isStale(challengeAt[id]);
    }

    function stateOf(uint256 job, uint32 round, uint16 slot) external view returns (uint32, bool) {
        Held memory it = heldOf[_key(job, round, slot, _generation(job, round, slot))];
        return (it.open, it.cleared);
    }

    /// @notice Open challenges in rounds that `round` must not close before (R7).
    function openBehind(uint256 job, uint32 round) external view returns (uint256) {
        return openSlots[job] - openOn[job][round] - (round == 0 ? 0 : openOn[job][round - 1]);
    }

    // ---- inside

    /// @dev The solver is proven wrong (A8): its stake pays auditor, challenger and what is trained again; the rest is
    /// nobody's. The slot's commitment is struck, and what was built on it is void.
    function _uphold(uint256 id, Challenge storage it) internal {
        (uint256 job, uint32 round, uint16 slot) = (it.job, it.round, it.slot);
        address solver = it.defender;
        _close(id, it, ChallengePhase.SolverWrong);
        openSlots[job] -= heldOf[_keyOf(it)].open;
        openOn[job][round] -= heldOf[_keyOf(it)].open;
        ++slotGeneration[job][round][slot];
        uint128 stakeWei = jobs.seize(job, round, slot, solver);
        (uint256 redoWei, address auditor) = rounds.strike(job, round, slot);
        uint128 feeWei = auditor == address(0) ? 0 : _least(stakeWei, jobs.auditTermsOf(job).auditFeeWei);
        _giveOut(id, it, solver, auditor, stakeWei, feeWei, redoWei);
    }

    /// @dev The poster is proven wrong (A8): what it bonded goes the way of a stake, the root is struck, and what was built on it void.
    function _upholdRoot(uint256 id, Challenge storage it) internal {
        uint88 bondWei = jobs.bondWeiOf(it.job);
        _close(id, it, ChallengePhase.SolverWrong);
        (address poster, uint256 redoWei) = rounds.strikeRoot(it.job, it.round);
        jobs.changeReputation(poster, -FALSE_ROOT_REPUTATION);
        _giveOut(id, it, poster, address(0), bondWei, 0, redoWei);
    }

    function _giveOut(
        uint256 id,
        Challenge storage it,
        address solver,
        address auditor,
        uint128 stakeWei,
        uint128 feeWei,
        uint256 redoWei
    ) internal {
        uint128 rewardWei = (stakeWei - feeWei) / 2;
        uint128 restoredWei = _least(stakeWei - feeWei - rewardWei, redoWei);
        uint128 burnedWei = stakeWei - feeWei - rewardWei - restoredWei;
        vault.forfeit(solver, auditor, feeWei, 0);
        vault.forfeit(solver, it.challenger, rewardWei, burnedWei);
        vault.restore(it.job, solver, restoredWei);
        emit SolverSlashed(id, it.job, solver, auditor, feeWei, rewardWei, restoredWei, burnedWei);
        vault.unlock(it.challenger, it.bondWei);
        jobs.changeReputation(it.challenger, RIGHT_REPUTATION);
    }

    /// @dev The challenger is proven wrong, or was silent: its bond is the defender's, and the pay is free.
    function _refute(uint256 id, Challenge storage it) internal {
        if (it.byAudit) heldOf[_keyOf(it)].cleared = true;
        _close(id, it, ChallengePhase.ChallengerWrong);
        vault.forfeit(it.challenger, it.defender, it.bondWei, 0);
        jobs.changeReputation(it.challenger, -WRONG_REPUTATION);
    }

    function _moot(uint256 id, Challenge storage it) internal {
        _close(id, it, ChallengePhase.Moot);
        if (it.game != 0) Game(payable(game)).callOff(it.game);
        vault.unlock(it.challenger, it.bondWei);
    }

    function _openBonded(
        uint256 job,
        uint32 round,
        uint16 slot,
        bytes32 claimed,
        bytes32 committed,
        address defender
    ) internal returns (uint256) {
        Challenge memory it;
        (it.job, it.round, it.slot) = (job, round, slot);
        (it.challenger, it.bondWei, it.defender) = (_msgSender(), jobs.bondWeiOf(job), defender);
        (it.claimed, it.committed) = (claimed, committed);
        vault.lock(it.challenger, it.bondWei);
        return _open(it);
    }

    function _open(Challenge memory it) internal returns (uint256 id) {
        rounds.requireSteady(it.job);
        id = ++challengeCount;
        it.phase = ChallengePhase.Open;
        it.generation = _generation(it.job, it.round, it.slot);
        it.expiresAt = uint40(block.timestamp + challengeSeconds);
        challengeAt[id] = it;
        bytes32 key = _key(it.job, it.round, it.slot, it.generation);
        if (!it.byAudit && isChallenging[key][it.challenger]) revert AlreadyChallenging(it.job, it.round, it.slot);
        isChallenging[key][it.challenger] = true;
        idsOf_[it.job].push(id);
        ++openIn[it.job];
        ++heldOf[key].open;
        ++openSlots[it.job];
        ++openOn[it.job][it.round];
        emit ChallengeOpened(id, it.job, it.round, it.slot, it.challenger, it.claimed, it.committed, it.bondWei);
    }

    function _close(uint256 id, Challenge storage it, ChallengePhase phase) internal {
        bytes32 key = _keyOf(it);
        it.phase = phase;
        isChallenging[key][it.challenger] = false;
        --openIn[it.job];
        --heldOf[key].open;
        if (!_isStale(it)) {
            --openSlots[it.job];
            --openOn[it.job][it.round];
        }
        emit ChallengeDecided(id, it.job, it.round, it.slot, phase, it.challenger, it.defender);
    }

    function _openAt(uint256 id) internal view returns (Challenge storage it) {
        it = challengeAt[id];
        if (it.phase != ChallengePhase.Open) revert ChallengeNotOpen(id);
    }

    /// @dev Only ever grows.
    function _generation(uint256 job, uint32 round, uint16 slot) internal view returns (uint32) {
        return roundGeneration[job][round] + slotGeneration[job][round][slot];
    }

    function _isStale(Challenge storage it) internal view returns (bool) {
        return it.generation != _generation(it.job, it.round, it.slot);
    }

    function _keyOf(Challenge storage it) internal view returns (bytes32) {
        return _key(it.job, it.round, it.slot, it.generation);
    }

    function _key(uint256 job, uint32 round, uint16 slot, uint32 generation) internal pure returns (bytes32) {
        return keccak256(abi.encode(job, round, slot, generation));
    }

    function _least(uint256 a, uint256 b) internal pure returns (uint128) {
        return uint128(a < b ? a : b);
    }

    function _requireBefore(uint256 until) internal view {
        if (block.timestamp >= until) revert ChallengeWindowOver(until, block.timestamp);
    }
}
