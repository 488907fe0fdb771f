// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";

/// @notice Gives newcomers of an embedded chain TUT and a little gas. Not for a chain whose TUT is worth money.
contract Faucet is ERC2771Context {
    IERC20 public immutable token;
    uint256 public immutable portionWei;
    uint256 public immutable capWei;
    uint256 public immutable gasPortionWei;
    mapping(address account => uint256) public givenWei;

    event Given(address indexed account, uint256 amountWei, uint256 gasWei);

    error FaucetCapReached(address account, uint256 capWei);
    error FaucetEmpty(uint256 leftWei);

    constructor(address forwarder, IERC20 token_, uint256 portionWei_, uint256 capWei_, uint256 gasPortionWei_)
        payable
        ERC2771Context(forwarder)
    {
        token = token_;
        portionWei = portionWei_;
        capWei = capWei_;
        gasPortionWei = gasPortionWei_;
    }

    receive() external payable {}

    /// @notice One portion of TUT to the caller, and with the first one gas, as long as there is any.
    function drip() external {
        address account = _msgSender();
        uint256 given = givenWei[account];
        if (given + portionWei > capWei) revert FaucetCapReached(account, capWei);
        uint256 left = token.balanceOf(address(this));
        if (left < portionWei) revert FaucetEmpty(left);
        givenWei[account] = given + portionWei;
        uint256 gasWei = given == 0 && address(this).balance >= gasPortionWei ? gasPortionWei : 0;
        require(token.transfer(account, portionWei));
        if (gasWei > 0) {
            // An account that cannot take the gas still gets its tokens.
            (bool taken,) = account.call{value: gasWei, gas: 10_000}("");
            if (!taken) gasWei = 0;
        }
        emit Given(account, portionWei, gasWei);
    }
}
