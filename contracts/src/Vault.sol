// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {IERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Permit.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Modules, Timing} from "./JobTypes.sol";
import {Module} from "./Module.sol";

/// @notice Holds every TUT of the protocol: free stake, locks, credits, escrows (S3).
/// @dev Free stake goes to locks (stakes of slots, bonds) and to escrows; escrows go to credits; credits leave by `claim`.
contract Vault is Module {
    using SafeERC20 for IERC20;

    struct Account {
        uint128 freeWei;
        uint128 lockedWei;
        uint128 creditWei;
        uint128 withdrawingWei;
        address payout;
        uint40 withdrawAt;
        uint40 nextPayoutAt;
        address nextPayout;
    }

    /// @dev Fees are bounded so that governance cannot take the work.
    uint16 public constant MAX_FEE_RATE = 500;

    IERC20 public immutable token;
    address public immutable treasury;
    uint32 public immutable withdrawSeconds;
    uint32 public immutable payoutSeconds;
    /// @notice Share of every pay that goes to the treasury, per 10 000.
    uint16 public feeRate;

    mapping(address account => Account) internal accounts;
    mapping(uint256 job => uint256) public escrowOf;
    /// @notice Who may also make an account's moves in disputes (D14). It can move no money.
    mapping(address account => address) public delegateOf;
    /// @notice What was lost to nobody (D11): it stays here for ever.
    uint256 public burnedWei;

    event Deposited(address indexed account, uint256 amountWei);
    event WithdrawRequested(address indexed account, uint256 amountWei, uint256 readyAt);
    event Withdrawn(address indexed account, address indexed payout, uint256 amountWei);
    event Locked(address indexed account, uint256 amountWei);
    event Unlocked(address indexed account, uint256 amountWei);
    event Slashed(address indexed account, uint256 amountWei);
    event Forfeited(address indexed account, address indexed winner, uint256 wonWei, uint256 burnedWei);
    event Restored(uint256 indexed job, address indexed account, uint256 amountWei);
    event Escrowed(uint256 indexed job, address indexed account, uint256 amountWei);
    event Credited(uint256 indexed job, address indexed account, uint256 amountWei, uint256 feeWei);
    event Claimed(address indexed account, address indexed payout, uint256 amountWei);
    event PayoutRequested(address indexed account, address indexed payout, uint256 readyAt);
    event FeeRateSet(uint16 feeRate);
    event Delegated(address indexed account, address indexed delegate);

    error StakeTooLow(address account, uint256 freeWei, uint256 neededWei);
    error WithdrawNotReady(address account, uint256 readyAt, uint256 nowAt);
    error NothingToWithdraw(address account);
    error NothingToClaim(address account);
    error EscrowTooLow(uint256 job, uint256 escrowWei, uint256 neededWei);
    error NotTreasury(address caller);
    error FeeTooHigh(uint16 feeRate, uint16 limit);
    error ZeroAmount();

    constructor(Modules memory modules, Timing memory timing) Module(modules) {
        token = IERC20(modules.token);
        treasury = modules.treasury;
        withdrawSeconds = timing.withdrawSeconds;
        payoutSeconds = timing.payoutSeconds;
    }

    // ---- actors

    /// @notice Free stake from the caller's allowance.
    function deposit(uint128 amountWei) external {
        _deposit(_msgSender(), amountWei);
    }

    /// @notice The same with an allowance signed in place (EIP-2612), so that an account without gas can deposit.
    function depositWithPermit(uint128 amountWei, uint256 deadline, uint8 v, bytes32 r, bytes32 s) external {
        address account = _msgSender();
        // A permit that someone else used first has set the same allowance.
        try IERC20Permit(address(token)).permit(account, address(this), amountWei, deadline, v, r, s) {} catch {}
        _deposit(account, amountWei);
    }

    /// @notice Starts the delay of a withdrawal. Locked stake cannot be withdrawn. A second call adds and starts anew.
    function requestWithdraw(uint128 amountWei) external {
        address actor = _msgSender();
        Account storage account = accounts[actor];
        if (amountWei == 0) revert ZeroAmount();
        _take(account, actor, amountWei);
        account.withdrawingWei += amountWei;
        account.withdrawAt = uint40(block.timestamp + withdrawSeconds);
        emit WithdrawRequested(actor, amountWei, account.withdrawAt);
    }

    /// @notice Sends what was requested to the payout address, once its delay is over.
    function withdraw() external {
        address actor = _msgSender();
        Account storage account = accounts[actor];
        uint128 amountWei = account.withdrawingWei;
        if (amountWei == 0) revert NothingToWithdraw(actor);
        if (block.timestamp < account.withdrawAt) revert WithdrawNotReady(actor, account.withdrawAt, block.timestamp);
        account.withdrawingWei = 0;
        _settlePayout(account);
        address payout = account.payout == address(0) ? actor : account.payout;
        emit Withdrawn(actor, payout, amountWei);
        token.safeTransfer(payout, amountWei);
    }

    /// @notice Where `claim` pays, from `payoutSeconds` on. A stolen tab key cannot redirect pay at once.
    function requestPayout(address payout) external {
        address actor = _msgSender();
        Account storage account = accounts[actor];
        _settlePayout(account);
        account.nextPayout = payout;
        account.nextPayoutAt = uint40(block.timestamp + payoutSeconds);
        emit PayoutRequested(actor, payout, account.nextPayoutAt);
    }

    /// @notice Sends an account's credits to its payout address. Anyone may call it.
    function claim(address actor) external {
        Account storage account = accounts[actor];
        _settlePayout(account);
        uint128 amountWei = account.creditWei;
        if (amountWei == 0) revert NothingToClaim(actor);
        account.creditWei = 0;
        address payout = account.payout == address(0) ? actor : account.payout;
        emit Claimed(actor, payout, amountWei);
        token.safeTransfer(payout, amountWei);
    }

    /// @notice Lets `to` make the caller's moves in disputes (D14), in place of whoever could before; nobody at address 0.
    function delegate(address to) external {
        address actor = _msgSender();
        delegateOf[actor] = to;
        emit Delegated(actor, to);
    }

    /// @notice Set by governance through the treasury's timelock.
    function setFeeRate(uint16 feeRate_) external {
        if (msg.sender != treasury) revert NotTreasury(msg.sender);
        if (feeRate_ > MAX_FEE_RATE) revert FeeTooHigh(feeRate_, MAX_FEE_RATE);
        feeRate = feeRate_;
        emit FeeRateSet(feeRate_);
    }

    // ---- modules

    function lock(address actor, uint128 amountWei) external onlyModule {
        if (amountWei == 0) return;
        Account storage account = accounts[actor];
        _take(account, actor, amountWei);
        account.lockedWei += amountWei;
        emit Locked(actor, amountWei);
    }

    /// @return True when there was enough free stake to lock.
    function tryLock(address actor, uint128 amountWei) external onlyModule returns (bool) {
        Account storage account = accounts[actor];
        if (account.freeWei < amountWei) return false;
        account.freeWei -= amountWei;
        account.lockedWei += amountWei;
        emit Locked(actor, amountWei);
        return true;
    }

    function unlock(address actor, uint128 amountWei) external onlyModule {
        if (amountWei == 0) return;
        Account storage account = accounts[actor];
        account.lockedWei -= amountWei;
        account.freeWei += amountWei;
        emit Unlocked(actor, amountWei);
    }

    /// @notice From an account's locks to the treasury.
    function slash(address actor, uint128 amountWei) external onlyModule {
        if (amountWei == 0) return;
        accounts[actor].lockedWei -= amountWei;
        accounts[treasury].creditWei += amountWei;
        emit Slashed(actor, amountWei);
    }

    /// @notice From an account's locks: `wonWei` to another's credits, `lostWei` to nobody.
    function forfeit(address actor, address winner, uint128 wonWei, uint128 lostWei) external onlyModule {
        if (wonWei + lostWei == 0) return;
        accounts[actor].lockedWei -= wonWei + lostWei;
        accounts[winner].creditWei += wonWei;
        burnedWei += lostWei;
        emit Forfeited(actor, winner, wonWei, lostWei);
    }

    /// @notice From an account's locks to a job's escrow, for what has to be paid twice.
    function restore(uint256 job, address actor, uint128 amountWei) external onlyModule {
        if (amountWei == 0) return;
        accounts[actor].lockedWei -= amountWei;
        escrowOf[job] += amountWei;
        emit Restored(job, actor, amountWei);
    }

    function escrow(uint256 job, address actor, uint128 amountWei) external onlyModule {
        _take(accounts[actor], actor, amountWei);
        escrowOf[job] += amountWei;
        emit Escrowed(job, actor, amountWei);
    }

    /// @notice From a job's escrow to an account's credits, less the treasury's fee.
    function pay(uint256 job, address actor, uint128 amountWei) external onlyModule {
        if (amountWei == 0) return;
        uint256 left = escrowOf[job];
        if (left < amountWei) revert EscrowTooLow(job, left, amountWei);
        escrowOf[job] = left - amountWei;
        uint128 feeWei = uint128((uint256(amountWei) * feeRate) / 10_000);
        if (feeWei > 0) accounts[treasury].creditWei += feeWei;
        accounts[actor].creditWei += amountWei - feeWei;
        emit Credited(job, actor, amountWei - feeWei, feeWei);
    }

    /// @notice What is left of a job's escrow to its requestor, without a fee (S2).
    function refund(uint256 job, address actor) external onlyModule returns (uint256 amountWei) {
        amountWei = escrowOf[job];
        escrowOf[job] = 0;
        accounts[actor].creditWei += uint128(amountWei);
        emit Credited(job, actor, amountWei, 0);
    }

    // ---- views

    function accountOf(address actor) external view returns (Account memory) {
        return accounts[actor];
    }

    function payoutOf(address actor) external view returns (address) {
        Account storage account = accounts[actor];
        address payout = account.payout;
        if (account.nextPayoutAt != 0 && block.timestamp >= account.nextPayoutAt) payout = account.nextPayout;
        return payout == address(0) ? actor : payout;
    }

    function _deposit(address actor, uint128 amountWei) internal {
        if (amountWei == 0) revert ZeroAmount();
        accounts[actor].freeWei += amountWei;
        emit Deposited(actor, amountWei);
        token.safeTransferFrom(actor, address(this), amountWei);
    }

    function _take(Account storage account, address actor, uint128 amountWei) internal {
        uint128 freeWei = account.freeWei;
        if (freeWei < amountWei) revert StakeTooLow(actor, freeWei, amountWei);
        account.freeWei = freeWei - amountWei;
    }

    function _settlePayout(Account storage account) internal {
        if (account.nextPayoutAt == 0 || block.timestamp < account.nextPayoutAt) return;
        account.payout = account.nextPayout;
        account.nextPayout = address(0);
        account.nextPayoutAt = 0;
    }
}
