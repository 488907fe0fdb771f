// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {InputFact, StateFact, TensorFact} from "./Docket.sol";
import {ShownRead, ShownWord} from "./Evidence.sol";
import {ShownInput} from "./InputRule.sol";

/// @notice What a game is about (SPEC D6). `segment`: NO_SEGMENT where no audit has named one. The bonds are b of D11, of the
/// challenger and of the defender; 0 where something else already stands for that side. @param steps ROUND_STEPS or OUTER_STEPS. Of
/// the outer step (D6 10) `checkpointsRoot` is over the counted slots' proposals, of which there are `counted`, and `endRound` is the
/// round that the posted root is of.
struct GameSetting {
    bytes32 docketRoot;
    bytes32 globalRoot;
    bytes32 checkpointsRoot;
    /// What all of it leads to: the slot's proposal (T6), or the posted root.
    bytes32 endRoot;
    uint32 round;
    uint32 slot;
    uint32 segment;
    uint32 clockSeconds;
    uint8 steps;
    uint16 counted;
    uint32 endRound;
    address challenger;
    address defender;
    uint88 bondWei;
    uint88 defenderBondWei;
}

uint32 constant NO_SEGMENT = type(uint32).max;

/// @dev What the steps of a game are: those of a slot's round; its delta (D6 9); the delta of a round that is poison; the outer step's,
/// one a counted slot (D6 10).
uint8 constant ROUND_STEPS = 0;
uint8 constant DELTA_STEP = 1;
uint8 constant DELTA_OF_POISON = 2;
uint8 constant OUTER_STEPS = 3;

/// @dev Lists that may be walked (D9), in the order of `ListName` in swarm/dispute/game.ts.
enum GameList {
    Steps,
    Start,
    After,
    Inputs,
    Trace,
    Tensor,
    Prefixes
}

/// @param winner 0 nobody yet, 1 challenger, 2 defender, 3 moot: nobody ever. @param depth Highest bonded depth and one, of each side.
struct GameState {
    bytes32 docketRoot;
    bytes32 globalRoot;
    bytes32 checkpointsRoot;
    bytes32 endRoot;
    bytes32 factsHash;
    address challenger;
    uint88 bondWei;
    uint8 phase;
    uint88 defenderBondWei;
    address defender;
    uint40 since;
    uint8 winner;
    uint8 challengerDepth;
    uint8 defenderDepth;
    uint32 round;
    uint32 slot;
    uint32 challengerLeft;
    uint32 defenderLeft;
    uint8 steps;
    bool poisonedDelta;
    uint16 counted;
    uint32 endRound;
    uint32 segment;
    uint32 step;
    uint16 low;
    uint16 high;
    uint16 asked;
    uint16 shown;
    bytes32 startRoot;
    bytes32 stepsRoot;
    bytes32 rootBefore;
    bytes32 rootAfter;
    bytes32 inputsRoot;
    bytes32 traceRoot;
    bytes32 namedRoot;
    bytes32 prefixesRoot;
    bytes32 demandedNode;
    bool isInput;
    uint8 reduce;
    uint32 place;
    uint32 elements;
    uint32 terms;
    uint32 element;
    uint32 value;
    uint8 demandedList;
    uint8 demandedFrom;
    uint8 demandedHeight;
    uint32 demandedIndex;
}

struct ShownRoot {
    bytes32 root;
    bytes32[] path;
}

/// @notice A sealed checkpoint, opened (R4).
struct Unsealed {
    bytes32 root;
    bytes32 salt;
    bytes32[] path;
}

struct ShownTensor {
    TensorFact fact;
    bytes32[] path;
}

struct ShownState {
    StateFact fact;
    bytes32[] path;
}

struct ShownInputFact {
    InputFact fact;
    bytes32[] path;
}

struct ShownOperation {
    bytes operation;
    bytes32[] path;
}

/// @notice D8. A non-finite word of tensor `place` at `element`; or operation `place` at (`element`, `term`), where an index is out of range.
struct Witness {
    bool isIndex;
    uint32 place;
    uint256 element;
    uint256 term;
    ShownTensor tensor;
    ShownWord word;
    ShownOperation operation;
    ShownRead[] reads;
}

/// @notice What the right value of an input's word follows from.
struct InputProof {
    ShownInputFact fact;
    ShownTensor tensor;
    ShownInput shown;
}

/// @notice An operation with the words that one point of it reads.
struct PointProof {
    ShownOperation operation;
    ShownRead[] reads;
}

/// @notice A word of the disputed tensor. @param input, point One of them where the court rules at once: of an input, of an operation without a reduction.
struct WordClaim {
    uint32 element;
    bytes piece;
    bytes32[] path;
    InputProof[] input;
    PointProof[] point;
}

struct ShownPrefix {
    uint256[] prefix;
    bytes32[] path;
}
