// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";

/// @notice Carries actors' signed requests (S4): EIP-712 domain "Tutti", chain, this address; nonce and deadline inside.
contract TuttiForwarder is ERC2771Forwarder {
    constructor() ERC2771Forwarder("Tutti") {}
}
