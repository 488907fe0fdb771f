// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IAudits} from "./Interfaces.sol";
import {Audit, AuditPhase, AuditTerms, Modules, Round, SlotRound, Timing} from "./JobTypes.sol";
import {Merkle} from "./Merkle.sol";
import {Module} from "./Module.sol";

/// @notice Auditors of jobs, the draw, and one audit's order of moves (SPEC A1 to A6).
contract Audits is Module, IAudits {
    uint256 public constant MAX_AUDITORS = 64;
    /// @dev After so many silent auditors the slot ends unpaid, so that nothing is locked for ever (A4).
    uint8 public constant MAX_ATTEMPTS = 8;

    /// @dev Entries are only appended while a draw is pending, so that the set of a draw is a prefix of the list (A1).
    struct Auditor {
        address account;
        /// Move at which it lost its place (0: never); it stays in sets that were fixed before.
        uint40 struckAt;
    }

    struct Seat {
        /// Of the account's entry that is not struck, counted from 1; 0: it has none. Who was struck may enlist anew.
        uint16 place;
        /// Audits that wait for it.
        uint16 assigned;
    }

    /// @dev What a draw depends on: fixed when the round closes, or when an auditor's silence is claimed.
    struct Draw {
        uint64 target;
        uint40 fixedAt;
        uint16 auditors;
    }

    struct RoundAudits {
        Draw draw;
        /// Bit s: slot s waits for its draw.
        uint64 pendingMask;
        /// Drawn and not decided, and pending.
        uint16 undecided;
    }

    uint32 public immutable answerSeconds;

    mapping(uint256 job => Auditor[]) internal auditors;
    mapping(uint256 job => mapping(address account => Seat)) internal seats;
    mapping(uint256 job => uint256) public pendingDraws;
    /// @dev Orders strikes and fixings within a job: block time is too coarse.
    mapping(uint256 job => uint40) internal moves;
    mapping(uint256 job => mapping(uint32 round => RoundAudits)) internal roundsOf;
    mapping(uint256 job => mapping(uint32 round => mapping(uint16 slot => Audit))) internal auditsOf;
    mapping(uint256 job => mapping(uint32 round => mapping(uint16 slot => Draw))) internal redraws;

    event AuditorEnlisted(uint256 indexed job, address indexed auditor, uint256 bondWei);
    event AuditorRetired(uint256 indexed job, address indexed auditor);
    event AuditorStruck(uint256 indexed job, address indexed auditor, uint256 slashedWei);
    event BeaconFixed(uint256 indexed job, uint32 indexed round, uint64 target);
    event AuditDrawn(
        uint256 indexed job,
        uint32 indexed round,
        uint16 indexed slot,
        uint8 attempt,
        uint16 segment,
        address auditor,
        bytes32 beacon
    );
    event RoundDrawn(uint256 indexed job, uint32 indexed round, uint64 drawnMask, bytes32 beacon);
    event AuditAttested(
        uint256 indexed job, uint32 indexed round, uint16 indexed slot, uint8 attempt, address auditor, bytes32 attestation
    );
    event AuditOpened(
        uint256 indexed job, uint32 indexed round, uint16 indexed slot, uint8 attempt, uint16 segment, bytes32 root, bytes32 salt
    );
    event AuditMatched(
        uint256 indexed job, uint32 indexed round, uint16 indexed slot, uint8 attempt, address auditor, uint256 feeWei
    );
    event AuditMismatched(
        uint256 indexed job,
        uint32 indexed round,
        uint16 indexed slot,
        uint8 attempt,
        address auditor,
        bytes32 claimed,
        bytes32 committed
    );
    event AuditorSilent(uint256 indexed job, uint32 indexed round, uint16 indexed slot, uint8 attempt, address auditor);
    event SolverWithheld(uint256 indexed job, uint32 indexed round, uint16 indexed slot, address solver, uint256 penaltyWei);
    event AuditAbandoned(uint256 indexed job, uint32 indexed round, uint16 indexed slot);

    error AlreadyEnlisted(uint256 job, address account);
    error NotEnlisted(uint256 job, address account);
    error TooManyAuditors(uint256 job, uint256 limit);
    error DrawsPending(uint256 job, uint256 count);
    error AuditsAssigned(uint256 job, address account, uint256 count);
    error NothingToDraw(uint256 job, uint32 round);
    error BeaconUnknown(uint64 target, uint256 nowBlock);
    error WrongAuditPhase(uint256 job, uint32 round, uint16 slot, AuditPhase phase);
    error NotAuditor(address auditor, address caller);
    error NotSolver(address solver, address caller);
    error WrongOpening(bytes32 checkpointsRoot, uint16 checkpoint);
    error WrongReveal(bytes32 attestation, bytes32 given);
    error NotSilentYet(uint256 deadline, uint256 nowAt);
    error ZeroAttestation();

    constructor(Modules memory modules, Timing memory timing) Module(modules) {
        answerSeconds = timing.answerSeconds;
    }

    // ---- auditors

    /// @notice The caller offers to audit; its bond is locked from its free stake.
    function enlist(uint256 job) external {
        jobs.requireOpen(job);
        address account = _msgSender();
        if (pendingDraws[job] == 0) _sweep(job);
        if (isEnlisted(job, account)) revert AlreadyEnlisted(job, account);
        if (auditors[job].length >= MAX_AUDITORS) revert TooManyAuditors(job, MAX_AUDITORS);
        uint88 bondWei = jobs.bondWeiOf(job);
        auditors[job].push(Auditor({account: account, struckAt: 0}));
        seats[job][account].place = uint16(auditors[job].length);
        vault.lock(account, bondWei);
        emit AuditorEnlisted(job, account, bondWei);
    }

    /// @notice The caller leaves with its bond, once no draw could name it and its audits are done.
    function retire(uint256 job) external {
        address account = _msgSender();
        if (!isEnlisted(job, account)) revert NotEnlisted(job, account);
        if (pendingDraws[job] != 0) revert DrawsPending(job, pendingDraws[job]);
        Seat memory seat = seats[job][account];
        if (seat.assigned != 0) revert AuditsAssigned(job, account, seat.assigned);
        seats[job][account].place = 0;
        _remove(job, seat.place - 1);
        vault.unlock(account, jobs.bondWeiOf(job));
        emit AuditorRetired(job, account);
    }

    // ---- the draw

    /// @notice Draws every slot of a round whose beacon is known (A1, A2). Anyone may call it, and when changes nothing.
    function draw(uint256 job, uint32 round, uint16 stage) external stageZero(stage) {
        jobs.requireRunning(job);
        uint64 pending = roundsOf[job][round].pendingMask;
        if (pending == 0) revert NothingToDraw(job, round);
        AuditTerms memory terms = jobs.auditTermsOf(job);
        Tally memory tally;
        for (uint16 slot; pending >> slot != 0; ++slot) {
            if (pending & (uint64(1) << slot) != 0) _tryDraw(job, round, slot, terms, tally);
        }
        if (tally.ran == 0 && !tally.fixedAgain) revert BeaconUnknown(tally.waitingFor, block.number);
        if (tally.ran == 0) return;
        RoundAudits storage it = roundsOf[job][round];
        it.pendingMask = pending & ~tally.ran;
        if (it.pendingMask == 0) --pendingDraws[job];
        emit RoundDrawn(job, round, tally.drawn, tally.beacon);
    }

    // ---- one audit (A3)

    /// @notice The auditor binds itself to its target before the solver opens.
    /// @param attestation keccak256(abi.encode(target, salt, auditor, job, round, slot, attempt)).
    function attest(uint256 job, uint32 round, uint16 slot, uint16 stage, bytes32 attestation)
        external
        stageZero(stage)
    {
        Audit storage it = _auditAt(job, round, slot, AuditPhase.Drawn);
        if (_msgSender() != it.auditor) revert NotAuditor(it.auditor, _msgSender());
        if (attestation == 0) revert ZeroAttestation();
        it.attestation = attestation;
        it.phase = AuditPhase.Attested;
        it.deadline = uint40(block.timestamp + answerSeconds);
        emit AuditAttested(job, round, slot, it.attempt, it.auditor, attestation);
    }

    /// @notice The solver opens the sealed root of checkpoint segment + 1 (R4).
    /// @param path Siblings of the sealed leaf, from the leaf up (H2).
    function open(
        uint256 job,
        uint32 round,
        uint16 slot,
        uint16 stage,
        bytes32 root,
        bytes32 salt,
        bytes32[] calldata path
    ) external stageZero(stage) {
        Audit storage it = _auditAt(job, round, slot, AuditPhase.Attested);
        SlotRound memory commitment = rounds.slotRoundOf(job, round, slot);
        if (_msgSender() != commitment.solver) revert NotSolver(commitment.solver, _msgSender());
        uint16 segments = jobs.auditTermsOf(job).segments;
        uint16 checkpoint = it.segment + 1;
        bytes32 leaf = sha256(abi.encodePacked(root, salt));
        if (!Merkle.verify(commitment.checkpointsRoot, leaf, checkpoint, uint256(segments) + 1, path)) {
            revert WrongOpening(commitment.checkpointsRoot, checkpoint);
        }
        it.openedRoot = root;
        it.phase = AuditPhase.Opened;
        it.deadline = uint40(block.timestamp + answerSeconds);
        emit AuditOpened(job, round, slot, it.attempt, it.segment, root, salt);
    }

    /// @notice The auditor shows what it attested. Equal: it is paid. Different: a challenge is open (A6).
    function reveal(uint256 job, uint32 round, uint16 slot, uint16 stage, bytes32 target, bytes32 salt)
        external
        stageZero(stage)
    {
        Audit storage it = _auditAt(job, round, slot, AuditPhase.Opened);
        address auditor = it.auditor;
        if (_msgSender() != auditor) revert NotAuditor(auditor, _msgSender());
        bytes32 given = keccak256(
            abi.encode(target, salt, auditor, job, uint256(round), uint256(slot), uint256(it.attempt))
        );
        if (given != it.attestation) revert WrongReveal(it.attestation, given);
        bytes32 committed = _targetOf(job, round, slot, it);
        if (target == committed) _matched(job, round, slot);
        else _mismatched(job, round, slot, target, committed);
    }

    /// @notice Says that the one whose move it is has let its time pass (A4, A5). Anyone may call it.
    /// @dev A late move is still good as long as nobody has called this.
    function claimSilence(uint256 job, uint32 round, uint16 slot, uint16 stage) external stageZero(stage) {
        jobs.requireRunning(job);
        Audit storage it = auditsOf[job][round][slot];
        AuditPhase phase = it.phase;
        if (phase != AuditPhase.Drawn && phase != AuditPhase.Attested && phase != AuditPhase.Opened) {
            revert WrongAuditPhase(job, round, slot, phase);
        }
        if (block.timestamp <= it.deadline) revert NotSilentYet(it.deadline, block.timestamp);
        if (phase == AuditPhase.Attested) _withheld(job, round, slot, it);
        else _auditorSilent(job, round, slot, it);
    }

    // ---- modules

    /// @notice A round has closed: its counted slots wait for the beacon (A1).
    function begin(uint256 job, uint32 round, uint64 countedMask) external onlyModule {
        if (jobs.auditTermsOf(job).auditRate == 0) return;
        RoundAudits storage it = roundsOf[job][round];
        // A round that was opened again keeps the audits that it has.
        uint64 fresh;
        for (uint16 slot; countedMask >> slot != 0; ++slot) {
            uint64 bit = uint64(1) << slot;
            if (countedMask & bit == 0 || it.pendingMask & bit != 0) continue;
            if (auditsOf[job][round][slot].phase == AuditPhase.None) fresh |= bit;
        }
        if (fresh == 0) return;
        if (pendingDraws[job] == 0) _sweep(job);
        it.draw = _fix(job, round);
        if (it.pendingMask == 0) ++pendingDraws[job];
        it.pendingMask |= fresh;
        for (uint64 mask = fresh; mask != 0; mask &= mask - 1) ++it.undecided;
    }

    /// @notice The work of a slot is struck or void: its audit ends without a verdict.
    /// @return owed The auditor, where it has done its work and was not paid.
    function forget(uint256 job, uint32 round, uint16 slot) external onlyModule returns (address owed) {
        return _forget(job, round, slot);
    }

    /// @notice A round is void: all of its audits end.
    function voidRound(uint256 job, uint32 round) external onlyModule {
        uint64 counted = rounds.roundOf(job, round).committedMask;
        for (uint16 slot; counted >> slot != 0; ++slot) {
            if (counted & (uint64(1) << slot) != 0) _forget(job, round, slot);
        }
        delete roundsOf[job][round];
    }

    /// @notice The job is over: every bond that is still held goes back.
    function dismissAll(uint256 job) external onlyModule {
        Auditor[] storage all = auditors[job];
        uint88 bondWei = jobs.bondWeiOf(job);
        for (uint256 k; k < all.length; ++k) {
            if (all[k].struckAt == 0) vault.unlock(all[k].account, bondWei);
        }
    }

    // ---- views

    function auditOf(uint256 job, uint32 round, uint16 slot) external view returns (Audit memory it) {
        it = auditsOf[job][round][slot];
        if (roundsOf[job][round].pendingMask & (uint64(1) << slot) != 0) it.phase = AuditPhase.Pending;
    }

    /// @return beaconTarget The newest target of the round. @return pendingMask Slots that wait for their draw.
    function drawOf(uint256 job, uint32 round) external view returns (uint64 beaconTarget, uint64 pendingMask) {
        pendingMask = roundsOf[job][round].pendingMask;
        beaconTarget = roundsOf[job][round].draw.target;
        for (uint16 slot; pendingMask >> slot != 0; ++slot) {
            if (pendingMask & (uint64(1) << slot) == 0) continue;
            uint64 target = _drawOf(job, round, slot).target;
            if (target > beaconTarget) beaconTarget = target;
        }
    }

    function undecidedOf(uint256 job, uint32 round) external view returns (uint256) {
        return roundsOf[job][round].undecided;
    }

    /// @return decided Nothing is pending. @return drawn The slot was drawn. @return good Its audit matched (S1).
    function verdictOf(uint256 job, uint32 round, uint16 slot)
        external
        view
        returns (bool decided, bool drawn, bool good)
    {
        if (roundsOf[job][round].pendingMask & (uint64(1) << slot) != 0) return (false, false, false);
        AuditPhase phase = auditsOf[job][round][slot].phase;
        drawn = phase != AuditPhase.None;
        decided = !drawn || phase > AuditPhase.Opened;
        good = phase == AuditPhase.Matched;
    }

    function feePaid(uint256 job, uint32 round, uint16 slot) external view returns (bool) {
        AuditPhase phase = auditsOf[job][round][slot].phase;
        return phase == AuditPhase.Matched || phase == AuditPhase.Withheld;
    }

    function isEnlisted(uint256 job, address account) public view returns (bool) {
        return seats[job][account].place != 0;
    }

    function auditorsOf(uint256 job) external view returns (address[] memory accounts) {
        Auditor[] storage all = auditors[job];
        accounts = new address[](all.length);
        uint256 count;
        for (uint256 k; k < all.length; ++k) {
            if (all[k].struckAt == 0) accounts[count++] = all[k].account;
        }
        assembly ("memory-safe") {
            mstore(accounts, count)
        }
    }

    // ---- inside

    struct Tally {
        uint64 ran;
        uint64 drawn;
        uint64 waitingFor;
        bool fixedAgain;
        bytes32 beacon;
    }

    function _tryDraw(uint256 job, uint32 round, uint16 slot, AuditTerms memory terms, Tally memory tally) internal {
        Draw memory it = _drawOf(job, round, slot);
        (bool known, bytes32 value) = beacon.read(it.target);
        if (!known) {
            tally.waitingFor = it.target;
            if (beacon.lost(it.target)) {
                redraws[job][round][slot] = _fix(job, round);
                tally.fixedAgain = true;
            }
            return;
        }
        tally.ran |= uint64(1) << slot;
        tally.beacon = value;
        if (_drawSlot(job, round, slot, terms, it, value)) tally.drawn |= uint64(1) << slot;
    }

    /// @dev A2: everything comes from keccak256(beacon value, job, round, slot, attempt). A redraw is drawn for sure.
    function _drawSlot(
        uint256 job,
        uint32 round,
        uint16 slot,
        AuditTerms memory terms,
        Draw memory fixedDraw,
        bytes32 value
    ) internal returns (bool) {
        Audit storage it = auditsOf[job][round][slot];
        uint256 seed = uint256(
            keccak256(abi.encode(value, job, uint256(round), uint256(slot), uint256(it.attempt)))
        );
        if (it.attempt == 0 && uint64(seed) % 10_000 >= terms.auditRate) {
            --roundsOf[job][round].undecided;
            return false;
        }
        address solver = rounds.slotRoundOf(job, round, slot).solver;
        it.auditor = _pick(job, solver, fixedDraw, uint64(seed >> 128));
        it.segment = uint16(uint64(seed >> 64) % terms.segments);
        it.beacon = value;
        it.attestation = 0;
        it.openedRoot = 0;
        it.phase = AuditPhase.Drawn;
        it.deadline = uint40(block.timestamp + _max(terms.roundSeconds, answerSeconds));
        emit AuditDrawn(job, round, slot, it.attempt, it.segment, it.auditor, value);
        return true;
    }

    /// @dev From the drawn place on, the first of the fixed set that is not the solver. Zero when there is none.
    function _pick(uint256 job, address solver, Draw memory fixedDraw, uint64 random) internal returns (address) {
        Auditor[] storage all = auditors[job];
        uint256 count = fixedDraw.auditors;
        for (uint256 k; k < count; ++k) {
            Auditor memory auditor = all[(random % count + k) % count];
            bool gone = auditor.struckAt != 0 && auditor.struckAt < fixedDraw.fixedAt;
            if (gone || auditor.account == solver) continue;
            ++seats[job][auditor.account].assigned;
            return auditor.account;
        }
        return address(0);
    }

    function _matched(uint256 job, uint32 round, uint16 slot) internal {
        _decide(job, round, slot, AuditPhase.Matched);
        Audit memory it = auditsOf[job][round][slot];
        uint88 feeWei = _payFee(job, it.auditor);
        emit AuditMatched(job, round, slot, it.attempt, it.auditor, feeWei);
    }

    function _mismatched(uint256 job, uint32 round, uint16 slot, bytes32 claimed, bytes32 committed) internal {
        _decide(job, round, slot, AuditPhase.Mismatched);
        Audit memory it = auditsOf[job][round][slot];
        emit AuditMismatched(job, round, slot, it.attempt, it.auditor, claimed, committed);
        uint88 bondWei = _moveBond(job, it.auditor);
        challenges.openByAudit(job, round, slot, it.segment, it.auditor, bondWei, claimed, committed);
    }

    /// @dev What was opened, as A3 compares it. The last segment binds the delta too.
    function _targetOf(uint256 job, uint32 round, uint16 slot, Audit storage it) internal view returns (bytes32) {
        if (it.segment + 1 < jobs.auditTermsOf(job).segments) return it.openedRoot;
        SlotRound memory commitment = rounds.slotRoundOf(job, round, slot);
        return sha256(abi.encodePacked(it.openedRoot, commitment.proposalRoot));
    }

    function _withheld(uint256 job, uint32 round, uint16 slot, Audit storage it) internal {
        address solver = rounds.slotRoundOf(job, round, slot).solver;
        _decide(job, round, slot, AuditPhase.Withheld);
        uint88 penaltyWei = jobs.penalise(job, solver);
        // The auditor did its work.
        _payFee(job, it.auditor);
        emit SolverWithheld(job, round, slot, solver, penaltyWei);
    }

    function _auditorSilent(uint256 job, uint32 round, uint16 slot, Audit storage it) internal {
        address auditor = it.auditor;
        emit AuditorSilent(job, round, slot, it.attempt, auditor);
        _release(job, auditor);
        if (auditor != address(0)) _strike(job, auditor, true);
        if (it.attempt + 1 >= MAX_ATTEMPTS) {
            it.phase = AuditPhase.Abandoned;
            --roundsOf[job][round].undecided;
            emit AuditAbandoned(job, round, slot);
            return;
        }
        if (pendingDraws[job] == 0) _sweep(job);
        RoundAudits storage roundAudits = roundsOf[job][round];
        if (roundAudits.pendingMask == 0) ++pendingDraws[job];
        roundAudits.pendingMask |= uint64(1) << slot;
        ++it.attempt;
        it.auditor = address(0);
        redraws[job][round][slot] = _fix(job, round);
    }

    function _forget(uint256 job, uint32 round, uint16 slot) internal returns (address owed) {
        RoundAudits storage all = roundsOf[job][round];
        Audit storage it = auditsOf[job][round][slot];
        AuditPhase phase = it.phase;
        uint64 bit = uint64(1) << slot;
        if (all.pendingMask & bit != 0) {
            all.pendingMask &= ~bit;
            if (all.pendingMask == 0) --pendingDraws[job];
            --all.undecided;
        } else {
            bool attested = phase == AuditPhase.Attested || phase == AuditPhase.Opened;
            if (attested || phase == AuditPhase.Mismatched) owed = it.auditor;
            if (attested || phase == AuditPhase.Drawn) {
                --all.undecided;
                _release(job, it.auditor);
            }
        }
        delete auditsOf[job][round][slot];
        delete redraws[job][round][slot];
    }

    function _decide(uint256 job, uint32 round, uint16 slot, AuditPhase phase) internal {
        Audit storage it = auditsOf[job][round][slot];
        it.phase = phase;
        --roundsOf[job][round].undecided;
        _release(job, it.auditor);
    }

    function _release(uint256 job, address auditor) internal {
        if (auditor != address(0)) --seats[job][auditor].assigned;
    }

    function _payFee(uint256 job, address auditor) internal returns (uint88 feeWei) {
        feeWei = jobs.auditTermsOf(job).auditFeeWei;
        vault.pay(job, auditor, feeWei);
        jobs.noteFee(job);
    }

    /// @dev The auditor loses its place; with `slash` its bond as well, else the bond has gone to a challenge.
    function _strike(uint256 job, address account, bool slash) internal {
        uint16 place = seats[job][account].place;
        if (place == 0) return;
        seats[job][account].place = 0;
        auditors[job][place - 1].struckAt = ++moves[job];
        uint88 bondWei = slash ? jobs.bondWeiOf(job) : 0;
        vault.slash(account, bondWei);
        emit AuditorStruck(job, account, bondWei);
    }

    /// @dev The bond behind a challenge: the auditor's own, which it replaces from free stake or else loses its place.
    /// One that was struck before has none left: without a new one it cannot accuse, since no challenge stands unbonded.
    function _moveBond(uint256 job, address account) internal returns (uint88 bondWei) {
        bondWei = jobs.bondWeiOf(job);
        if (!isEnlisted(job, account)) vault.lock(account, bondWei);
        else if (!vault.tryLock(account, bondWei)) _strike(job, account, false);
    }

    function _fix(uint256 job, uint32 round) internal returns (Draw memory it) {
        it = Draw({target: beacon.next(), fixedAt: ++moves[job], auditors: uint16(auditors[job].length)});
        emit BeaconFixed(job, round, it.target);
    }

    function _drawOf(uint256 job, uint32 round, uint16 slot) internal view returns (Draw memory it) {
        it = redraws[job][round][slot];
        if (it.fixedAt == 0) it = roundsOf[job][round].draw;
    }

    function _auditAt(uint256 job, uint32 round, uint16 slot, AuditPhase wanted)
        internal
        view
        returns (Audit storage it)
    {
        jobs.requireRunning(job);
        it = auditsOf[job][round][slot];
        AuditPhase phase = roundsOf[job][round].pendingMask & (uint64(1) << slot) != 0 ? AuditPhase.Pending : it.phase;
        if (phase != wanted) revert WrongAuditPhase(job, round, slot, phase);
    }

    /// @dev Only while no draw is pending: drops the entries of who was struck.
    function _sweep(uint256 job) internal {
        Auditor[] storage all = auditors[job];
        for (uint256 k = all.length; k > 0; --k) {
            if (all[k - 1].struckAt != 0) _remove(job, k - 1);
        }
    }

    function _remove(uint256 job, uint256 place) internal {
        Auditor[] storage all = auditors[job];
        uint256 last = all.length - 1;
        if (place != last) {
            all[place] = all[last];
            if (all[place].struckAt == 0) seats[job][all[place].account].place = uint16(place + 1);
        }
        all.pop();
    }

    function _max(uint256 a, uint256 b) internal pure returns (uint256) {
        return a > b ? a : b;
    }
}
