// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IJobs} from "./Interfaces.sol";
import {AuditTerms, Bid, JobPhase, JobTerms, Modules, WAITING} from "./JobTypes.sol";
import {Module} from "./Module.sol";

/// @notice The market: jobs, bids, who holds which slot, reputation.
contract Jobs is Module, IJobs {
    uint256 public constant MAX_SLOTS = 64;
    uint256 public constant MAX_WAITING = 64;
    uint256 public constant MAX_RELAYS = 8;
    uint256 public constant MAX_RECEIPTS = 16;
    uint32 public constant MIN_REPUTATION = 10;
    uint32 public constant FIRST_REPUTATION = 100;
    uint32 public constant MAX_REPUTATION = 1000;
    uint32 internal constant PAID_REPUTATION = 1;
    uint32 internal constant MISSED_REPUTATION = 5;
    uint32 internal constant WITHHELD_REPUTATION = 50;
    int32 internal constant STRUCK_REPUTATION = 1000;
    /// @dev Part of the slot's stake that withholding costs (A5): rounds in flight are at most 4.
    uint88 internal constant PENALTY_DIVISOR = 4;

    struct Job {
        address requestor;
        JobPhase phase;
        uint32 unsettled;
        uint40 sequence;
        uint64 holdersMask;
        /// Bit s: the holder of slot s was struck; the next bid takes it at once.
        uint64 struckMask;
        /// What commitments that are not settled may still cost.
        uint128 reservedWei;
    }

    /// @dev Stake that an account has locked in a job. It stays locked while it bids, and until its work is settled.
    struct Lease {
        uint88 stakeWei;
        uint32 unsettled;
        bool bidding;
    }

    uint256 public jobCount;
    mapping(uint256 job => Job) internal jobOf;
    mapping(uint256 job => JobTerms) internal terms;
    mapping(uint256 job => Bid[]) internal bids;
    mapping(uint256 job => address[]) internal relays;
    mapping(uint256 job => mapping(address account => bool)) internal isRelay;
    mapping(uint256 job => mapping(uint16 slot => address)) internal holders;
    mapping(uint256 job => mapping(address account => uint256)) internal bidPlace;
    mapping(uint256 job => mapping(address account => Lease)) internal leases;
    mapping(address account => uint32) internal reputation;

    event JobPosted(uint256 indexed job, address indexed requestor, bytes32 specHash, uint256 bountyWei);
    event BidPlaced(
        uint256 indexed job,
        address indexed bidder,
        uint256 priceWei,
        uint256 stakeWei,
        uint64 macsPerSecond,
        uint64 memoryBytes
    );
    event BidWithdrawn(uint256 indexed job, address indexed bidder);
    event SlotTaken(uint256 indexed job, uint16 slot, address indexed holder);
    event SlotLost(uint256 indexed job, uint32 round, uint16 slot, address indexed holder);
    event JobStarted(uint256 indexed job, uint256 holders);
    event JobCancelled(uint256 indexed job);
    event JobFinished(uint256 indexed job, uint256 refundWei);
    event Seized(uint256 indexed job, uint32 round, uint16 slot, address indexed solver, uint256 stakeWei);
    event ToppedUp(uint256 indexed job, address indexed account, uint256 amountWei);
    event Penalised(uint256 indexed job, address indexed solver, uint256 penaltyWei);

    error BadTerms(string field, uint256 given, uint256 limit);
    error WrongJobPhase(uint256 job, JobPhase phase);
    error NotRequestor(uint256 job, address caller);
    error PriceTooHigh(uint256 priceWei, uint256 maxPriceWei);
    error TooSlow(uint64 macsPerSecond, uint64 minMacsPerSecond);
    error TooLittleMemory(uint64 memoryBytes, uint64 minMemoryBytes);
    error StakeBelowTerms(uint256 stakeWei, uint256 stakePerSlotWei);
    error AlreadyBid(uint256 job, address bidder);
    error NoBid(uint256 job, address bidder);
    error NoBids(uint256 job);
    error TooManyBids(uint256 job, uint256 limit);
    error NotHolder(uint256 job, uint16 slot, address holder, address caller);
    error EscrowSpent(uint256 job, uint256 escrowWei, uint256 neededWei);
    error NotFinishable(uint256 job, uint32 unsettled, uint32 openChallenges);

    constructor(Modules memory modules) Module(modules) {}

    // ---- actors

    /// @notice Posts a job and escrows its bounty from the caller's free stake.
    /// @param relays_ Accounts whose receipts count beside those of holders, auditors and the requestor (R3).
    function post(JobTerms calldata terms_, address[] calldata relays_) external returns (uint256 job) {
        _checkTerms(terms_, relays_.length);
        address requestor = _msgSender();
        job = ++jobCount;
        jobOf[job].requestor = requestor;
        jobOf[job].phase = JobPhase.Recruiting;
        terms[job] = terms_;
        for (uint256 k; k < relays_.length; ++k) {
            relays[job].push(relays_[k]);
            isRelay[job][relays_[k]] = true;
        }
        vault.escrow(job, requestor, terms_.bountyWei);
        emit JobPosted(job, requestor, terms_.specHash, terms_.bountyWei);
    }

    /// @notice Offers to hold a slot (R8). While recruiting it takes the lowest vacant one, later it waits for one.
    /// @param stakeWei Locked from the caller's free stake, at least the terms' stake per slot.
    function placeBid(uint256 job, uint88 priceWei, uint64 macsPerSecond, uint64 memoryBytes, uint88 stakeWei) external {
        requireOpen(job);
        JobTerms storage terms_ = terms[job];
        if (priceWei > terms_.maxPriceWei) revert PriceTooHigh(priceWei, terms_.maxPriceWei);
        if (macsPerSecond < terms_.minMacsPerSecond) revert TooSlow(macsPerSecond, terms_.minMacsPerSecond);
        if (memoryBytes < terms_.minMemoryBytes) revert TooLittleMemory(memoryBytes, terms_.minMemoryBytes);
        if (stakeWei < terms_.stakePerSlotWei) revert StakeBelowTerms(stakeWei, terms_.stakePerSlotWei);
        address bidder = _msgSender();
        if (bidPlace[job][bidder] != 0) revert AlreadyBid(job, bidder);
        uint256 limit = terms_.slots + MAX_WAITING;
        if (bids[job].length >= limit) revert TooManyBids(job, limit);
        _lockLease(job, bidder, stakeWei);
        bids[job].push(
            Bid({
                bidder: bidder,
                priceWei: priceWei,
                slot: WAITING,
                macsPerSecond: macsPerSecond,
                memoryBytes: memoryBytes,
                stakeWei: stakeWei,
                sequence: jobOf[job].sequence++
            })
        );
        bidPlace[job][bidder] = bids[job].length;
        emit BidPlaced(job, bidder, priceWei, stakeWei, macsPerSecond, memoryBytes);
        uint64 struck = jobOf[job].struckMask;
        if (struck != 0) {
            _seat(job, _lowestVacant(~struck), bids[job].length - 1);
        } else if (jobOf[job].phase == JobPhase.Recruiting) {
            uint64 full = _fullMask(terms_.slots);
            _seat(job, _lowestVacant(jobOf[job].holdersMask), bids[job].length - 1);
            if (jobOf[job].holdersMask == full) _start(job);
        }
    }

    /// @notice Adds to a job's escrow from the caller's free stake: what was trained twice was paid twice.
    function topUp(uint256 job, uint128 amountWei) external {
        requireOpen(job);
        vault.escrow(job, _msgSender(), amountWei);
        emit ToppedUp(job, _msgSender(), amountWei);
    }

    /// @notice Takes the caller's bid back; a holder leaves its slot. Stake unlocks once its work is settled.
    function withdrawBid(uint256 job) external {
        requireOpen(job);
        address bidder = _msgSender();
        if (bidPlace[job][bidder] == 0) revert NoBid(job, bidder);
        _removeBid(job, bidder);
        emit BidWithdrawn(job, bidder);
    }

    /// @notice The requestor starts with the slots that are held.
    function start(uint256 job) external {
        _requirePhase(job, JobPhase.Recruiting);
        _requireRequestor(job);
        if (jobOf[job].holdersMask == 0) revert NoBids(job);
        _start(job);
    }

    /// @notice Before the start only: everything goes back (S2).
    function cancel(uint256 job) external {
        _requirePhase(job, JobPhase.Recruiting);
        _requireRequestor(job);
        jobOf[job].phase = JobPhase.Cancelled;
        _releaseAll(job);
        vault.refund(job, jobOf[job].requestor);
        emit JobCancelled(job);
    }

    /// @notice When all is settled: the remainder goes to the requestor, stakes unlock (S2). Anyone may call it.
    function finish(uint256 job) external {
        _requirePhase(job, JobPhase.Running);
        uint32 openChallenges = challenges.openIn(job);
        if (jobOf[job].unsettled != 0 || openChallenges != 0) {
            revert NotFinishable(job, jobOf[job].unsettled, openChallenges);
        }
        jobOf[job].phase = JobPhase.Finished;
        rounds.finish(job);
        _releaseAll(job);
        uint256 refundWei = vault.refund(job, jobOf[job].requestor);
        emit JobFinished(job, refundWei);
    }

    // ---- modules

    /// @notice Counts one more commitment of the slot's holder. Refused for anyone else (R2).
    function takeCommit(uint256 job, uint16 slot, address actor) external onlyModule returns (uint88 priceWei) {
        address holder = holders[job][slot];
        if (holder != actor || actor == address(0)) revert NotHolder(job, slot, holder, actor);
        ++jobOf[job].unsettled;
        ++leases[job][actor].unsettled;
        priceWei = bids[job][bidPlace[job][actor] - 1].priceWei;
        // Work is only taken where it can be paid, also after rounds that were paid and are void.
        uint128 reservedWei = jobOf[job].reservedWei + priceWei + terms[job].auditFeeWei;
        jobOf[job].reservedWei = reservedWei;
        uint256 escrowWei = vault.escrowOf(job);
        if (escrowWei < reservedWei) revert EscrowSpent(job, escrowWei, reservedWei);
    }

    /// @notice Membership of the next round (R5): who missed gives way to the best waiting bid, vacant slots are filled.
    function turnOver(uint256 job, uint32 round, uint64 missedMask) external onlyModule {
        uint8 slots = terms[job].slots;
        uint64 keep = jobOf[job].holdersMask & ~missedMask;
        bool anyWaiting = true;
        for (uint16 slot; slot < slots; ++slot) {
            if (keep & (uint64(1) << slot) == 0) anyWaiting = _turnOverSlot(job, round, slot, anyWaiting);
        }
    }

    /// @notice One commitment of a solver is settled; its stake unlocks with the last one if it has left.
    function settleCommit(uint256 job, address solver, bool paid, uint88 payWei, bool feePaid) external onlyModule {
        --jobOf[job].unsettled;
        jobOf[job].reservedWei -= payWei + (feePaid ? 0 : terms[job].auditFeeWei);
        Lease storage lease = leases[job][solver];
        --lease.unsettled;
        if (paid) _changeReputation(solver, int32(PAID_REPUTATION));
        if (!lease.bidding && lease.unsettled == 0) _unlockLease(job, solver);
    }

    /// @notice An audit fee was paid.
    function noteFee(uint256 job) external onlyModule {
        jobOf[job].reservedWei -= terms[job].auditFeeWei;
    }

    /// @notice Work of `solver` is proven wrong: it leaves, and its stake is the caller's to give out. The slot goes to the
    /// best waiting bid, or to the next that comes.
    function seize(uint256 job, uint32 round, uint16 slot, address solver)
        external
        onlyModule
        returns (uint88 stakeWei)
    {
        stakeWei = leases[job][solver].stakeWei;
        leases[job][solver].stakeWei = 0;
        _changeReputation(solver, -STRUCK_REPUTATION);
        if (bidPlace[job][solver] != 0) _removeBid(job, solver);
        emit SlotLost(job, round, slot, solver);
        emit Seized(job, round, slot, solver, stakeWei);
        if (holders[job][slot] != address(0)) return stakeWei;
        address best = _bestWaiting(job);
        if (best != address(0)) _seat(job, slot, bidPlace[job][best] - 1);
        else jobOf[job].struckMask |= uint64(1) << slot;
    }

    function changeReputation(address account, int32 change) external onlyModule {
        _changeReputation(account, change);
    }

    /// @notice What withholding costs beside the pay (A5): part of the locked stake, to the treasury.
    function penalise(uint256 job, address solver) external onlyModule returns (uint88 penaltyWei) {
        Lease storage lease = leases[job][solver];
        penaltyWei = terms[job].stakePerSlotWei / PENALTY_DIVISOR;
        if (penaltyWei > lease.stakeWei) penaltyWei = lease.stakeWei;
        lease.stakeWei -= penaltyWei;
        _changeReputation(solver, -int32(WITHHELD_REPUTATION));
        vault.slash(solver, penaltyWei);
        emit Penalised(job, solver, penaltyWei);
    }

    // ---- views

    function requireRunning(uint256 job) external view {
        _requirePhase(job, JobPhase.Running);
    }

    /// @dev Open: recruiting or running.
    function requireOpen(uint256 job) public view {
        JobPhase phase = jobOf[job].phase;
        if (phase != JobPhase.Recruiting && phase != JobPhase.Running) revert WrongJobPhase(job, phase);
    }

    function phaseOf(uint256 job) external view returns (JobPhase) {
        return jobOf[job].phase;
    }

    function unsettledOf(uint256 job) external view returns (uint32) {
        return jobOf[job].unsettled;
    }

    function termsOf(uint256 job) external view returns (JobTerms memory) {
        return terms[job];
    }

    function auditTermsOf(uint256 job) external view returns (AuditTerms memory) {
        JobTerms storage it = terms[job];
        return AuditTerms(it.segments, it.roundSeconds, it.auditRate, it.auditFeeWei);
    }

    function roundTermsOf(uint256 job) external view returns (uint32, uint32, uint8) {
        JobTerms storage it = terms[job];
        return (it.rounds, it.roundSeconds, it.receiptsNeeded);
    }

    function docketRootOf(uint256 job) external view returns (bytes32) {
        return terms[job].docketRoot;
    }

    function requestorOf(uint256 job) external view returns (address) {
        return jobOf[job].requestor;
    }

    /// @notice What a root, an audit and a challenge of this job are bonded with.
    function bondWeiOf(uint256 job) external view returns (uint88) {
        return terms[job].maxPriceWei + terms[job].auditFeeWei;
    }

    function bidsOf(uint256 job) external view returns (Bid[] memory) {
        return bids[job];
    }

    function relaysOf(uint256 job) external view returns (address[] memory) {
        return relays[job];
    }

    function holderOf(uint256 job, uint16 slot) external view returns (address) {
        return holders[job][slot];
    }

    function holdersMaskOf(uint256 job) external view returns (uint64) {
        return jobOf[job].holdersMask;
    }

    function holdsSlot(uint256 job, address account) public view returns (bool) {
        uint256 place = bidPlace[job][account];
        return place != 0 && bids[job][place - 1].slot != WAITING;
    }

    /// @notice Requestor, registered relay or holder of a slot: keepers of R3, with the enlisted auditors.
    function isParty(uint256 job, address account) external view returns (bool) {
        return account == jobOf[job].requestor || isRelay[job][account] || holdsSlot(job, account);
    }

    function leaseOf(uint256 job, address account) external view returns (Lease memory) {
        return leases[job][account];
    }

    /// @return FIRST_REPUTATION for newcomers.
    function reputationOf(address account) public view returns (uint32) {
        uint32 value = reputation[account];
        return value == 0 ? FIRST_REPUTATION : value;
    }

    // ---- inside

    function _checkTerms(JobTerms calldata given, uint256 relayCount) internal pure {
        if (given.slots == 0 || given.slots > MAX_SLOTS) revert BadTerms("slots", given.slots, MAX_SLOTS);
        if (given.rounds == 0 || given.rounds > 1_000_000) revert BadTerms("rounds", given.rounds, 1_000_000);
        if (given.segments == 0 || given.segments > 4096) revert BadTerms("segments", given.segments, 4096);
        if (given.roundSeconds == 0 || given.roundSeconds > 30 days) {
            revert BadTerms("roundSeconds", given.roundSeconds, 30 days);
        }
        if (given.auditRate > 10_000) revert BadTerms("auditRate", given.auditRate, 10_000);
        if (given.receiptsNeeded > MAX_RECEIPTS) revert BadTerms("receiptsNeeded", given.receiptsNeeded, MAX_RECEIPTS);
        if (given.maxPriceWei == 0) revert BadTerms("maxPriceWei", 0, type(uint88).max);
        if (relayCount > MAX_RELAYS) revert BadTerms("relays", relayCount, MAX_RELAYS);
        if (given.specHash == 0 || given.initialRoot == 0 || given.docketRoot == 0) {
            revert BadTerms("specHash, initialRoot, docketRoot", 0, 0);
        }
        uint256 least = uint256(given.slots) * given.rounds * (uint256(given.maxPriceWei) + given.auditFeeWei);
        if (given.bountyWei < least) revert BadTerms("bountyWei", given.bountyWei, least);
    }

    function _requirePhase(uint256 job, JobPhase wanted) internal view {
        JobPhase phase = jobOf[job].phase;
        if (phase != wanted) revert WrongJobPhase(job, phase);
    }

    function _requireRequestor(uint256 job) internal view {
        address caller = _msgSender();
        if (caller != jobOf[job].requestor) revert NotRequestor(job, caller);
    }

    function _start(uint256 job) internal {
        jobOf[job].phase = JobPhase.Running;
        emit JobStarted(job, _countBits(jobOf[job].holdersMask));
        rounds.start(job, terms[job].initialRoot, terms[job].roundSeconds);
    }

    /// @return True while there may be more waiting bids.
    function _turnOverSlot(uint256 job, uint32 round, uint16 slot, bool anyWaiting) internal returns (bool) {
        address loser = holders[job][slot];
        if (loser != address(0)) _changeReputation(loser, -int32(MISSED_REPUTATION));
        address best = anyWaiting ? _bestWaiting(job) : address(0);
        if (best == address(0)) return false;
        if (loser != address(0)) {
            _removeBid(job, loser);
            emit SlotLost(job, round, slot, loser);
        }
        _seat(job, slot, bidPlace[job][best] - 1);
        return true;
    }

    function _seat(uint256 job, uint16 slot, uint256 place) internal {
        Bid storage bid = bids[job][place];
        bid.slot = uint8(slot);
        holders[job][slot] = bid.bidder;
        jobOf[job].holdersMask |= uint64(1) << slot;
        jobOf[job].struckMask &= ~(uint64(1) << slot);
        emit SlotTaken(job, slot, bid.bidder);
    }

    /// @dev R8: price / reputation ascending, then stake descending, then first come.
    function _bestWaiting(uint256 job) internal view returns (address best) {
        Bid[] storage all = bids[job];
        Bid memory leader;
        uint256 leaderReputation;
        for (uint256 k; k < all.length; ++k) {
            if (all[k].slot != WAITING) continue;
            Bid memory bid = all[k];
            uint256 itsReputation = reputationOf(bid.bidder);
            if (best != address(0) && !_ranksBefore(bid, itsReputation, leader, leaderReputation)) continue;
            (best, leader, leaderReputation) = (bid.bidder, bid, itsReputation);
        }
    }

    function _ranksBefore(Bid memory a, uint256 reputationA, Bid memory b, uint256 reputationB)
        internal
        pure
        returns (bool)
    {
        uint256 costA = uint256(a.priceWei) * reputationB;
        uint256 costB = uint256(b.priceWei) * reputationA;
        if (costA != costB) return costA < costB;
        if (a.stakeWei != b.stakeWei) return a.stakeWei > b.stakeWei;
        return a.sequence < b.sequence;
    }

    function _removeBid(uint256 job, address bidder) internal {
        Bid[] storage all = bids[job];
        uint256 place = bidPlace[job][bidder] - 1;
        uint8 slot = all[place].slot;
        if (slot != WAITING) {
            delete holders[job][slot];
            jobOf[job].holdersMask &= ~(uint64(1) << slot);
        }
        uint256 last = all.length - 1;
        if (place != last) {
            all[place] = all[last];
            bidPlace[job][all[place].bidder] = place + 1;
        }
        all.pop();
        delete bidPlace[job][bidder];
        Lease storage lease = leases[job][bidder];
        lease.bidding = false;
        if (lease.unsettled == 0) _unlockLease(job, bidder);
    }

    /// @dev A returning bidder whose work is not settled yet has stake locked already.
    function _lockLease(uint256 job, address bidder, uint88 stakeWei) internal {
        Lease storage lease = leases[job][bidder];
        lease.bidding = true;
        if (stakeWei > lease.stakeWei) {
            uint88 lacking = stakeWei - lease.stakeWei;
            lease.stakeWei = stakeWei;
            vault.lock(bidder, lacking);
        }
    }

    function _unlockLease(uint256 job, address solver) internal {
        uint88 stakeWei = leases[job][solver].stakeWei;
        delete leases[job][solver];
        vault.unlock(solver, stakeWei);
    }

    function _releaseAll(uint256 job) internal {
        Bid[] storage all = bids[job];
        for (uint256 k; k < all.length; ++k) {
            _unlockLease(job, all[k].bidder);
        }
        audits.dismissAll(job);
    }

    function _changeReputation(address account, int32 change) internal {
        int32 value = int32(reputationOf(account)) + change;
        if (value < int32(MIN_REPUTATION)) value = int32(MIN_REPUTATION);
        if (value > int32(MAX_REPUTATION)) value = int32(MAX_REPUTATION);
        reputation[account] = uint32(value);
    }

    function _fullMask(uint8 slots) internal pure returns (uint64) {
        return slots == 64 ? type(uint64).max : (uint64(1) << slots) - 1;
    }

    function _lowestVacant(uint64 mask) internal pure returns (uint16 slot) {
        while (mask & (uint64(1) << slot) != 0) ++slot;
    }

    function _countBits(uint64 mask) internal pure returns (uint256 count) {
        for (; mask != 0; mask &= mask - 1) ++count;
    }
}
