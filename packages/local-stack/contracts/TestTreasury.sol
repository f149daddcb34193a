// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// A treasury as a Safe is one: a proxy, whose singleton notes and announces each receipt. That takes far more than the
/// 2,300 gas that `transfer` leaves. For local chains only.
contract TestTreasury {
    address private immutable singleton;

    constructor() {
        singleton = address(new TestTreasurySingleton());
    }

    receive() external payable {
        (bool ok, ) = singleton.delegatecall("");
        require(ok);
    }
}

contract TestTreasurySingleton {
    event SafeReceived(address indexed sender, uint256 value);

    uint256 private receipts;

    receive() external payable {
        receipts++;
        emit SafeReceived(msg.sender, msg.value);
    }
}
