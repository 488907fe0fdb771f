// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Walker} from "./Walker.sol";

/// @dev S3: the sum of balances, stakes, bonds, credits and escrows is conserved, whatever people do.
contract MoneyTest {
    Walker internal walker;
    uint256 internal before;

    function setUp() public {
        walker = new Walker();
        before = walker.total();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(walker);
    }

    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(walker);
        targets[0].selectors = new bytes4[](1);
        targets[0].selectors[0] = Walker.act.selector;
    }

    function invariant_S3_value_is_conserved() public view {
        require(walker.missing() == 0, "the vault holds more or less than it owes");
        require(walker.total() == before, "value came or went");
    }

    function testFuzz_S2_S3_every_walk_can_be_brought_to_an_end_with_nothing_locked(uint256 seed) public {
        for (uint256 k; k < 120; ++k) {
            seed = uint256(keccak256(abi.encode(seed)));
            try walker.act(seed) {} catch {}
        }
        require(walker.missing() == 0, "S3 on the way");
        walker.driveToTheEnd();
        require(walker.missing() == 0, "S3 at the end");
        require(walker.total() == before, "value came or went");
        require(walker.locked() == 0, "something stays locked");
    }
}
