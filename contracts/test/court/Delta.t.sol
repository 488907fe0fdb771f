// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Docket, InputFact, JobFacts, StateFact, TensorFact} from "../../src/court/Docket.sol";
import {GameFaults} from "../../src/court/GameFaults.sol";
import {GameBase} from "../../src/court/GameBase.sol";
import {GameTable} from "../../src/court/GameTable.sol";
import {
    GameList,
    GameSetting,
    NO_SEGMENT,
    ShownInputFact,
    ShownRoot,
    ShownState,
    ShownTensor,
    Unsealed,
    Witness
} from "../../src/court/GameTypes.sol";
import {InputRule} from "../../src/court/InputRule.sol";
import {Setting} from "../Setting.sol";
import {vm} from "../Vm.sol";
import {Trees} from "./Trees.sol";

/// @dev The delta of a round of one step (D6 9), by hand: one tensor of 300 words of 7 where the round is poison.
contract DeltaTest is Setting {
    uint32 internal constant ELEMENTS = 300;
    uint32 internal constant FILL = 7;
    address internal challenger;
    address internal solver;
    bytes32[] internal docket;
    bytes32[] internal proposal;
    bytes32[] internal global;
    bytes32[] internal last;

    function setUp() public {
        setUpContracts();
        (solver, challenger) = (person(1), person(5));
        docket.push(leafOf(delta()));
        docket.push(sha256(abi.encodePacked(uint32(1), ELEMENTS, uint32(2), uint32(0), uint32(0))));
        docket.push(sha256(abi.encodePacked(uint32(0), uint32(16), uint32(1), uint32(2), uint32(0), uint32(0), bytes32(0))));
        docket.push(sha256(abi.encodePacked(uint32(0), uint32(0), uint32(2), FILL, type(uint32).max)));
        docket.push(sha256("operation"));
        global = [sha256("header of G"), sha256("weights")];
        last = [sha256("header"), sha256("end")];
        proposal = [sha256(abi.encodePacked(uint32(0), uint32(0), type(uint32).max, uint32(1))), filled()];
    }

    function delta() internal pure returns (JobFacts memory it) {
        (it.tensors, it.inputs, it.states, it.operations, it.globals) = (1, 1, 1, 1, 1);
    }

    function round() internal view returns (JobFacts memory it) {
        (it.stepsPerRound, it.checkpointEvery, it.deltaDocket) = (1, 1, Trees.rootOf(docket));
    }

    function leafOf(JobFacts memory it) internal pure returns (bytes32) {
        bytes memory head = abi.encodePacked(uint32(2), it.profile, it.slots, it.rounds, it.stepsPerRound, it.checkpointEvery);
        bytes memory rest = abi.encodePacked(it.batch, it.rows, it.rowsPerChunk, it.rowBytes, it.tensors, it.inputs, it.states);
        bytes memory roots = abi.encodePacked(it.seed, it.datasetRoot, it.programHash, it.deltaDocket, it.outerDocket);
        return sha256(bytes.concat(head, rest, abi.encodePacked(it.operations, it.globals), roots));
    }

    /// @dev H3 of the tensor that poison leaves.
    function filled() internal pure returns (bytes32) {
        bytes memory first;
        bytes memory rest;
        for (uint256 k; k < 256; ++k) first = bytes.concat(first, hex"07000000");
        for (uint256 k; k < 256; ++k) rest = bytes.concat(rest, k < ELEMENTS - 256 ? bytes4(hex"07000000") : bytes4(0));
        return sha256(abi.encodePacked(sha256(first), sha256(rest)));
    }

    function poison() internal pure returns (bytes32) {
        return sha256(abi.encodePacked(bytes8("poison\x00\x00"), uint32(0), uint32(0), uint32(1)));
    }

    /// @return id Of a game in which the solver is to claim its delta. @return opening Of its last checkpoint.
    function begin(bytes32 end) internal returns (uint256 id, Unsealed memory opening) {
        bytes32[] memory sealed_ = new bytes32[](2);
        sealed_[0] = sha256("the start");
        sealed_[1] = sha256(abi.encodePacked(end, bytes32("salt")));
        opening = Unsealed(end, bytes32("salt"), Trees.pathOf(sealed_, 1));
        GameSetting memory setting;
        setting.docketRoot = leafOf(round());
        setting.globalRoot = Trees.rootOf(global);
        setting.checkpointsRoot = Trees.rootOf(sealed_);
        setting.endRoot = Trees.rootOf(proposal);
        (setting.segment, setting.clockSeconds) = (NO_SEGMENT, 100);
        (setting.challenger, setting.defender) = (challenger, solver);
        JobFacts memory job = round();
        actAs(address(challenges));
        id = game.open(setting, job, new bytes32[](0));
        actAs(challenger);
        game.chooseSegment(id, round(), 1);
    }

    /// @dev Hashing is a call too: a prank for one call would be used up by it.
    function actAs(address who) internal {
        vm.stopPrank();
        vm.startPrank(who);
    }

    function moves() internal view returns (GameFaults) {
        return GameFaults(address(game));
    }

    function claim(bytes32 end, bytes32 inputsRoot, bytes32 traceRoot) internal returns (uint256 id) {
        Unsealed memory opening;
        (id, opening) = begin(end);
        actAs(solver);
        moves().claimDelta(id, round(), delta(), Trees.pathOf(docket, 0), opening, inputsRoot, traceRoot, new Witness[](0));
    }

    function shown(bytes32[] memory leaves, uint256 k) internal pure returns (ShownRoot memory) {
        return ShownRoot(leaves[k], Trees.pathOf(leaves, k));
    }

    function none() internal pure returns (ShownRoot memory) {
        return ShownRoot(0, new bytes32[](0));
    }

    function stateFact() internal view returns (ShownState memory) {
        return ShownState(StateFact(0, 0, 2, FILL, type(uint32).max), Trees.pathOf(docket, 3));
    }

    function tensorFact() internal view returns (ShownTensor memory) {
        return ShownTensor(TensorFact(1, ELEMENTS, Docket.FROM_OPERATION, 0, false), Trees.pathOf(docket, 1));
    }

    function faultState(uint256 id, ShownRoot memory right) internal {
        actAs(challenger);
        game.faultState(id, delta(), 0, stateFact(), tensorFact(), shown(proposal, 1), right);
    }

    function test_D6_T7_the_delta_of_poison_changes_nothing() public {
        uint256 id = claim(poison(), 0, 0);
        faultState(id, ShownRoot(0, new bytes32[](0)));
        same(game.winnerOf(id), 2);
        proposal[1] = sha256("a gift");
        id = claim(poison(), 0, 0);
        faultState(id, ShownRoot(0, new bytes32[](0)));
        same(game.winnerOf(id), 1);
    }

    function test_D6_the_delta_of_poison_has_no_step_to_ask_for() public {
        uint256 id = claim(poison(), 0, 0);
        actAs(challenger);
        vm.expectRevert(abi.encodeWithSelector(GameBase.NotShown.selector, bytes32("list")));
        game.demand(id, delta(), GameList.Trace, 0, 0, 0, new bytes32[](0));
        (uint256 other, Unsealed memory opening) = begin(poison());
        (JobFacts memory job, bytes32[] memory path) = (round(), Trees.pathOf(docket, 0));
        bytes32 root = sha256("in");
        actAs(solver);
        vm.expectRevert(abi.encodeWithSelector(GameBase.NotShown.selector, bytes32("poison")));
        moves().claimDelta(other, job, delta(), path, opening, root, root, new Witness[](0));
    }

    function test_D7_a_proposal_has_the_header_of_no_step() public {
        uint256 id = claim(Trees.rootOf(last), sha256("in"), sha256("out"));
        actAs(challenger);
        game.faultHeader(id, delta(), shown(proposal, 0));
        same(game.winnerOf(id), 2);
        proposal[0] = sha256("another");
        id = claim(Trees.rootOf(last), sha256("in"), sha256("out"));
        actAs(challenger);
        game.faultHeader(id, delta(), shown(proposal, 0));
        same(game.winnerOf(id), 1);
    }

    function test_D7_a_tensor_of_the_proposal_is_what_the_step_wrote() public {
        bytes32 made = sha256("made");
        uint256 id = claim(Trees.rootOf(last), sha256("in"), made);
        faultState(id, ShownRoot(made, new bytes32[](0)));
        same(game.winnerOf(id), 1);
        proposal[1] = made;
        id = claim(Trees.rootOf(last), sha256("in"), made);
        faultState(id, ShownRoot(made, new bytes32[](0)));
        same(game.winnerOf(id), 2);
    }

    function test_D7_an_input_of_the_step_is_the_tensor_of_its_state() public {
        InputFact memory fact = InputFact(0, uint32(InputRule.OF_GLOBAL), 1, 2, 0, 0, 0);
        ShownInputFact memory input = ShownInputFact(fact, Trees.pathOf(docket, 2));
        uint256 id = claim(Trees.rootOf(last), global[1], sha256("out"));
        actAs(challenger);
        game.faultInput(id, delta(), 0, input, ShownRoot(global[1], new bytes32[](0)), shown(global, 1), none());
        same(game.winnerOf(id), 2);
        id = claim(Trees.rootOf(last), sha256("other weights"), sha256("out"));
        (ShownRoot memory leaf, ShownRoot memory wrong) = (ShownRoot(sha256("other weights"), new bytes32[](0)), shown(last, 1));
        actAs(challenger);
        vm.expectRevert(abi.encodeWithSelector(GameBase.NotShown.selector, bytes32("tensor")));
        game.faultInput(id, delta(), 0, input, leaf, wrong, none());
        actAs(challenger);
        game.faultInput(id, delta(), 0, input, leaf, shown(global, 1), none());
        same(game.winnerOf(id), 1);
    }

    function test_D6_a_segment_is_no_delta_and_a_delta_no_segment() public {
        (uint256 id, Unsealed memory opening) = begin(Trees.rootOf(last));
        (JobFacts memory job, bytes32[] memory path) = (round(), Trees.pathOf(docket, 0));
        JobFacts memory other = delta();
        other.states = 2;
        actAs(solver);
        vm.expectRevert();
        game.openSegment(id, job, opening, opening, 0, new bytes32[](0), new bytes32[](0));
        vm.expectRevert(abi.encodeWithSelector(Docket.NotInDocket.selector, 0));
        moves().claimDelta(id, job, other, path, opening, 0, 0, new Witness[](0));
        vm.stopPrank();
        same(game.gameOf(id).phase, GameTable.OPENING);
    }
}
