// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {IGovernor} from "@openzeppelin/contracts/governance/IGovernor.sol";
import {TuttiGovernor} from "../src/TuttiGovernor.sol";
import {TuttiToken} from "../src/TuttiToken.sol";
import {vm} from "./Vm.sol";

contract GovernorTest {
    TuttiToken internal token;
    TimelockController internal timelock;
    TuttiGovernor internal governor;

    function setUp() public {
        vm.warp(1_000_000);
        token = new TuttiToken(address(this), 1e27);
        address[] memory proposers = new address[](1);
        proposers[0] = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        timelock = new TimelockController(100, proposers, new address[](1), address(0));
        governor = new TuttiGovernor(token, timelock, 10, 1000);
        require(address(governor) == proposers[0]);
        token.transfer(address(timelock), 1e24);
        token.delegate(address(this));
    }

    function proposal() internal view returns (address[] memory to, uint256[] memory values, bytes[] memory data) {
        to = new address[](1);
        values = new uint256[](1);
        data = new bytes[](1);
        to[0] = address(token);
        data[0] = abi.encodeCall(token.transfer, (address(0xbeef), 5e18));
    }

    function test_a_vote_spends_from_the_treasury_after_the_timelock() public {
        vm.warp(1_000_001);
        (address[] memory to, uint256[] memory values, bytes[] memory data) = proposal();
        uint256 id = governor.propose(to, values, data, "pay");
        vm.warp(1_000_012);
        governor.castVote(id, 1);
        vm.warp(1_001_013);
        governor.queue(to, values, data, keccak256("pay"));
        vm.expectRevert();
        governor.execute(to, values, data, keccak256("pay"));
        vm.warp(1_001_114);
        governor.execute(to, values, data, keccak256("pay"));
        require(token.balanceOf(address(0xbeef)) == 5e18);
    }

    function test_without_votes_nothing_is_spent() public {
        vm.warp(1_000_001);
        (address[] memory to, uint256[] memory values, bytes[] memory data) = proposal();
        vm.prank(address(0xbad));
        vm.expectRevert();
        governor.propose(to, values, data, "steal");
        vm.expectRevert();
        timelock.execute(to[0], 0, data[0], 0, 0);
    }
}
