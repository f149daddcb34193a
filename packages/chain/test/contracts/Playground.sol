// SPDX-License-Identifier: MIT
pragma solidity ^0.8.24;

/// Says what it is told to: events of tokens that move nothing.
contract Announcer {
    event Transfer(address indexed from, address indexed to, uint256 value);

    function announce(address from, address to, uint256 value) external {
        emit Transfer(from, to, value);
    }

    function announceMany(uint256 times, address to) external {
        for (uint256 i = 1; i <= times; i++) emit Transfer(msg.sender, to, i);
    }

    /// The topics of an ERC-721 transfer: the id is indexed too.
    function announceNft(address to, uint256 id) external {
        bytes32 topic = keccak256("Transfer(address,address,uint256)");
        bytes32 from = bytes32(uint256(uint160(msg.sender)));
        bytes32 receiver = bytes32(uint256(uint160(to)));
        assembly {
            log4(0, 0, topic, from, receiver, id)
        }
    }

    function fail() external pure {
        revert("no");
    }
}

/// An exchange's batch payout.
contract BatchPayer {
    function pay(address payable[] calldata to, uint256 each) external payable {
        for (uint256 i = 0; i < to.length; i++) {
            (bool ok, ) = to[i].call{value: each}("");
            require(ok);
        }
    }
}

/// Holds what it is born with.
contract Pocket {
    constructor() payable {}
}

/// A contract wallet, and what can go wrong in one.
contract ContractWallet {
    receive() external payable {}

    function send(address payable to, uint256 value) public {
        (bool ok, ) = to.call{value: value}("");
        require(ok);
    }

    function sendAndRevert(address payable to, uint256 value) external {
        send(to, value);
        revert("undone");
    }

    /// The first payment is undone within, the second stays.
    function sendTwiceFirstUndone(address payable to, uint256 undone, uint256 kept) external {
        try this.sendAndRevert(to, undone) {} catch {}
        send(to, kept);
    }

    /// Runs `send` of another wallet's code on this one's balance.
    function delegateSend(address code, address payable to, uint256 value) external payable {
        (bool ok, ) = code.delegatecall(abi.encodeWithSignature("send(address,uint256)", to, value));
        require(ok);
    }

    function payOneself(uint256 value) external {
        send(payable(address(this)), value);
    }

    function createFunded(uint256 value) external returns (address) {
        return address(new Pocket{value: value}());
    }

    function destroy(address payable to) external {
        selfdestruct(to);
    }

    constructor() payable {}
}
