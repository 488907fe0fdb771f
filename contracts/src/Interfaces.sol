// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Audit, AuditTerms, Bid, Challenge, JobPhase, JobTerms, Round, SlotRound} from "./JobTypes.sol";

/// @dev What the protocol's contracts ask of each other. Functions for actors are in the contracts themselves.

interface IVault {
    function lock(address actor, uint128 amountWei) external;
    function tryLock(address actor, uint128 amountWei) external returns (bool);
    function unlock(address actor, uint128 amountWei) external;
    function slash(address actor, uint128 amountWei) external;
    function forfeit(address actor, address winner, uint128 wonWei, uint128 lostWei) external;
    function restore(uint256 job, address actor, uint128 amountWei) external;
    function escrow(uint256 job, address actor, uint128 amountWei) external;
    function pay(uint256 job, address actor, uint128 amountWei) external;
    function refund(uint256 job, address actor) external returns (uint256 amountWei);
    function escrowOf(uint256 job) external view returns (uint256);
    function delegateOf(address account) external view returns (address);
}

interface IJobs {
    function takeCommit(uint256 job, uint16 slot, address actor) external returns (uint88 priceWei);
    function turnOver(uint256 job, uint32 round, uint64 missedMask) external;
    function settleCommit(uint256 job, address solver, bool paid, uint88 payWei, bool feePaid) external;
    function noteFee(uint256 job) external;
    function seize(uint256 job, uint32 round, uint16 slot, address solver) external returns (uint88 stakeWei);
    function changeReputation(address account, int32 change) external;
    function penalise(uint256 job, address solver) external returns (uint88 penaltyWei);
    function requireRunning(uint256 job) external view;
    function requireOpen(uint256 job) external view;
    function termsOf(uint256 job) external view returns (JobTerms memory);
    function auditTermsOf(uint256 job) external view returns (AuditTerms memory);
    function roundTermsOf(uint256 job) external view returns (uint32 rounds, uint32 roundSeconds, uint8 receiptsNeeded);
    function docketRootOf(uint256 job) external view returns (bytes32);
    function requestorOf(uint256 job) external view returns (address);
    function bondWeiOf(uint256 job) external view returns (uint88);
    function holderOf(uint256 job, uint16 slot) external view returns (address);
    function holdsSlot(uint256 job, address account) external view returns (bool);
    function holdersMaskOf(uint256 job) external view returns (uint64);
    function isParty(uint256 job, address account) external view returns (bool);
}

interface IRounds {
    function start(uint256 job, bytes32 initialRoot, uint32 roundSeconds) external;
    function finish(uint256 job) external;
    function strike(uint256 job, uint32 round, uint16 slot) external returns (uint256 redoWei, address auditor);
    function strikeRoot(uint256 job, uint32 round) external returns (address poster, uint256 redoWei);
    function proposalsOf(uint256 job, uint32 round) external view returns (bytes32 root, uint16 count);
    function requireSteady(uint256 job) external view;
    function roundOf(uint256 job, uint32 round) external view returns (Round memory);
    function slotRoundOf(uint256 job, uint32 round, uint16 slot) external view returns (SlotRound memory);
}

interface IAudits {
    function begin(uint256 job, uint32 round, uint64 countedMask) external;
    function dismissAll(uint256 job) external;
    function forget(uint256 job, uint32 round, uint16 slot) external returns (address owed);
    function voidRound(uint256 job, uint32 round) external;
    function feePaid(uint256 job, uint32 round, uint16 slot) external view returns (bool);
    function undecidedOf(uint256 job, uint32 round) external view returns (uint256);
    function verdictOf(uint256 job, uint32 round, uint16 slot) external view returns (bool decided, bool drawn, bool good);
    function auditOf(uint256 job, uint32 round, uint16 slot) external view returns (Audit memory);
    function isEnlisted(uint256 job, address account) external view returns (bool);
}

interface IChallenges {
    function openByAudit(
        uint256 job,
        uint32 round,
        uint16 slot,
        uint16 segment,
        address auditor,
        uint88 bondWei,
        bytes32 claimed,
        bytes32 committed
    ) external;
    function voidRound(uint256 job, uint32 round) external;
    /// @return openOn Challenges open on this slot.
    /// @return cleared True when the auditor that accused it was proven wrong.
    function stateOf(uint256 job, uint32 round, uint16 slot)
        external
        view
        returns (uint32 openOn, bool cleared);
    function openBehind(uint256 job, uint32 round) external view returns (uint256);
    function openIn(uint256 job) external view returns (uint32);
}
