// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Binary32} from "./Binary32.sol";
import {Definitions} from "./Definitions.sol";
import {ScalarBody} from "./ScalarBody.sol";

/// @notice The third executor: what one scalar operation gives, bit for bit (SPEC N). Holds nothing and changes nothing.
contract Court {
    using ScalarBody for ScalarBody.Machine;

    /// @notice Its code is the table of defined functions (N3).
    address public immutable definitions = address(new Definitions());

    /// @dev Bytes of a case: u8 code, three u32.
    uint256 private constant CASE = 13;

    error UnevenCases(uint256 length);

    /// @notice Single instructions, for anyone who wants to hold the court against another executor.
    /// @param cases Per case its code (`Codes`) and three big-endian words; those over its arity are ignored. f32 words are canonicalised first.
    /// @return results A big-endian word a case.
    function compute(bytes calldata cases) external view returns (bytes memory results) {
        if (cases.length % CASE != 0) revert UnevenCases(cases.length);
        uint256 count = cases.length / CASE;
        ScalarBody.Machine memory machine = ScalarBody.load(definitions);
        results = new bytes(4 * count);
        for (uint256 k; k < count; ++k) {
            uint256 value = _compute(machine, bytes32(cases[k * CASE:(k + 1) * CASE]));
            assembly ("memory-safe") {
                // The word before the place is kept: 28 bytes of it are rewritten as they are.
                let at := add(add(results, 4), shl(2, k))
                mstore(at, or(and(mload(at), not(0xffffffff)), value))
            }
        }
    }

    function _compute(ScalarBody.Machine memory machine, bytes32 one) private pure returns (uint256) {
        uint256 code = uint8(one[0]);
        uint256 entry = machine.entryOf(code);
        uint256 floats = ScalarBody.floatsOf(entry);
        uint256 a = (uint256(one) >> 216) & 0xffffffff;
        uint256 b = (uint256(one) >> 184) & 0xffffffff;
        uint256 c = (uint256(one) >> 152) & 0xffffffff;
        if (floats & 1 != 0) a = Binary32.canon(a);
        if (floats & 2 != 0) b = Binary32.canon(b);
        return machine.run(entry, code, a, b, c);
    }
}
