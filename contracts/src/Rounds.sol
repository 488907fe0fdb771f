// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IRounds} from "./Interfaces.sol";
import {Commitment, GLOBAL_SLOT, Modules, Round, SlotPhase, SlotRound, Strike, Timing} from "./JobTypes.sol";
import {Module} from "./Module.sol";
import {NodeWalk} from "./court/NodeWalk.sol";

/// @notice Rounds of running jobs: commitments, closing, the next global root, and pay (SPEC R, S1).
contract Rounds is Module, EIP712, IRounds {
    /// @dev K of R7.
    uint32 public constant ROUNDS_AHEAD = 2;
    bytes32 public constant RECEIPT_TYPEHASH = keccak256(
        "Receipt(uint256 job,uint32 round,uint16 slot,uint16 stage,bytes32 proposalRoot,bytes32 deltaHash)"
    );

    uint32 public immutable windowSeconds;

    /// @dev After a strike rounds become void from the newest down, until `backTo` less one is the newest.
    struct Progress {
        uint32 current;
        uint32 closed;
        uint32 backTo;
        /// The oldest round whose root may still be bonded.
        uint32 bondsFrom;
        /// Its root was proven wrong: the round that goes back to becomes void itself, and waits for another root.
        bool rootStruck;
    }

    mapping(uint256 job => Progress) internal progressOf;
    mapping(uint256 job => Strike[]) internal strikesOf_;
    /// @dev Posted a false root in this job: no more of its roots are taken.
    mapping(uint256 job => mapping(address poster => bool)) internal isBarred;
    mapping(uint256 job => mapping(uint32 round => Round)) internal roundsOf;
    mapping(uint256 job => mapping(uint32 round => mapping(uint16 slot => SlotRound))) internal slotsOf;

    event RoundOpened(uint256 indexed job, uint32 indexed round, uint256 deadline);
    event Committed(
        uint256 indexed job,
        uint32 indexed round,
        uint16 indexed slot,
        address solver,
        bytes32 checkpointsRoot,
        bytes32 proposalRoot,
        bytes32 deltaHash,
        address[] keepers
    );
    event RoundClosed(uint256 indexed job, uint32 indexed round, uint64 countedMask, uint64 missedMask);
    event NextRootPosted(uint256 indexed job, uint32 indexed round, address indexed poster, bytes32 globalRoot, uint256 bondWei);
    event RootBondReleased(uint256 indexed job, uint32 indexed round, address indexed poster);
    event SlotPaid(uint256 indexed job, uint32 indexed round, uint16 indexed slot, address solver, uint256 payWei);
    event SlotStruck(uint256 indexed job, uint32 indexed round, uint16 indexed slot, address solver);
    event RoundVoided(uint256 indexed job, uint32 indexed round);
    event RolledBack(uint256 indexed job, uint32 indexed round);
    event SlotUnpaid(uint256 indexed job, uint32 indexed round, uint16 indexed slot, address solver);

    error RootNotPosted(uint256 job, uint32 round);
    error WrongRound(uint256 job, uint32 round, uint32 current);
    error WrongGlobalRoot(bytes32 posted, bytes32 given);
    error TooLate(uint256 deadline, uint256 nowAt);
    error AlreadyCommitted(uint256 job, uint32 round, uint16 slot);
    error TooFewReceipts(uint256 counted, uint256 needed);
    error TooManyReceipts(uint256 given, uint256 limit);
    error ZeroHash();
    error RoundNotDue(uint256 job, uint32 round, uint256 deadline, uint256 nowAt);
    error AlreadyClosed(uint256 job, uint32 round);
    error NotClosed(uint256 job, uint32 round);
    error AuditsUndecided(uint256 job, uint32 round, uint256 count);
    error RootAlreadyPosted(uint256 job, uint32 round, bytes32 posted);
    error NotAPoster(uint256 job, address caller);
    error ChallengesOpen(uint256 job, uint32 round, uint256 count);
    error RollingBack(uint256 job, uint32 round);
    error NothingToRollBack(uint256 job);
    error NothingDue(uint256 job, uint32 round);
    error RoundsLeft(uint256 job, uint32 closed, uint32 all);
    error FinalRootTooYoung(uint256 job, uint256 until);

    constructor(Modules memory modules, Timing memory timing) Module(modules) EIP712("Tutti", "1") {
        windowSeconds = timing.windowSeconds;
    }

    // ---- actors

    /// @notice A slot's round, committed by its holder before the deadline, with receipts of keepers (R2, R3).
    /// @dev Receipts of accounts that are not keepers, of the holder itself, or repeated, do not count.
    function commit(Commitment calldata given, bytes[] calldata receipts) external stageZero(given.stage) {
        jobs.requireRunning(given.job);
        requireSteady(given.job);
        uint32 current = progressOf[given.job].current;
        Round storage round = roundsOf[given.job][given.round];
        if (round.closedAt != 0) revert AlreadyClosed(given.job, given.round);
        if (given.round != current) revert WrongRound(given.job, given.round, current);
        if (round.globalRoot == 0) revert RootNotPosted(given.job, given.round);
        if (block.timestamp > round.deadline) revert TooLate(round.deadline, block.timestamp);
        if (round.globalRoot != given.globalRoot) revert WrongGlobalRoot(round.globalRoot, given.globalRoot);
        if (given.checkpointsRoot == 0 || given.proposalRoot == 0 || given.deltaHash == 0) revert ZeroHash();
        SlotRound storage slot = slotsOf[given.job][given.round][given.slot];
        if (slot.phase != SlotPhase.Open) revert AlreadyCommitted(given.job, given.round, given.slot);
        address solver = _msgSender();
        slot.payWei = jobs.takeCommit(given.job, given.slot, solver);
        slot.solver = solver;
        slot.phase = SlotPhase.Committed;
        slot.checkpointsRoot = given.checkpointsRoot;
        slot.proposalRoot = given.proposalRoot;
        slot.deltaHash = given.deltaHash;
        round.committedMask |= uint64(1) << given.slot;
        _announce(given, solver, _countReceipts(given, solver, receipts));
    }

    /// @notice Fixes which slots count (R5, R7). Anyone may call it.
    function close(uint256 job, uint32 round, uint16 stage) external stageZero(stage) {
        jobs.requireRunning(job);
        Round storage it = roundsOf[job][round];
        if (it.closedAt != 0) revert AlreadyClosed(job, round);
        requireSteady(job);
        if (round != currentOf(job)) revert WrongRound(job, round, currentOf(job));
        uint64 held = jobs.holdersMaskOf(job);
        uint64 counted = it.committedMask;
        bool complete = counted != 0 && held & ~counted == 0;
        if (!complete && block.timestamp <= it.deadline) revert RoundNotDue(job, round, it.deadline, block.timestamp);
        // Nobody honest works on a root that is false: a round that is not complete waits for the court.
        (uint32 onRoot,) = challenges.stateOf(job, round, GLOBAL_SLOT);
        if (!complete && onRoot != 0) revert ChallengesOpen(job, round, onRoot);
        if (round >= ROUNDS_AHEAD) {
            uint256 undecided = audits.undecidedOf(job, round - ROUNDS_AHEAD);
            if (undecided != 0) revert AuditsUndecided(job, round - ROUNDS_AHEAD, undecided);
            uint256 open = challenges.openBehind(job, round);
            if (open != 0) revert ChallengesOpen(job, round - ROUNDS_AHEAD, open);
        }
        it.closedAt = uint40(block.timestamp);
        uint64 missed = held & ~counted;
        _recordMissed(job, round, missed);
        emit RoundClosed(job, round, counted, missed);
        // Nobody could work on a root that was never posted: such a round costs no slot.
        jobs.turnOver(job, round, it.globalRoot == 0 ? 0 : missed);
        releaseBonds(job);
        audits.begin(job, round, counted);
        (uint32 all, uint32 roundSeconds,) = jobs.roundTermsOf(job);
        progressOf[job].closed = round + 1;
        if (round + 1 < all) {
            progressOf[job].current = round + 1;
            _open(job, round + 1, roundSeconds);
        }
    }

    /// @notice Posts the root of G_round, bonded; commitments of that round must name it (R6). The root after the
    /// last round may be posted too, so that the trained model stands on chain.
    function postNextRoot(uint256 job, uint32 round, uint16 stage, bytes32 globalRoot) external stageZero(stage) {
        jobs.requireRunning(job);
        if (globalRoot == 0) revert ZeroHash();
        requireSteady(job);
        if (round == 0 || round != closedOf(job)) revert WrongRound(job, round, closedOf(job));
        Round storage it = roundsOf[job][round];
        if (it.globalRoot != 0) revert RootAlreadyPosted(job, round, it.globalRoot);
        address poster = _msgSender();
        if (!_mayPost(job, round, poster)) revert NotAPoster(job, poster);
        (uint32 all, uint32 roundSeconds,) = jobs.roundTermsOf(job);
        uint88 bondWei = jobs.bondWeiOf(job);
        it.globalRoot = globalRoot;
        it.poster = poster;
        it.postedAt = uint40(block.timestamp);
        it.bondHeld = true;
        vault.lock(poster, bondWei);
        emit NextRootPosted(job, round, poster, globalRoot, bondWei);
        // The clock of a round starts with its root.
        if (round < all) _open(job, round, roundSeconds);
    }

    /// @notice Decides the pay of every due slot of a round (S1, A5, A6). Anyone may call it.
    function settle(uint256 job, uint32 round, uint16 stage) external stageZero(stage) {
        jobs.requireRunning(job);
        requireSteady(job);
        Round storage it = roundsOf[job][round];
        if (it.closedAt == 0) revert NotClosed(job, round);
        uint64 left = it.committedMask & ~it.settledMask;
        uint64 settled;
        for (uint16 slot; left >> slot != 0; ++slot) {
            if (left & (uint64(1) << slot) == 0) continue;
            (bool due, bool pays) = dueOf(job, round, slot);
            if (!due) continue;
            settled |= uint64(1) << slot;
            _settleSlot(job, round, slot, pays);
        }
        if (settled == 0) revert NothingDue(job, round);
        it.settledMask |= settled;
        releaseBonds(job);
    }

    /// @notice Goes on with going back to the last good round (A8). Anyone may call it.
    function rollBack(uint256 job) external {
        if (progressOf[job].backTo == 0) revert NothingToRollBack(job);
        _rollBack(job);
    }

    // ---- modules

    /// @notice A slot's work is proven wrong (A8): it is struck, and all that was built on it is void.
    /// @return redoWei What was promised for work that is void with it. @return auditor Who checked the slot and was not paid.
    function strike(uint256 job, uint32 round, uint16 slot)
        external
        onlyModule
        returns (uint256 redoWei, address auditor)
    {
        requireSteady(job);
        SlotRound memory it = slotsOf[job][round][slot];
        strikesOf_[job].push(Strike(round, slot, it.solver));
        emit SlotStruck(job, round, slot, it.solver);
        jobs.settleCommit(job, it.solver, false, it.payWei, audits.feePaid(job, round, slot));
        delete slotsOf[job][round][slot];
        roundsOf[job][round].committedMask &= ~(uint64(1) << slot);
        auditor = audits.forget(job, round, slot);
        uint256 count = _countedAfter(job, round + 1);
        progressOf[job].backTo = round + 1;
        _rollBack(job);
        redoWei = count * jobs.bondWeiOf(job);
    }

    /// @notice The root of a round is proven wrong (A8): the round and all after it are void, and another root is waited for. Its
    /// poster's bond is the caller's to give out. @return poster Of the root. @return redoWei As `strike`.
    function strikeRoot(uint256 job, uint32 round) external onlyModule returns (address poster, uint256 redoWei) {
        requireSteady(job);
        Round storage it = roundsOf[job][round];
        poster = it.poster;
        it.bondHeld = false;
        isBarred[job][poster] = true;
        strikesOf_[job].push(Strike(round, GLOBAL_SLOT, poster));
        emit SlotStruck(job, round, GLOBAL_SLOT, poster);
        Progress storage progress = progressOf[job];
        redoWei = _countedAfter(job, round) * jobs.bondWeiOf(job);
        (progress.backTo, progress.rootStruck) = (round + 1, true);
        _rollBack(job);
    }

    function start(uint256 job, bytes32 initialRoot, uint32 roundSeconds) external onlyModule {
        roundsOf[job][0].globalRoot = initialRoot;
        _open(job, 0, roundSeconds);
    }

    /// @notice Refuses while rounds are left, or while the last root can still be challenged.
    function finish(uint256 job) external onlyModule {
        (uint32 all,,) = jobs.roundTermsOf(job);
        requireSteady(job);
        if (closedOf(job) != all) revert RoundsLeft(job, closedOf(job), all);
        Round storage last = roundsOf[job][all];
        uint256 until = finalRootUntil(job);
        if (block.timestamp < until) revert FinalRootTooYoung(job, until);
        if (last.bondHeld) _unlockBond(job, all, last);
        for (uint32 round = progressOf[job].bondsFrom; round < all; ++round) {
            if (roundsOf[job][round].bondHeld) _unlockBond(job, round, roundsOf[job][round]);
        }
    }

    /// @notice Returns the bonds of roots, oldest first, that can no longer be challenged. Anyone may call it.
    /// @dev `finish` covers the last ones.
    function releaseBonds(uint256 job) public {
        Progress storage progress = progressOf[job];
        for (uint256 k; k < 64 && progress.bondsFrom < progress.closed; ++k) {
            uint32 round = progress.bondsFrom;
            Round storage it = roundsOf[job][round];
            if (it.bondHeld) {
                (uint32 open,) = challenges.stateOf(job, round, GLOBAL_SLOT);
                if (open != 0 || block.timestamp < uint256(it.closedAt) + windowSeconds) return;
                _unlockBond(job, round, it);
            }
            progress.bondsFrom = round + 1;
        }
    }

    // ---- views

    /// @notice The round in progress, or the last one.
    function currentOf(uint256 job) public view returns (uint32) {
        return progressOf[job].current;
    }

    function closedOf(uint256 job) public view returns (uint32) {
        return progressOf[job].closed;
    }

    /// @notice Whether rounds are still to become void, down to which.
    function rollingBack(uint256 job) external view returns (bool, uint32 round) {
        uint32 backTo = progressOf[job].backTo;
        return (backTo != 0, backTo == 0 ? 0 : backTo - 1);
    }

    function requireSteady(uint256 job) public view {
        uint32 backTo = progressOf[job].backTo;
        if (backTo != 0) revert RollingBack(job, backTo - 1);
    }

    /// @notice All work of the job that was proven wrong, oldest first.
    function strikesOf(uint256 job) external view returns (Strike[] memory) {
        return strikesOf_[job];
    }

    function roundOf(uint256 job, uint32 round) external view returns (Round memory) {
        return roundsOf[job][round];
    }

    function slotRoundOf(uint256 job, uint32 round, uint16 slot) external view returns (SlotRound memory) {
        return slotsOf[job][round][slot];
    }

    /// @notice What the outer step after a round takes (T5): the proposals of its counted slots, in slot order.
    /// @return root Over them (H2). @return count Of them.
    function proposalsOf(uint256 job, uint32 round) external view returns (bytes32 root, uint16 count) {
        uint64 counted = roundsOf[job][round].committedMask;
        bytes32[] memory proposals = new bytes32[](_countedIn(counted));
        for (uint16 slot; counted >> slot != 0; ++slot) {
            if (counted & (uint64(1) << slot) != 0) proposals[count++] = slotsOf[job][round][slot].proposalRoot;
        }
        if (count != 0) root = NodeWalk.fold(proposals, NodeWalk.topOf(count));
    }

    /// @notice Until when the root after the last round can be challenged; 0 when none is posted.
    function finalRootUntil(uint256 job) public view returns (uint256) {
        (uint32 all,,) = jobs.roundTermsOf(job);
        uint40 postedAt = roundsOf[job][all].postedAt;
        return postedAt == 0 ? 0 : postedAt + windowSeconds;
    }

    /// @notice Whether settling would decide the slot's pay now, and whether it would be paid (S1).
    function dueOf(uint256 job, uint32 round, uint16 slot) public view returns (bool due, bool pays) {
        Round storage it = roundsOf[job][round];
        if (it.closedAt == 0 || slotsOf[job][round][slot].phase != SlotPhase.Committed) return (false, false);
        (uint32 open, bool cleared) = challenges.stateOf(job, round, slot);
        if (open != 0) return (false, false);
        (bool decided, bool drawn, bool good) = audits.verdictOf(job, round, slot);
        if (!decided) return (false, false);
        if (drawn && !good && !cleared) return (true, false);
        // Solver and auditor may be in league: whoever watches from outside has the window, too (D12).
        return (block.timestamp >= it.closedAt + windowSeconds, true);
    }

    /// @notice What a keeper signs: it holds the bytes of the delta, and they give the proposal root (R3).
    function receiptDigest(
        uint256 job,
        uint32 round,
        uint16 slot,
        uint16 stage,
        bytes32 proposalRoot,
        bytes32 deltaHash
    ) public view returns (bytes32) {
        return _hashTypedDataV4(
            keccak256(abi.encode(RECEIPT_TYPEHASH, job, round, slot, stage, proposalRoot, deltaHash))
        );
    }

    // ---- inside

    function _open(uint256 job, uint32 round, uint32 roundSeconds) internal {
        Round storage it = roundsOf[job][round];
        it.openedAt = uint40(block.timestamp);
        it.deadline = uint40(block.timestamp + roundSeconds);
        emit RoundOpened(job, round, it.deadline);
    }

    /// @dev At most as many slots in one call as one round may have.
    function _rollBack(uint256 job) internal {
        Progress storage progress = progressOf[job];
        uint32 target = progress.backTo - 1;
        uint256 done;
        while (progress.closed > target || progress.rootStruck) {
            uint32 newest = progress.closed;
            uint256 count = _countedIn(roundsOf[job][newest].committedMask);
            if (done != 0 && done + count > 64) return;
            done += count + 1;
            _void(job, newest);
            if (newest == target) {
                progress.rootStruck = false;
                break;
            }
            --progress.closed;
            if (progress.current > progress.closed) progress.current = progress.closed;
        }
        (uint32 all, uint32 roundSeconds,) = jobs.roundTermsOf(job);
        if (progress.bondsFrom > target) progress.bondsFrom = target;
        progress.backTo = 0;
        // A root after the last round opens none.
        if (target == all) return;
        progress.current = target;
        Round storage it = roundsOf[job][target];
        if (it.closedAt != 0) {
            it.closedAt = 0;
            for (uint16 slot; slot < 64; ++slot) {
                if (slotsOf[job][target][slot].phase == SlotPhase.Missed) delete slotsOf[job][target][slot];
            }
            emit RolledBack(job, target);
        }
        _open(job, target, roundSeconds);
    }

    /// @dev What was verified is paid; all else of the round never was.
    function _void(uint256 job, uint32 round) internal {
        Round storage it = roundsOf[job][round];
        uint64 left = it.committedMask & ~it.settledMask;
        for (uint16 slot; slot < 64; ++slot) {
            if (left & (uint64(1) << slot) != 0) {
                (bool due, bool pays) = dueOf(job, round, slot);
                (,, bool matched) = audits.verdictOf(job, round, slot);
                _settleSlot(job, round, slot, matched || (due && pays));
            }
            if (slotsOf[job][round][slot].solver != address(0)) delete slotsOf[job][round][slot];
        }
        if (it.bondHeld) _unlockBond(job, round, it);
        audits.voidRound(job, round);
        challenges.voidRound(job, round);
        delete roundsOf[job][round];
        emit RoundVoided(job, round);
    }

    /// @dev Commitments of this round and of all after it.
    function _countedAfter(uint256 job, uint32 round) internal view returns (uint256 count) {
        for (; round <= progressOf[job].closed; ++round) count += _countedIn(roundsOf[job][round].committedMask);
    }

    function _countedIn(uint64 mask) internal pure returns (uint256 count) {
        for (; mask != 0; mask &= mask - 1) ++count;
    }

    function _mayPost(uint256 job, uint32 round, address poster) internal view returns (bool) {
        if (isBarred[job][poster]) return false;
        if (poster == jobs.requestorOf(job) || jobs.holdsSlot(job, poster)) return true;
        // A solver that counted may have left since.
        uint64 counted = roundsOf[job][round - 1].committedMask;
        for (uint16 slot; slot < 64; ++slot) {
            if (counted & (uint64(1) << slot) != 0 && slotsOf[job][round - 1][slot].solver == poster) return true;
        }
        return false;
    }

    function _recordMissed(uint256 job, uint32 round, uint64 missed) internal {
        for (uint16 slot; slot < 64; ++slot) {
            if (missed & (uint64(1) << slot) == 0) continue;
            slotsOf[job][round][slot].solver = jobs.holderOf(job, slot);
            slotsOf[job][round][slot].phase = SlotPhase.Missed;
        }
    }

    function _settleSlot(uint256 job, uint32 round, uint16 slot, bool pays) internal {
        SlotRound storage it = slotsOf[job][round][slot];
        address solver = it.solver;
        it.phase = pays ? SlotPhase.Paid : SlotPhase.Unpaid;
        jobs.settleCommit(job, solver, pays, it.payWei, audits.feePaid(job, round, slot));
        if (pays) {
            vault.pay(job, solver, it.payWei);
            emit SlotPaid(job, round, slot, solver, it.payWei);
        } else {
            emit SlotUnpaid(job, round, slot, solver);
        }
    }

    function _unlockBond(uint256 job, uint32 round, Round storage it) internal {
        it.bondHeld = false;
        vault.unlock(it.poster, jobs.bondWeiOf(job));
        emit RootBondReleased(job, round, it.poster);
    }

    /// @return keepers Those whose receipts count, each once. They stand in the event alone: no rule asks for them later.
    function _countReceipts(Commitment calldata given, address solver, bytes[] calldata receipts)
        internal
        view
        returns (address[] memory keepers)
    {
        // More than 16 would only cost gas.
        if (receipts.length > 16) revert TooManyReceipts(receipts.length, 16);
        keepers = new address[](receipts.length);
        uint256 count;
        bytes32 digest =
            receiptDigest(given.job, given.round, given.slot, given.stage, given.proposalRoot, given.deltaHash);
        for (uint256 k; k < receipts.length; ++k) {
            (address keeper, ECDSA.RecoverError failure,) = ECDSA.tryRecoverCalldata(digest, receipts[k]);
            if (failure != ECDSA.RecoverError.NoError || keeper == solver || _isIn(keepers, count, keeper)) continue;
            if (!jobs.isParty(given.job, keeper) && !audits.isEnlisted(given.job, keeper)) continue;
            keepers[count++] = keeper;
        }
        (,, uint8 needed) = jobs.roundTermsOf(given.job);
        if (count < needed) revert TooFewReceipts(count, needed);
        assembly ("memory-safe") {
            mstore(keepers, count)
        }
    }

    function _announce(Commitment calldata it, address solver, address[] memory keepers) internal {
        emit Committed(
            it.job, it.round, it.slot, solver, it.checkpointsRoot, it.proposalRoot, it.deltaHash, keepers
        );
    }

    function _isIn(address[] memory list, uint256 count, address wanted) internal pure returns (bool) {
        for (uint256 k; k < count; ++k) {
            if (list[k] == wanted) return true;
        }
        return false;
    }
}
