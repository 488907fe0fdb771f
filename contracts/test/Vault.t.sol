// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Vault} from "../src/Vault.sol";
import {Setting} from "./Setting.sol";
import {vm} from "./Vm.sol";

contract VaultTest is Setting {
    function setUp() public {
        setUpContracts();
    }

    function test_withdrawals_wait_and_locked_stake_cannot_leave() public {
        uint256 job = post(terms());
        bid(job, person(1), 1e18);
        vm.startPrank(person(1));
        vm.expectRevert(abi.encodeWithSelector(Vault.StakeTooLow.selector, person(1), PURSE - 20e18, PURSE));
        vault.requestWithdraw(uint128(PURSE));
        vault.requestWithdraw(uint128(PURSE - 20e18));
        vm.expectRevert(
            abi.encodeWithSelector(Vault.WithdrawNotReady.selector, person(1), block.timestamp + 50, block.timestamp)
        );
        vault.withdraw();
        pass(50);
        vault.withdraw();
        vm.expectRevert(abi.encodeWithSelector(Vault.NothingToWithdraw.selector, person(1)));
        vault.withdraw();
        vm.stopPrank();
        same(token.balanceOf(person(1)), PURSE - 20e18);
    }

    function test_the_payout_address_changes_with_a_delay() public {
        uint256 job = post(terms());
        vm.prank(requestor);
        vault.requestPayout(address(0xca5));
        vm.prank(requestor);
        jobs.cancel(job);
        same(vault.payoutOf(requestor), requestor);
        vault.claim(requestor);
        same(token.balanceOf(requestor), 24e18);
        vm.expectRevert(abi.encodeWithSelector(Vault.NothingToClaim.selector, requestor));
        vault.claim(requestor);
        job = post(terms());
        vm.prank(requestor);
        jobs.cancel(job);
        pass(70);
        same(vault.payoutOf(requestor), address(0xca5));
        vault.claim(requestor);
        same(token.balanceOf(address(0xca5)), 24e18);
    }

    function test_the_fee_is_the_treasurys_to_set_and_bounded() public {
        vm.expectRevert(abi.encodeWithSelector(Vault.NotTreasury.selector, address(this)));
        vault.setFeeRate(100);
        vm.startPrank(TREASURY);
        vm.expectRevert(abi.encodeWithSelector(Vault.FeeTooHigh.selector, 501, 500));
        vault.setFeeRate(501);
        vault.setFeeRate(500);
        vm.stopPrank();
        uint256 job = runningJob(terms());
        commitAll(job, 0);
        closeAndDraw(job, 0);
        auditHonestly(job, 0, 0);
        settle(job, 0);
        same(creditOf(person(1)), 0.95e18);
        same(creditOf(auditor), 0.95e18);
        same(creditOf(TREASURY), 0.1e18);
    }

    function testFuzz_permits_deposit_in_one_call(uint128 amountWei) public {
        amountWei = uint128(uint256(amountWei) % 1e24) + 1;
        token.transfer(person(3), amountWei);
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", token.DOMAIN_SEPARATOR(), permitHash(amountWei)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf(3), digest);
        vm.prank(person(3));
        vault.depositWithPermit(amountWei, block.timestamp + 1, v, r, s);
        same(freeOf(person(3)), PURSE + amountWei);
    }

    function permitHash(uint256 amountWei) internal view returns (bytes32) {
        bytes32 kind = keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        uint256 nonce = token.nonces(person(3));
        return keccak256(abi.encode(kind, person(3), address(vault), amountWei, nonce, block.timestamp + 1));
    }
}
