// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Audits} from "../src/Audits.sol";
import {Challenges} from "../src/Challenges.sol";
import {Court} from "../src/court/Court.sol";
import {JobFacts} from "../src/court/Docket.sol";
import {GameState, Unsealed} from "../src/court/GameTypes.sol";
import {Trees} from "./court/Trees.sol";
import {Game} from "../src/court/Game.sol";
import {FutureBlockBeacon} from "../src/FutureBlockBeacon.sol";
import {IVault} from "../src/Interfaces.sol";
import {Jobs} from "../src/Jobs.sol";
import {Audit, Challenge, Commitment, GLOBAL_SLOT, JobPhase, JobTerms, Modules, Round, SlotPhase, SlotRound, Timing} from "../src/JobTypes.sol";
import {Lens} from "../src/Lens.sol";
import {Rounds} from "../src/Rounds.sol";
import {TuttiForwarder} from "../src/TuttiForwarder.sol";
import {TuttiToken} from "../src/TuttiToken.sol";
import {Vault} from "../src/Vault.sol";
import {vm} from "./Vm.sol";

/// @dev All contracts, some people with stake, and made-up work.
abstract contract Setting {
    uint256 internal constant PEOPLE = 8;
    uint256 internal constant PURSE = 1000e18;
    address internal constant TREASURY = address(0x7ea5);

    TuttiToken internal token;
    TuttiForwarder internal forwarder;
    FutureBlockBeacon internal beacon;
    Vault internal vault;
    Jobs internal jobs;
    Rounds internal rounds;
    Audits internal audits;
    Challenges internal challenges;
    Lens internal lens;
    Court internal court;
    Game internal game;
    Timing internal timing = Timing(20, 60, 100, 50, 70);

    address internal requestor;
    address internal auditor;

    function person(uint256 k) internal pure returns (address) {
        return vm.addr(keyOf(k));
    }

    function keyOf(uint256 k) internal pure returns (uint256) {
        return 0xA11CE + k;
    }

    function setUpContracts() internal {
        uint256 nonce = vm.getNonce(address(this));
        Modules memory modules = Modules({
            token: vm.computeCreateAddress(address(this), nonce),
            forwarder: vm.computeCreateAddress(address(this), nonce + 1),
            beacon: vm.computeCreateAddress(address(this), nonce + 2),
            vault: vm.computeCreateAddress(address(this), nonce + 3),
            jobs: vm.computeCreateAddress(address(this), nonce + 4),
            rounds: vm.computeCreateAddress(address(this), nonce + 5),
            audits: vm.computeCreateAddress(address(this), nonce + 6),
            challenges: vm.computeCreateAddress(address(this), nonce + 7),
            game: vm.computeCreateAddress(address(this), nonce + 10),
            treasury: TREASURY
        });
        token = new TuttiToken(address(this), 1e27);
        forwarder = new TuttiForwarder();
        beacon = new FutureBlockBeacon(2);
        vault = new Vault(modules, timing);
        jobs = new Jobs(modules);
        rounds = new Rounds(modules, timing);
        audits = new Audits(modules, timing);
        challenges = new Challenges(modules, timing);
        lens = new Lens(modules);
        court = new Court();
        game = new Game(court, IVault(address(vault)), address(forwarder), address(challenges));
        require(address(game) == modules.game, "deployed in another order");
        vm.warp(1_000_000);
        vm.roll(1000);
        for (uint256 k; k < PEOPLE; ++k) enrich(person(k));
        requestor = person(0);
        auditor = person(7);
    }

    function enrich(address who) internal {
        token.transfer(who, PURSE);
        vm.startPrank(who);
        token.approve(address(vault), PURSE);
        vault.deposit(uint128(PURSE));
        vm.stopPrank();
    }

    function terms() internal pure returns (JobTerms memory it) {
        it.specHash = keccak256("spec");
        it.programHash = keccak256("program");
        it.datasetRoot = keccak256("data");
        it.initialRoot = keccak256("global 0");
        it.docketRoot = docketRoot();
        it.slots = 2;
        it.rounds = 4;
        it.segments = 3;
        it.roundSeconds = 60;
        it.maxPriceWei = 2e18;
        it.auditFeeWei = 1e18;
        it.auditRate = 10_000;
        it.stakePerSlotWei = 20e18;
        it.minMacsPerSecond = 1000;
        it.minMemoryBytes = 1000;
        it.bountyWei = 4 * 2 * 3e18;
    }

    /// @dev Of a Program with nothing in it: its docket has one leaf, the job's.
    function facts() internal pure returns (JobFacts memory it) {
        (it.slots, it.rounds, it.stepsPerRound, it.checkpointEvery) = (2, 4, 3, 1);
        it.outerDocket = EMPTY_DOCKET;
    }

    /// @dev Of the outer step: a Program with nothing in it, too.
    function outerFacts() internal pure returns (JobFacts memory it) {}

    /// @dev sha256 of its words: 2, then zeros. A constant, since hashing is a call, and would use up a prank.
    bytes32 internal constant EMPTY_DOCKET = 0x1e3593d8fbcf86be48acf05e87d2e256770de03aad36d7f39d8ab339937680c7;

    function docketRoot() internal pure returns (bytes32) {
        uint32[15] memory words = [uint32(2), 0, 2, 4, 3, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        bytes memory leaf;
        for (uint256 k; k < words.length; ++k) leaf = abi.encodePacked(leaf, words[k]);
        return sha256(bytes.concat(leaf, new bytes(128), EMPTY_DOCKET));
    }

    function post(JobTerms memory given) internal returns (uint256) {
        vm.prank(requestor);
        return jobs.post(given, new address[](0));
    }

    function bid(uint256 job, address who, uint88 priceWei) internal {
        vm.prank(who);
        jobs.placeBid(job, priceWei, 5000, 5000, 20e18);
    }

    function enlist(uint256 job, address who) internal {
        vm.prank(who);
        audits.enlist(job);
    }

    /// @dev Two holders (persons 1 and 2), one auditor (person 7), running.
    function runningJob(JobTerms memory given) internal returns (uint256 job) {
        job = post(given);
        enlist(job, auditor);
        for (uint256 k = 1; k <= given.slots; ++k) bid(job, person(k), 1e18);
    }

    // ---- made-up work

    function rootOf(uint256 job, uint32 round, uint16 slot, uint256 checkpoint) internal pure returns (bytes32) {
        return keccak256(abi.encode("root", job, round, slot, checkpoint));
    }

    function saltOf(uint256 job, uint32 round, uint16 slot, uint256 checkpoint) internal pure returns (bytes32) {
        return keccak256(abi.encode("salt", job, round, slot, checkpoint));
    }

    function leavesOf(uint256 job, uint32 round, uint16 slot) internal view returns (bytes32[] memory leaves) {
        uint256 count = uint256(jobs.termsOf(job).segments) + 1;
        leaves = new bytes32[](count);
        for (uint256 k; k < count; ++k) {
            leaves[k] = sha256(abi.encodePacked(rootOf(job, round, slot, k), saltOf(job, round, slot, k)));
        }
    }

    function parents(bytes32[] memory level) internal pure returns (bytes32[] memory up) {
        up = new bytes32[]((level.length + 1) / 2);
        for (uint256 k; k < up.length; ++k) {
            bytes32 right = 2 * k + 1 < level.length ? level[2 * k + 1] : bytes32(0);
            up[k] = sha256(abi.encodePacked(level[2 * k], right));
        }
    }

    function merkleRoot(bytes32[] memory level) internal pure returns (bytes32) {
        while (level.length > 1) level = parents(level);
        return level[0];
    }

    function merklePath(bytes32[] memory level, uint256 index) internal pure returns (bytes32[] memory path) {
        uint256 depth;
        for (uint256 n = level.length; n > 1; n = (n + 1) / 2) ++depth;
        path = new bytes32[](depth);
        for (uint256 k; k < depth; ++k) {
            uint256 sibling = index ^ 1;
            path[k] = sibling < level.length ? level[sibling] : bytes32(0);
            level = parents(level);
            index >>= 1;
        }
    }

    function commitmentOf(uint256 job, uint32 round, uint16 slot) internal view returns (Commitment memory) {
        return Commitment({
            job: job,
            round: round,
            slot: slot,
            stage: 0,
            globalRoot: rounds.roundOf(job, round).globalRoot,
            checkpointsRoot: merkleRoot(leavesOf(job, round, slot)),
            proposalRoot: keccak256(abi.encode("proposal", job, round, slot)),
            deltaHash: keccak256(abi.encode("delta", job, round, slot))
        });
    }

    function receiptOf(uint256 key, Commitment memory it) internal view returns (bytes memory) {
        bytes32 digest = rounds.receiptDigest(it.job, it.round, it.slot, it.stage, it.proposalRoot, it.deltaHash);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function commit(uint256 job, uint32 round, uint16 slot) internal {
        Commitment memory it = commitmentOf(job, round, slot);
        vm.prank(jobs.holderOf(job, slot));
        rounds.commit(it, new bytes[](0));
    }

    function commitAll(uint256 job, uint32 round) internal {
        uint256 slots = jobs.termsOf(job).slots;
        for (uint16 slot; slot < slots; ++slot) {
            if (jobs.holderOf(job, slot) != address(0)) commit(job, round, slot);
        }
    }

    function pass(uint256 secondsLater) internal {
        vm.warp(block.timestamp + secondsLater);
    }

    /// @dev Blocks pass; the beacon's block gets a hash that is the test's to choose.
    function beaconOut(uint256 job, uint32 round, bytes32 value) internal {
        (uint64 target,) = audits.drawOf(job, round);
        if (block.number <= target) vm.roll(target + 1);
        vm.setBlockhash(target, value);
    }

    function closeAndDraw(uint256 job, uint32 round) internal {
        rounds.close(job, round, 0);
        beaconOut(job, round, keccak256(abi.encode("beacon", job, round)));
        audits.draw(job, round, 0);
    }

    function postNext(uint256 job, uint32 round) internal {
        vm.prank(requestor);
        rounds.postNextRoot(job, round, 0, keccak256(abi.encode("global", round)));
    }

    function targetOf(uint256 job, uint32 round, uint16 slot) internal view returns (bytes32) {
        Audit memory it = audits.auditOf(job, round, slot);
        bytes32 root = rootOf(job, round, slot, it.segment + 1);
        if (it.segment + 1 < jobs.termsOf(job).segments) return root;
        SlotRound memory it_ = rounds.slotRoundOf(job, round, slot);
        return sha256(abi.encodePacked(root, it_.proposalRoot));
    }

    function attest(uint256 job, uint32 round, uint16 slot, bytes32 target) internal {
        Audit memory it = audits.auditOf(job, round, slot);
        bytes32 h = keccak256(
            bytes.concat(
                abi.encode(target, bytes32("s"), it.auditor), abi.encode(job, uint256(round), uint256(slot), it.attempt)
            )
        );
        vm.prank(it.auditor);
        audits.attest(job, round, slot, 0, h);
    }

    function open(uint256 job, uint32 round, uint16 slot) internal {
        uint256 c = audits.auditOf(job, round, slot).segment + 1;
        bytes32[] memory path = merklePath(leavesOf(job, round, slot), c);
        vm.prank(rounds.slotRoundOf(job, round, slot).solver);
        audits.open(job, round, slot, 0, rootOf(job, round, slot, c), saltOf(job, round, slot, c), path);
    }

    function reveal(uint256 job, uint32 round, uint16 slot, bytes32 target) internal {
        vm.prank(audits.auditOf(job, round, slot).auditor);
        audits.reveal(job, round, slot, 0, target, bytes32("s"));
    }

    function auditHonestly(uint256 job, uint32 round, uint16 slot) internal {
        bytes32 target = targetOf(job, round, slot);
        attest(job, round, slot, target);
        open(job, round, slot);
        reveal(job, round, slot, target);
    }

    /// @dev Work that was checked waits for its window, too (S1).
    function settle(uint256 job, uint32 round) internal {
        pass(timing.windowSeconds);
        rounds.settle(job, round, 0);
    }

    // ---- disputes

    function play(uint256 id) internal returns (uint256) {
        Challenge memory it = challenges.challengeOf(id);
        vm.prank(it.challenger);
        if (it.slot == GLOBAL_SLOT) challenges.playRoot(id, facts(), new bytes32[](0), outerFacts(), new bytes32[](0));
        else challenges.play(id, facts(), new bytes32[](0));
        return challenges.challengeOf(id).game;
    }

    function runOut(uint256 started) internal {
        pass(timing.challengeSeconds + 1);
        game.timeout(started);
    }

    /// @dev The solver says nothing to its challenger.
    function proveSolverWrong(uint256 id) internal {
        uint256 started = play(id);
        Challenge memory it = challenges.challengeOf(id);
        // Of a posted root there is nothing to choose: its poster is to open the outer step.
        if (it.slot != GLOBAL_SLOT) {
            vm.prank(it.challenger);
            game.chooseSegment(started, facts(), 0);
        }
        runOut(started);
        challenges.conclude(id);
    }

    /// @dev Its challenger has nothing to say.
    function proveChallengerWrong(uint256 id) internal {
        uint256 started = play(id);
        if (challenges.challengeOf(id).slot == GLOBAL_SLOT) openOuter(started);
        runOut(started);
        challenges.conclude(id);
    }

    /// @dev The poster says which steps its root came from; whoever challenges would have to name one.
    function openOuter(uint256 started) internal {
        GameState memory it = game.gameOf(started);
        bytes32[] memory steps = new bytes32[](uint256(it.counted) + 1);
        for (uint256 k; k < steps.length; ++k) steps[k] = k == it.counted ? it.endRoot : keccak256(abi.encode("step", k));
        Unsealed memory first = Unsealed(steps[0], 0, new bytes32[](0));
        Unsealed memory last = Unsealed(it.endRoot, 0, new bytes32[](0));
        bytes32 root = Trees.rootOf(steps);
        (bytes32[] memory toFirst, bytes32[] memory toLast) = (Trees.pathOf(steps, 0), Trees.pathOf(steps, it.counted));
        vm.prank(it.defender);
        game.openSegment(started, outerFacts(), first, last, root, toFirst, toLast);
    }

    // ---- accounts

    function freeOf(address who) internal view returns (uint256) {
        return vault.accountOf(who).freeWei;
    }

    function lockedOf(address who) internal view returns (uint256) {
        return vault.accountOf(who).lockedWei;
    }

    function creditOf(address who) internal view returns (uint256) {
        return vault.accountOf(who).creditWei;
    }

    function sumOf(address who) internal view returns (uint256) {
        Vault.Account memory it = vault.accountOf(who);
        return uint256(it.freeWei) + it.lockedWei + it.creditWei + it.withdrawingWei;
    }

    function same(uint256 a, uint256 b) internal pure {
        require(a == b, string.concat("expected ", text(b), ", got ", text(a)));
    }

    function same(address a, address b) internal pure {
        require(a == b, "addresses differ");
    }

    function yes(bool condition) internal pure {
        require(condition, "expected to hold");
    }

    function text(uint256 value) internal pure returns (string memory) {
        if (value < 10) return string(abi.encodePacked(bytes1(uint8(48 + value))));
        return string.concat(text(value / 10), text(value % 10));
    }
}
