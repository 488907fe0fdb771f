// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Randomness fixed in advance and unknown to anyone until later (A1).
interface IBeacon {
    /// @return target What to ask `read` for: unknown to anyone now.
    function next() external view returns (uint64 target);

    /// @return known False while the value is not out, or was lost.
    function read(uint64 target) external view returns (bool known, bytes32 value);

    /// @return True when the value was out and can no longer be had: a new target must be taken.
    function lost(uint64 target) external view returns (bool);
}
