// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Binary32} from "./Binary32.sol";
import {Codes, DTypes} from "./Codes.sol";
import {OperationBytes} from "./OperationBytes.sol";
import {ScalarBody} from "./ScalarBody.sol";

/// @notice One operation at one point (i, r) of its iteration space (SPEC D4): where its reads lie, and what its body gives.
library Point {
    using ScalarBody for ScalarBody.Machine;

    uint256 internal constant INSIDE = 0;
    /// @dev By an affine index: the read gives its fill.
    uint256 internal constant OUTSIDE = 1;
    /// @dev By a gathered index (P7): the read gives its fill, and the step is poison.
    uint256 internal constant OUT_OF_RANGE = 2;

    uint256 private constant WORD = 0xffffffff;

    error NoSuchPoint(uint256 element, uint256 term);

    /// @param element Flat, in a tensor of `elements`; of no meaning but INSIDE.
    struct Place {
        uint256 kind;
        uint256 tensor;
        uint256 element;
        uint256 elements;
        uint256 fill;
    }

    /// @notice An evaluation under way: reads are placed and given their words one by one, then the body runs.
    /// @param coordinates Of the output's axes, then of the reduced ones. @param cursor Where the next read stands in memory.
    /// @param known Reads that have their value. @param outOfRange The first read out of range, or type(uint256).max.
    struct Run {
        OperationBytes.Operation operation;
        uint256[] coordinates;
        uint256[] values;
        uint256[] dtypes;
        uint256 cursor;
        uint256 known;
        uint256 outOfRange;
    }

    function begin(bytes memory operation, uint256 element, uint256 term) internal pure returns (Run memory run) {
        OperationBytes.Operation memory it = OperationBytes.parse(operation);
        run.operation = it;
        run.coordinates = coordinatesOf(it, element, term);
        run.values = new uint256[](it.readCount);
        run.dtypes = new uint256[](it.readCount);
        run.cursor = it.reads;
        run.outOfRange = type(uint256).max;
    }

    /// @notice Where the next read's word lies; the reads before it have been given theirs.
    function nextPlace(Run memory run) internal pure returns (Place memory place) {
        (place, run.cursor) = placeOf(run.cursor, run.coordinates, run.values, run.known);
        if (place.kind == OUT_OF_RANGE && run.outOfRange > run.known) run.outOfRange = run.known;
    }

    /// @param word Of the place; its fill where that is not inside.
    function give(Run memory run, uint256 dtype, uint256 word) internal pure {
        unchecked {
            run.dtypes[run.known] = dtype;
            run.values[run.known++] = dtype == DTypes.F32 ? Binary32.canon(word) : word;
        }
    }

    /// @notice Coordinates of the output's axes, then of the reduced ones.
    function coordinatesOf(OperationBytes.Operation memory it, uint256 element, uint256 term)
        internal
        pure
        returns (uint256[] memory coordinates)
    {
        if (element >= it.elements || term >= it.terms) revert NoSuchPoint(element, term);
        coordinates = new uint256[](it.shape.length + it.extents.length);
        _unflatten(element, it.shape, coordinates, 0);
        _unflatten(term, it.extents, coordinates, it.shape.length);
    }

    function _unflatten(uint256 flat, uint256[] memory extents, uint256[] memory coordinates, uint256 from) private pure {
        unchecked {
            for (uint256 axis = extents.length; axis-- > 0;) {
                coordinates[from + axis] = flat % extents[axis];
                flat /= extents[axis];
            }
        }
    }

    /// @param read Where the read stands in memory. @param values Of the reads before it.
    /// @return place Of its word. @return next Where the next read stands.
    function placeOf(uint256 read, uint256[] memory coordinates, uint256[] memory values, uint256 known)
        internal
        pure
        returns (Place memory place, uint256 next)
    {
        unchecked {
            place.tensor = OperationBytes.u32(read);
            place.fill = OperationBytes.u32(read + 4);
            place.elements = 1;
            uint256 rank = OperationBytes.u32(read + 8);
            uint256 sizes = read + 12;
            next = sizes + 4 * rank;
            for (uint256 d; d < rank; ++d) {
                uint256 size = OperationBytes.u32(sizes + 4 * d);
                place.elements *= size;
                int256 index;
                if (OperationBytes.u8(next) == 1) {
                    uint256 from = OperationBytes.u32(next + 1);
                    if (from >= known) revert OperationBytes.MalformedOperation();
                    index = int256(int32(uint32(values[from])));
                    if (index < 0 || uint256(index) >= size) place.kind = OUT_OF_RANGE;
                } else {
                    index = _affine(next, coordinates);
                    if ((index < 0 || uint256(index) >= size) && place.kind == INSIDE) place.kind = OUTSIDE;
                }
                place.element = place.element * size + uint256(index);
                next = OperationBytes.afterIndex(next);
            }
        }
    }

    /// @return index -1 where the division is exact and leaves a rest.
    function _affine(uint256 from, uint256[] memory coordinates) private pure returns (int256 index) {
        unchecked {
            index = OperationBytes.i32(from + 1);
            int256 divisor = int256(OperationBytes.u32(from + 5));
            uint256 end = OperationBytes.afterIndex(from);
            for (uint256 term = from + 14; term < end; term += 8) {
                uint256 axis = OperationBytes.u32(term);
                if (axis >= coordinates.length) revert OperationBytes.MalformedOperation();
                index += OperationBytes.i32(term + 4) * int256(coordinates[axis]);
            }
            if (divisor == 1) return index;
            if (divisor == 0) revert OperationBytes.MalformedOperation();
            int256 rest = index % divisor;
            if (rest == 0) return index / divisor;
            if (OperationBytes.u8(from + 9) == 1) return -1;
            return rest < 0 ? index / divisor - 1 : index / divisor;
        }
    }

    /// @notice The body; every read has its value.
    /// @return first The result. @return second The other factor of a mac, or 0. @return dtype Of the first.
    function evaluate(ScalarBody.Machine memory machine, Run memory run)
        internal
        pure
        returns (uint256 first, uint256 second, uint256 dtype)
    {
        unchecked {
            OperationBytes.Operation memory it = run.operation;
            // A line's type stands above its word.
            uint256[] memory lines = new uint256[](it.lineCount);
            uint256 from = it.body;
            for (uint256 k; k < it.lineCount; ++k) {
                uint256 code = OperationBytes.u8(from);
                if (code >= Codes.FIRST) {
                    (lines[k], from) = _instruction(machine, code, from + 1, lines, k);
                } else if (code == Codes.CONST) {
                    lines[k] = OperationBytes.u8(from + 1) << 32 | OperationBytes.u32(from + 2);
                    from += 6;
                } else {
                    lines[k] = _leaf(run, code, OperationBytes.u32(from + 1));
                    from += 5;
                }
            }
            first = _line(lines, OperationBytes.u32(it.results), it.lineCount);
            dtype = first >> 32;
            first &= WORD;
            if (it.resultCount == 2) second = _line(lines, OperationBytes.u32(it.results + 4), it.lineCount) & WORD;
        }
    }

    /// @notice A read's value, or an axis.
    function _leaf(Run memory run, uint256 code, uint256 which) private pure returns (uint256) {
        if (which >= (code == Codes.READ ? run.known : run.coordinates.length)) revert OperationBytes.MalformedOperation();
        return code == Codes.READ
            ? run.dtypes[which] << 32 | run.values[which]
            : DTypes.I32 << 32 | run.coordinates[which];
    }

    function _line(uint256[] memory lines, uint256 which, uint256 known) private pure returns (uint256) {
        if (which >= known) revert OperationBytes.MalformedOperation();
        return lines[which];
    }

    /// @param from Where the count of its arguments stands.
    function _instruction(
        ScalarBody.Machine memory machine,
        uint256 code,
        uint256 from,
        uint256[] memory lines,
        uint256 known
    ) private pure returns (uint256 line, uint256 next) {
        unchecked {
            uint256 entry = machine.entryOf(code);
            uint256 arity = ScalarBody.arityOf(entry);
            if (OperationBytes.u32(from) != arity) revert OperationBytes.MalformedOperation();
            next = from + 4;
            uint256[3] memory args;
            for (uint256 k; k < arity; ++k) {
                line = _line(lines, OperationBytes.u32(next), known);
                args[k] = line & WORD;
                next += 4;
            }
            // The last argument has the type that `select` and integer instructions pass on.
            uint256 dtype = ScalarBody.typeOf(entry);
            if (dtype == ScalarBody.SAME) dtype = line >> 32;
            line = dtype << 32 | machine.run(entry, code, args);
        }
    }
}
