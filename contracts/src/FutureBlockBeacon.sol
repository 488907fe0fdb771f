// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IBeacon} from "./IBeacon.sol";

/// @notice The hash of a block that does not exist yet. For embedded chains: whoever makes the blocks of a real
/// chain could choose among hashes, so a real L2 wants a drand pulse behind the same interface.
contract FutureBlockBeacon is IBeacon {
    /// @dev EIP-2935: hashes of the last 8191 blocks.
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;
    uint64 internal constant HISTORY_BLOCKS = 8191;
    uint64 public immutable delayBlocks;

    constructor(uint64 delayBlocks_) {
        delayBlocks = delayBlocks_;
    }

    function next() external view returns (uint64) {
        return uint64(block.number) + delayBlocks;
    }

    function read(uint64 target) public view returns (bool known, bytes32 value) {
        if (block.number <= target) return (false, 0);
        value = blockhash(target);
        if (value == 0 && block.number - target <= HISTORY_BLOCKS) {
            (bool found, bytes memory answer) = HISTORY.staticcall(abi.encode(uint256(target)));
            if (found && answer.length == 32) value = abi.decode(answer, (bytes32));
        }
        known = value != 0;
    }

    function lost(uint64 target) external view returns (bool) {
        if (block.number <= uint256(target) + 256) return false;
        (bool known,) = read(target);
        return !known;
    }
}
