// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @dev Same fields, same order as `JobTerms` in swarm/chain/jobView.ts.
struct JobTerms {
    bytes32 specHash;
    bytes32 programHash;
    bytes32 datasetRoot;
    bytes32 initialRoot;
    /// Of the facts that the court needs (SPEC D1).
    bytes32 docketRoot;
    uint8 slots;
    uint32 rounds;
    uint16 segments;
    uint32 roundSeconds;
    uint88 maxPriceWei;
    uint88 auditFeeWei;
    uint16 auditRate;
    uint88 stakePerSlotWei;
    uint8 receiptsNeeded;
    uint64 minMacsPerSecond;
    uint64 minMemoryBytes;
    uint128 bountyWei;
}

/// @dev What audits need of the terms: two storage words in place of all.
struct AuditTerms {
    uint16 segments;
    uint32 roundSeconds;
    uint16 auditRate;
    uint88 auditFeeWei;
}

/// Recruiting -> Running -> Finished, or Recruiting -> Cancelled.
enum JobPhase {
    None,
    Recruiting,
    Running,
    Finished,
    Cancelled
}

/// @dev Two storage words. `slot` is WAITING while the bid holds none.
struct Bid {
    address bidder;
    uint88 priceWei;
    uint8 slot;
    uint64 macsPerSecond;
    uint64 memoryBytes;
    uint88 stakeWei;
    uint40 sequence;
}

uint8 constant WAITING = 255;
/// @dev Slot of records about a global state (SPEC H4).
uint16 constant GLOBAL_SLOT = 0xffff;

/// Open -> Committed -> Paid | Unpaid, or Open -> Missed. What lies between Committed and the end is derived.
enum SlotPhase {
    Open,
    Committed,
    Missed,
    Paid,
    Unpaid
}

/// @dev What a solver signs for one round of one slot (SPEC R1, R2).
struct Commitment {
    uint256 job;
    uint32 round;
    uint16 slot;
    uint16 stage;
    bytes32 globalRoot;
    bytes32 checkpointsRoot;
    bytes32 proposalRoot;
    bytes32 deltaHash;
}

struct SlotRound {
    address solver;
    uint88 payWei;
    SlotPhase phase;
    bytes32 checkpointsRoot;
    bytes32 proposalRoot;
    bytes32 deltaHash;
}

struct Round {
    bytes32 globalRoot;
    address poster;
    uint40 postedAt;
    bool bondHeld;
    uint40 openedAt;
    uint40 deadline;
    uint40 closedAt;
    /// Bit s: slot s has committed. Fixed once the round is closed (R5).
    uint64 committedMask;
    uint64 settledMask;
}

/// None -> Pending -> Drawn -> Attested -> Opened -> Matched | Mismatched; Drawn | Opened -> Pending (silence) or
/// Abandoned (too many attempts); Attested -> Withheld; Pending -> None where the draw leaves the slot out.
enum AuditPhase {
    None,
    Pending,
    Drawn,
    Attested,
    Opened,
    Matched,
    Mismatched,
    Withheld,
    Abandoned
}

struct Audit {
    address auditor;
    uint40 deadline;
    uint16 segment;
    uint8 attempt;
    AuditPhase phase;
    bytes32 beacon;
    bytes32 attestation;
    bytes32 openedRoot;
}

/// Open -> SolverWrong | ChallengerWrong (by the game, or by the challenger's silence), or Moot (another settled the slot first, or its round is void).
enum ChallengePhase {
    None,
    Open,
    SolverWrong,
    ChallengerWrong,
    Moot
}

struct Challenge {
    uint256 job;
    uint32 round;
    /// GLOBAL_SLOT: the challenge is against the posted root of `round`.
    uint16 slot;
    uint16 segment;
    ChallengePhase phase;
    /// True when an auditor's reveal opened it (A6): `claimed` is then a segment's target.
    bool byAudit;
    /// Without a game until then: silence of the challenger.
    uint40 expiresAt;
    /// Of the slot's work: what is struck or void makes room for another.
    uint32 generation;
    /// 0: none yet.
    uint64 game;
    address challenger;
    uint88 bondWei;
    address defender;
    bytes32 claimed;
    bytes32 committed;
}

/// @dev Work that was proven wrong.
struct Strike {
    uint32 round;
    uint16 slot;
    address solver;
}

/// @dev Addresses that know each other. All are fixed at deployment.
struct Modules {
    address forwarder;
    address token;
    address vault;
    address jobs;
    address rounds;
    address audits;
    address challenges;
    address game;
    address beacon;
    address treasury;
}

/// @dev Seconds of block time, fixed at deployment. On a real L2 each exceeds its forced-inclusion delay.
struct Timing {
    /// An undrawn slot can be challenged so long after its round closed (S1).
    uint32 windowSeconds;
    /// An auditor has max(roundSeconds, answerSeconds) to attest; opening and revealing have answerSeconds each.
    uint32 answerSeconds;
    uint32 challengeSeconds;
    uint32 withdrawSeconds;
    uint32 payoutSeconds;
}
