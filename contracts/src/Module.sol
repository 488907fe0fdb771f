// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC2771Context} from "@openzeppelin/contracts/metatx/ERC2771Context.sol";
import {IBeacon} from "./IBeacon.sol";
import {IAudits, IChallenges, IJobs, IRounds, IVault} from "./Interfaces.sol";
import {Modules} from "./JobTypes.sol";

/// @notice What every contract of the protocol shares: who the others are, and who the actor is (S4).
abstract contract Module is ERC2771Context {
    IVault public immutable vault;
    IJobs public immutable jobs;
    IRounds public immutable rounds;
    IAudits public immutable audits;
    IChallenges public immutable challenges;
    IBeacon public immutable beacon;
    address public immutable game;

    error NotModule(address caller);
    /// @dev Stages other than 0 belong to model shards (R1).
    error UnknownStage(uint16 stage);

    constructor(Modules memory modules) ERC2771Context(modules.forwarder) {
        vault = IVault(modules.vault);
        jobs = IJobs(modules.jobs);
        rounds = IRounds(modules.rounds);
        audits = IAudits(modules.audits);
        challenges = IChallenges(modules.challenges);
        beacon = IBeacon(modules.beacon);
        game = modules.game;
    }

    modifier onlyModule() {
        address caller = msg.sender;
        if (
            caller != address(jobs) && caller != address(rounds) && caller != address(audits)
                && caller != address(challenges) && caller != game
        ) revert NotModule(caller);
        _;
    }

    modifier stageZero(uint16 stage) {
        if (stage != 0) revert UnknownStage(stage);
        _;
    }
}
