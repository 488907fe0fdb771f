// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";
import {ERC20Votes} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Votes.sol";
import {Nonces} from "@openzeppelin/contracts/utils/Nonces.sol";

/// @notice TUT: what jobs pay with, what stakes and bonds are made of, and what votes.
/// @dev The whole supply is minted once; there is no owner.
contract TuttiToken is ERC20, ERC20Permit, ERC20Votes {
    constructor(address holder, uint256 supplyWei) ERC20("Tutti", "TUT") ERC20Permit("Tutti") {
        _mint(holder, supplyWei);
    }

    /// @dev Votes count by time: an L2's block rate is not fixed.
    function clock() public view override returns (uint48) {
        return uint48(block.timestamp);
    }

    function CLOCK_MODE() public pure override returns (string memory) {
        return "mode=timestamp";
    }

    function _update(address from, address to, uint256 value) internal override(ERC20, ERC20Votes) {
        super._update(from, to, value);
    }

    function nonces(address owner) public view override(ERC20Permit, Nonces) returns (uint256) {
        return super.nonces(owner);
    }
}
