// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ERC2771Forwarder} from "@openzeppelin/contracts/metatx/ERC2771Forwarder.sol";
import {Jobs} from "../src/Jobs.sol";
import {Setting} from "./Setting.sol";
import {vm} from "./Vm.sol";

/// @dev S4: requests that their actor signed, submitted by anyone.
contract ForwarderTest is Setting {
    function setUp() public {
        setUpContracts();
    }

    function sign(uint256 key, address from, bytes memory data, uint256 chainId)
        internal
        view
        returns (ERC2771Forwarder.ForwardRequestData memory it)
    {
        it.from = from;
        it.to = address(jobs);
        it.gas = 600_000;
        it.deadline = uint48(block.timestamp + 60);
        it.data = data;
        bytes32 digest = keccak256(abi.encodePacked(hex"1901", domainOf(chainId), hashOf(it)));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        it.signature = abi.encodePacked(r, s, v);
    }

    function domainOf(uint256 chainId) internal view returns (bytes32) {
        bytes32 kind = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        return keccak256(abi.encode(kind, keccak256("Tutti"), keccak256("1"), chainId, address(forwarder)));
    }

    function hashOf(ERC2771Forwarder.ForwardRequestData memory it) internal view returns (bytes32) {
        bytes32 kind = keccak256(
            "ForwardRequest(address from,address to,uint256 value,uint256 gas,uint256 nonce,uint48 deadline,bytes data)"
        );
        bytes memory head = abi.encode(kind, it.from, it.to, it.value, it.gas);
        return keccak256(bytes.concat(head, abi.encode(forwarder.nonces(it.from), it.deadline, keccak256(it.data))));
    }

    function bidData(uint256 job) internal view returns (bytes memory) {
        return abi.encodeCall(jobs.placeBid, (job, 1e18, 5000, 5000, 20e18));
    }

    function test_S4_a_signed_request_acts_for_its_signer_once() public {
        uint256 job = post(terms());
        ERC2771Forwarder.ForwardRequestData memory it = sign(keyOf(1), person(1), bidData(job), block.chainid);
        forwarder.execute(it);
        same(jobs.holderOf(job, 0), person(1));
        vm.prank(person(1));
        jobs.withdrawBid(job);
        // Replayed: the nonce is used.
        vm.expectRevert();
        forwarder.execute(it);
        same(jobs.holderOf(job, 0), address(0));
    }

    function test_S4_forged_expired_and_foreign_requests_are_refused() public {
        uint256 job = post(terms());
        ERC2771Forwarder.ForwardRequestData memory it = sign(keyOf(2), person(1), bidData(job), block.chainid);
        vm.expectRevert();
        forwarder.execute(it);
        it = sign(keyOf(1), person(1), bidData(job), block.chainid + 1);
        vm.expectRevert();
        forwarder.execute(it);
        it = sign(keyOf(1), person(1), bidData(job), block.chainid);
        pass(61);
        vm.expectRevert();
        forwarder.execute(it);
        it = sign(keyOf(1), person(1), bidData(job), block.chainid);
        it.data = bidData(job + 1);
        vm.expectRevert();
        forwarder.execute(it);
    }

    function test_S4_one_bad_request_does_not_stop_the_batch() public {
        uint256 job = post(terms());
        ERC2771Forwarder.ForwardRequestData[] memory batch = new ERC2771Forwarder.ForwardRequestData[](3);
        batch[0] = sign(keyOf(1), person(1), bidData(job), block.chainid);
        batch[1] = sign(keyOf(5), person(3), bidData(job), block.chainid);
        batch[2] = sign(keyOf(2), person(2), bidData(job), block.chainid);
        forwarder.executeBatch(batch, payable(address(this)));
        same(jobs.holderOf(job, 0), person(1));
        same(jobs.holderOf(job, 1), person(2));
    }

    function test_S4_calldata_tail_is_only_trusted_from_the_forwarder() public {
        uint256 job = post(terms());
        vm.prank(person(5));
        (bool done,) = address(jobs).call(abi.encodePacked(bidData(job), person(1)));
        yes(done);
        same(jobs.holderOf(job, 0), person(5));
    }
}
