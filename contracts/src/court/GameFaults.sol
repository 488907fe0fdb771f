// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IVault} from "../Interfaces.sol";
import {Merkle} from "../Merkle.sol";
import {Reduces} from "./Codes.sol";
import {Court, OperationFacts, Outcome} from "./Court.sol";
import {Docket, JobFacts} from "./Docket.sol";
import {Ground} from "./Evidence.sol";
import {GameBase} from "./GameBase.sol";
import {GameTable} from "./GameTable.sol";
import {
    DELTA_OF_POISON,
    DELTA_STEP,
    GameState,
    InputProof,
    PointProof,
    ShownInputFact,
    ShownOperation,
    ShownPrefix,
    ShownRoot,
    ShownTensor,
    Unsealed,
    Witness,
    WordClaim
} from "./GameTypes.sol";
import {StepPlace} from "./InputRule.sol";
import {PrefixMachine} from "./PrefixMachine.sol";
import {TensorPiece} from "./TensorPiece.sol";

/// @notice The moves of `Game` that need the court (SPEC D6 4 to 9, D7): what a step is said to be, poison, or a tensor, a word, a
/// prefix and one step of a reduction. What must be executed, the court executes. Of no use but through `Game`.
contract GameFaults is GameBase {
    constructor(Court court_, IVault vault_, address forwarder) GameBase(court_, vault_, forwarder) {}

    /// @param witness One where the state after is the root of poison, else none.
    function claimStep(
        uint256 id,
        JobFacts calldata job,
        bytes32 inputsRoot,
        bytes32 traceRoot,
        Witness[] calldata witness
    ) external {
        GameState storage it = _enter(id, GameTable.CLAIM_STEP, job);
        it.inputsRoot = inputsRoot;
        it.traceRoot = traceRoot;
        _require(witness.length == (_isPoisonAfter(it) ? 1 : 0), "witness");
        if (witness.length == 1) _require(_isPoison(_ground(it, job), witness[0]), "poison");
        _go(id, it, GameTable.CLAIM_STEP, GameTable.FAULT, abi.encode(inputsRoot, traceRoot, witness.length == 1));
    }

    /// @notice The delta after the last checkpoint, as one step of the Program that quantises (D6 9). From here on the facts are its own.
    /// @param witness One where the step is poison, else none. After a poison root there is no step: roots are zero.
    function claimDelta(
        uint256 id,
        JobFacts calldata job,
        JobFacts calldata delta,
        bytes32[] calldata path,
        Unsealed calldata last,
        bytes32 inputsRoot,
        bytes32 traceRoot,
        Witness[] calldata witness
    ) external {
        GameState storage it = _enter(id, GameTable.CLAIM_DELTA, job);
        _require(it.segment == job.stepsPerRound / job.checkpointEvery, "segment");
        _requireOpening(it, job, last, it.segment);
        Docket.requireJob(job.deltaDocket, delta, path);
        (it.docketRoot, it.factsHash) = (job.deltaDocket, keccak256(abi.encode(delta)));
        (it.rootBefore, it.rootAfter, it.step) = (last.root, it.endRoot, job.stepsPerRound);
        bool afterPoison = last.root == _poisonAt(it, job.stepsPerRound);
        it.steps = afterPoison ? DELTA_OF_POISON : DELTA_STEP;
        it.poisonedDelta = afterPoison || witness.length == 1;
        if (afterPoison) {
            _require(witness.length == 0 && inputsRoot == 0 && traceRoot == 0, "poison");
        } else {
            it.inputsRoot = inputsRoot;
            it.traceRoot = traceRoot;
            _require(witness.length < 2, "witness");
            if (witness.length == 1) _require(_isPoison(_ground(it, delta), witness[0]), "poison");
        }
        bytes memory claim = abi.encode(last.root, inputsRoot, traceRoot, it.poisonedDelta);
        _go(id, it, GameTable.CLAIM_DELTA, GameTable.FAULT, claim);
    }

    function faultPoison(uint256 id, JobFacts calldata job, Witness calldata witness) external {
        GameState storage it = _enter(id, GameTable.FAULT_POISON, job);
        _require(!_isPoisonAfter(it), "state after");
        bytes memory claim = abi.encode(witness.isIndex, witness.place, witness.element, witness.term);
        _end(id, it, GameTable.FAULT_POISON, _isPoison(_ground(it, job), witness), claim);
    }

    function nameInput(
        uint256 id,
        JobFacts calldata job,
        uint32 place,
        ShownRoot calldata leaf,
        ShownInputFact calldata input,
        ShownTensor calldata tensor
    ) external {
        GameState storage it = _enter(id, GameTable.NAME_INPUT, job);
        _requireInput(it, job, place, input, tensor);
        _require(Merkle.verify(it.inputsRoot, leaf.root, place, job.inputs, leaf.path), "leaf");
        (it.isInput, it.place, it.elements, it.namedRoot) = (true, place, tensor.fact.elements, leaf.root);
        _go(id, it, GameTable.NAME_INPUT, GameTable.TENSOR, abi.encode(place, it.elements, leaf.root));
    }

    function nameOperation(
        uint256 id,
        JobFacts calldata job,
        uint32 place,
        ShownRoot calldata leaf,
        ShownOperation calldata shown
    ) external {
        GameState storage it = _enter(id, GameTable.NAME_OPERATION, job);
        Docket.requireOperation(it.docketRoot, job, place, shown.operation, shown.path);
        _require(Merkle.verify(it.traceRoot, leaf.root, place, job.operations, leaf.path), "leaf");
        OperationFacts memory facts = court.describe(shown.operation);
        (it.place, it.elements, it.namedRoot) = (place, uint32(facts.elements), leaf.root);
        (it.reduce, it.terms) = (uint8(facts.reduce), uint32(facts.terms));
        bytes memory claim = abi.encode(place, it.elements, leaf.root, it.reduce, it.terms);
        _go(id, it, GameTable.NAME_OPERATION, GameTable.TENSOR, claim);
    }

    function nameWord(uint256 id, JobFacts calldata job, WordClaim calldata word) external {
        GameState storage it = _enter(id, GameTable.NAME_WORD, job);
        uint256 index = word.element / TensorPiece.PIECE_WORDS;
        _require(TensorPiece.isPiece(it.namedRoot, it.elements, index, word.piece, word.path), "piece");
        uint32 value = uint32(TensorPiece.wordAt(word.piece, word.element % TensorPiece.PIECE_WORDS));
        (it.element, it.value) = (word.element, value);
        uint256 right;
        if (word.element >= it.elements) {
            // Beyond the elements there are zeros (H3).
        } else if (it.isInput) {
            _require(word.input.length == 1, "input");
            right = _inputWord(it, job, word.input[0]);
        } else if (it.reduce == Reduces.NONE) {
            _require(word.point.length == 1, "point");
            right = _execute(_ground(it, job), it, word.point[0], 0).first;
        } else {
            _go(id, it, GameTable.NAME_WORD, GameTable.PREFIXES, abi.encode(word.element, value, value));
            return;
        }
        _end(id, it, GameTable.NAME_WORD, value != right, abi.encode(word.element, value, right));
    }

    function commitPrefixes(
        uint256 id,
        JobFacts calldata job,
        bytes32 root,
        bytes32[] calldata firstPath,
        ShownPrefix calldata last
    ) external {
        GameState storage it = _enter(id, GameTable.COMMIT_PREFIXES, job);
        PrefixMachine.Reduction memory reduction = _reductionOf(it, job);
        uint256 count = PrefixMachine.countOf(reduction);
        bytes32 first = PrefixMachine.leafOf(PrefixMachine.start(reduction));
        _require(Merkle.verify(root, first, 0, count + 1, firstPath), "first prefix");
        _requirePrefix(root, last, count, count);
        _require(PrefixMachine.finish(reduction, last.prefix) == it.value, "value");
        it.prefixesRoot = root;
        _go(id, it, GameTable.COMMIT_PREFIXES, GameTable.TERM, abi.encode(root, last.prefix));
    }

    function openTerm(
        uint256 id,
        JobFacts calldata job,
        uint256 step,
        ShownPrefix calldata first,
        ShownPrefix calldata second,
        PointProof calldata point
    ) external {
        GameState storage it = _enter(id, GameTable.OPEN_TERM, job);
        PrefixMachine.Reduction memory reduction = _reductionOf(it, job);
        {
            uint256 count = PrefixMachine.countOf(reduction);
            _require(step < count, "step");
            _requirePrefix(it.prefixesRoot, first, step, count);
            _requirePrefix(it.prefixesRoot, second, step + 1, count);
            _require(first.prefix.length == PrefixMachine.start(reduction).length, "words");
        }
        uint256 term = PrefixMachine.termOf(reduction, step);
        Outcome memory outcome = _execute(_ground(it, job), it, point, term);
        reduction.dtype = outcome.dtype;
        uint256[] memory next = PrefixMachine.step(reduction, first.prefix, step, outcome.first, outcome.second);
        bytes memory claim =
            abi.encode(step, term, first.prefix, second.prefix, [outcome.first, outcome.second], next);
        _end(id, it, GameTable.OPEN_TERM, PrefixMachine.leafOf(next) != PrefixMachine.leafOf(second.prefix), claim);
    }

    function _requirePrefix(bytes32 root, ShownPrefix calldata shown, uint256 step, uint256 count) private pure {
        for (uint256 k; k < shown.prefix.length; ++k) _require(shown.prefix[k] <= type(uint32).max, "word");
        _require(Merkle.verify(root, PrefixMachine.leafOf(shown.prefix), step, count + 1, shown.path), "prefix");
    }

    function _execute(Ground memory ground, GameState storage it, PointProof calldata point, uint256 term)
        private
        view
        returns (Outcome memory)
    {
        return court.executePoint(
            ground, it.place, point.operation.operation, point.operation.path, it.element, term, point.reads
        );
    }

    function _inputWord(GameState storage it, JobFacts calldata job, InputProof calldata proof)
        private
        view
        returns (uint256)
    {
        _requireInput(it, job, it.place, proof.fact, proof.tensor);
        StepPlace memory place = StepPlace(it.round, it.slot, it.step, it.counted);
        return court.inputWord(job, place, proof.fact.fact, proof.tensor.fact.dtype, it.element, proof.shown);
    }

    function _requireInput(
        GameState storage it,
        JobFacts calldata job,
        uint256 place,
        ShownInputFact calldata input,
        ShownTensor calldata tensor
    ) private view {
        Docket.requireInput(it.docketRoot, job, place, input.fact, input.path);
        Docket.requireTensor(it.docketRoot, job, input.fact.tensor, tensor.fact, tensor.path);
    }

    /// @dev D8. Reverts where the witness proves nothing.
    function _isPoison(Ground memory ground, Witness calldata witness) private view returns (bool) {
        if (!witness.isIndex) {
            _require(witness.tensor.fact.watched, "watched");
            uint256 word = court.openWord(
                ground, witness.place, witness.tensor.fact, witness.tensor.path, witness.element, witness.word
            );
            return (word >> 23) & 0xff == 0xff;
        }
        OperationFacts memory facts = court.describe(witness.operation.operation);
        _require(witness.element < facts.elements && witness.term < facts.terms, "point");
        return court.executePoint(
            ground,
            witness.place,
            witness.operation.operation,
            witness.operation.path,
            witness.element,
            witness.term,
            witness.reads
        ).outOfRange != type(uint256).max;
    }
}
