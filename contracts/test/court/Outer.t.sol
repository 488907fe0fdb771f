// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DTypes} from "../../src/court/Codes.sol";
import {InputFact, JobFacts, StateFact, TensorFact} from "../../src/court/Docket.sol";
import {GameBase} from "../../src/court/GameBase.sol";
import {GameFaults} from "../../src/court/GameFaults.sol";
import {
    GameSetting,
    NO_SEGMENT,
    OUTER_STEPS,
    ShownInputFact,
    ShownRoot,
    ShownState,
    ShownTensor,
    Unsealed,
    Witness
} from "../../src/court/GameTypes.sol";
import {InputRule, ShownInput, StepPlace} from "../../src/court/InputRule.sol";
import {Setting} from "../Setting.sol";
import {vm} from "../Vm.sol";
import {Trees} from "./Trees.sol";

/// @dev The outer step over two counted slots (D6 10), by hand: G has one tensor, the state a sum beside it.
contract OuterTest is Setting {
    uint32 internal constant NONE = type(uint32).max;
    bytes32[] internal docket;
    bytes32[] internal global;
    bytes32[] internal middle;
    bytes32[] internal posted;
    bytes32[][2] internal proposals;

    function setUp() public {
        setUpContracts();
        bytes memory head = abi.encodePacked(uint32(2), new bytes(9 * 4), uint32(1), uint32(1), uint32(2), uint32(1), uint32(1));
        docket.push(sha256(bytes.concat(head, new bytes(5 * 32))));
        docket.push(sha256(abi.encodePacked(uint32(0), uint32(5), uint32(2), uint32(0), uint32(0))));
        docket.push(sha256(abi.encodePacked(uint32(0), uint32(18), uint32(1), uint32(2), uint32(0), uint32(0), bytes32(0))));
        docket.push(sha256(abi.encodePacked(uint32(0), uint32(0), uint32(0), uint32(0), uint32(0))));
        docket.push(sha256(abi.encodePacked(uint32(0), uint32(0), uint32(2), uint32(0), NONE)));
        docket.push(sha256("operation"));
        global = [sha256("header of G"), sha256("weights")];
        middle = [sha256(abi.encodePacked(uint32(3), NONE, uint32(1), uint32(2))), sha256("weights"), sha256("sum")];
        posted = [sha256(abi.encodePacked(uint32(4), NONE, uint32(0), uint32(1))), sha256("moved")];
        proposals[0] = [sha256("header of slot 0"), sha256("delta of slot 0")];
        proposals[1] = [sha256("header of slot 1"), sha256("delta of slot 1")];
    }

    function outer() internal pure returns (JobFacts memory it) {
        (it.tensors, it.inputs, it.states, it.operations, it.globals) = (1, 1, 2, 1, 1);
    }

    function actAs(address who) internal {
        vm.stopPrank();
        vm.startPrank(who);
    }

    function proposalRoots() internal view returns (bytes32[] memory roots) {
        roots = new bytes32[](2);
        for (uint256 k; k < 2; ++k) roots[k] = Trees.rootOf(proposals[k]);
    }

    function begin(uint16 counted) internal returns (uint256 id) {
        GameSetting memory setting;
        setting.docketRoot = Trees.rootOf(docket);
        setting.globalRoot = Trees.rootOf(global);
        setting.checkpointsRoot = Trees.rootOf(proposalRoots());
        setting.endRoot = Trees.rootOf(posted);
        (setting.round, setting.endRound, setting.slot, setting.segment) = (3, 4, NONE, NO_SEGMENT);
        (setting.clockSeconds, setting.steps, setting.counted) = (100, OUTER_STEPS, counted);
        (setting.challenger, setting.defender) = (person(5), person(1));
        bytes32[] memory path = Trees.pathOf(docket, 0);
        actAs(address(challenges));
        id = game.open(setting, outer(), path);
    }

    function openSteps(uint256 id, bytes32[] memory steps) internal {
        uint256 last = steps.length - 1;
        Unsealed memory first = Unsealed(steps[0], 0, new bytes32[](0));
        Unsealed memory end = Unsealed(steps[last], 0, new bytes32[](0));
        bytes32 root = Trees.rootOf(steps);
        (bytes32[] memory toFirst, bytes32[] memory toLast) = (Trees.pathOf(steps, 0), Trees.pathOf(steps, last));
        actAs(person(1));
        game.openSegment(id, outer(), first, end, root, toFirst, toLast);
    }

    function steps_() internal view returns (bytes32[] memory steps) {
        steps = new bytes32[](3);
        (steps[0], steps[1], steps[2]) = (sha256("start"), Trees.rootOf(middle), Trees.rootOf(posted));
    }

    /// @return id Of a game about step `step`, whose claim is made.
    function claimed(uint32 step, bytes32 inputsRoot, bytes32 traceRoot) internal returns (uint256 id) {
        id = begin(2);
        bytes32[] memory steps = steps_();
        openSteps(id, steps);
        (ShownRoot memory first, ShownRoot memory second) = (shown(steps, step), shown(steps, step + 1));
        actAs(person(5));
        game.openStep(id, outer(), step, first, second);
        actAs(person(1));
        GameFaults(address(game)).claimStep(id, outer(), inputsRoot, traceRoot, new Witness[](0));
        actAs(person(5));
    }

    function shown(bytes32[] memory leaves, uint256 k) internal pure returns (ShownRoot memory) {
        return ShownRoot(leaves[k], Trees.pathOf(leaves, k));
    }

    function alone(bytes32 root) internal pure returns (ShownRoot memory) {
        return ShownRoot(root, new bytes32[](0));
    }

    function test_D6_the_outer_step_ends_in_what_was_posted() public {
        uint256 id = begin(2);
        bytes32[] memory steps = steps_();
        steps[2] = sha256("another");
        Unsealed memory first = Unsealed(steps[0], 0, new bytes32[](0));
        Unsealed memory end = Unsealed(steps[2], 0, new bytes32[](0));
        bytes32 root = Trees.rootOf(steps);
        (bytes32[] memory toFirst, bytes32[] memory toLast) = (Trees.pathOf(steps, 0), Trees.pathOf(steps, 2));
        actAs(person(1));
        vm.expectRevert(abi.encodeWithSelector(GameBase.NotShown.selector, bytes32("posted root")));
        game.openSegment(id, outer(), first, end, root, toFirst, toLast);
    }

    function test_H4_D7_the_last_state_has_the_header_of_the_next_G() public {
        uint256 id = claimed(1, sha256("in"), sha256("out"));
        game.faultHeader(id, outer(), shown(posted, 0));
        same(game.winnerOf(id), 2);
        posted[0] = sha256(abi.encodePacked(uint32(3), NONE, uint32(2), uint32(2)));
        id = claimed(1, sha256("in"), sha256("out"));
        game.faultHeader(id, outer(), shown(posted, 0));
        same(game.winnerOf(id), 1);
        id = claimed(0, sha256("in"), sha256("out"));
        game.faultHeader(id, outer(), shown(middle, 0));
        same(game.winnerOf(id), 2);
    }

    function test_D7_a_tensor_of_the_posted_state_is_what_the_last_step_wrote() public {
        ShownState memory slot = ShownState(StateFact(0, 0, 0, 0, 0), Trees.pathOf(docket, 3));
        ShownTensor memory tensor = ShownTensor(TensorFact(0, 5, 2, 0, false), Trees.pathOf(docket, 1));
        uint256 id = claimed(1, sha256("in"), posted[1]);
        game.faultState(id, outer(), 0, slot, tensor, shown(posted, 1), alone(posted[1]));
        same(game.winnerOf(id), 2);
        id = claimed(1, sha256("in"), sha256("worked out"));
        game.faultState(id, outer(), 0, slot, tensor, shown(posted, 1), alone(sha256("worked out")));
        same(game.winnerOf(id), 1);
    }

    function test_D7_each_step_takes_the_proposal_of_its_own_slot() public {
        ShownInputFact memory input = ShownInputFact(InputFact(0, uint32(InputRule.OF_PROPOSAL), 1, 2, 0, 0, 0), Trees.pathOf(docket, 2));
        bytes32[] memory roots = proposalRoots();
        (ShownRoot memory own, ShownRoot memory other) = (shown(roots, 1), shown(roots, 0));
        (ShownRoot memory right, ShownRoot memory wrong) = (shown(proposals[1], 1), shown(proposals[0], 1));
        uint256 id = claimed(1, proposals[0][1], sha256("out"));
        vm.expectRevert(abi.encodeWithSelector(GameBase.NotShown.selector, bytes32("proposal")));
        game.faultInput(id, outer(), 0, input, alone(proposals[0][1]), wrong, other);
        game.faultInput(id, outer(), 0, input, alone(proposals[0][1]), right, own);
        same(game.winnerOf(id), 1);
        id = claimed(1, proposals[1][1], sha256("out"));
        game.faultInput(id, outer(), 0, input, alone(proposals[1][1]), right, own);
        same(game.winnerOf(id), 2);
    }

    function test_T5_without_slots_the_next_G_is_the_same_in_another_round() public {
        posted[1] = global[1];
        for (uint256 k; k < 2; ++k) {
            uint256 id = begin(0);
            bytes32[] memory only = new bytes32[](1);
            only[0] = Trees.rootOf(posted);
            openSteps(id, only);
            ShownState memory slot = ShownState(StateFact(0, 0, 0, 0, 0), Trees.pathOf(docket, 3));
            ShownTensor memory tensor = ShownTensor(TensorFact(0, 5, 2, 0, false), Trees.pathOf(docket, 1));
            (ShownRoot memory leaf, ShownRoot memory inGlobal) = (shown(posted, 1), shown(global, 1));
            actAs(person(5));
            game.faultStart(id, outer(), leaf, 0, slot, tensor, inGlobal);
            same(game.winnerOf(id), k == 0 ? 2 : 1);
            posted[1] = sha256("moved all the same");
        }
        vm.stopPrank();
    }

    function test_T5_the_words_of_a_step_say_how_many_count_and_which_is_the_last() public view {
        ShownInput memory nothing = ShownInput("", new bytes32[](0), new bytes32[](0));
        InputFact memory counted = InputFact(0, uint32(InputRule.COUNTED), 0, 0, 0, 0, 0);
        InputFact memory last = InputFact(0, uint32(InputRule.LAST), 0, 0, 0, 0, 0);
        same(court.inputWord(outer(), StepPlace(3, NONE, 0, 3), counted, DTypes.F32, 0, nothing), 0x40400000);
        for (uint32 step; step < 3; ++step) {
            same(court.inputWord(outer(), StepPlace(3, NONE, step, 3), last, DTypes.I32, 0, nothing), step == 2 ? 1 : 0);
        }
    }
}
