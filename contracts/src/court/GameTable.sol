// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// @notice Who may do what in which phase, and where it may lead: swarm/dispute/transitions.ts, row by row (SPEC D6).
library GameTable {
    uint8 internal constant SEGMENT = 0;
    uint8 internal constant SEALED = 1;
    uint8 internal constant OPENING = 2;
    uint8 internal constant STEPS = 3;
    uint8 internal constant CLAIM = 4;
    uint8 internal constant FAULT = 5;
    uint8 internal constant TENSOR = 6;
    uint8 internal constant PREFIXES = 7;
    uint8 internal constant TERM = 8;
    uint8 internal constant ANSWER = 9;
    uint8 internal constant OVER = 10;

    uint8 internal constant CHOOSE_SEGMENT = 0;
    uint8 internal constant ASK_CHECKPOINT = 1;
    uint8 internal constant REVEAL_CHECKPOINT = 2;
    uint8 internal constant OPEN_SEGMENT = 3;
    uint8 internal constant OPEN_STEP = 4;
    uint8 internal constant FAULT_START = 5;
    uint8 internal constant CLAIM_STEP = 6;
    uint8 internal constant FAULT_HEADER = 7;
    uint8 internal constant FAULT_STATE = 8;
    uint8 internal constant FAULT_POISON = 9;
    uint8 internal constant NAME_INPUT = 10;
    uint8 internal constant NAME_OPERATION = 11;
    uint8 internal constant NAME_WORD = 12;
    uint8 internal constant COMMIT_PREFIXES = 13;
    uint8 internal constant OPEN_TERM = 14;
    uint8 internal constant DEMAND = 15;
    uint8 internal constant ANSWER_DEMAND = 16;
    uint8 internal constant TIMEOUT = 17;
    uint8 internal constant CLAIM_DELTA = 18;
    uint8 internal constant FAULT_INPUT = 19;

    /// @dev A row: u8 phase, u8 move, u8 side (1: the defender's), u8 depth and one (0: needs no bond), u8 open, u16 phases that may come next, a bit each.
    uint256 internal constant ROW_BYTES = 7;
    bytes internal constant ROWS =
        hex"000000010000040001000000000201020100010001020301010000080212010200002003040002000410"
        hex"03050002000400030f000200020004060102000020050700030004000508000300040005090003000400"
        hex"05130003000400050a0003000040050b0003000040050f0003000200060c0003000480060f0003000200"
        hex"070d0104000100080e0004000400080f0004000200091001000101680011000001040001110100010400"
        hex"021101000104000311000001040004110100010400051100000104000611000001040007110100010400"
        hex"0811000001040009110100010400";

    error NoSuchMove(uint256 phase, uint256 move);

    struct Row {
        bool isDefenders;
        uint8 depth;
        bool isOpen;
        uint16 next;
    }

    function rowOf(uint8 phase, uint8 move) internal pure returns (Row memory row) {
        bytes memory rows = ROWS;
        uint256 wanted = (uint256(phase) << 8) | move;
        for (uint256 start; start < rows.length; start += ROW_BYTES) {
            uint256 packed;
            assembly ("memory-safe") {
                packed := shr(200, mload(add(add(rows, 32), start)))
            }
            if (packed >> 40 != wanted) continue;
            row.isDefenders = (packed >> 32) & 0xff == 1;
            row.depth = uint8(packed >> 24);
            row.isOpen = (packed >> 16) & 0xff == 1;
            row.next = uint16(packed);
            return row;
        }
        revert NoSuchMove(phase, move);
    }
}
