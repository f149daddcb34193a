// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// What a deposit address delegates to (EIP-7702). It has no storage and one power: to transfer a token to the treasury,
/// asked by the batcher that made it. There is no way to make it call anything else.
contract SweepDelegate {
    address private immutable _implementation = address(this);
    address private immutable _batcher = msg.sender;
    address private immutable _treasury;

    constructor(address treasury) {
        _treasury = treasury;
    }

    /// Native coin is welcome with 2,300 gas, too.
    receive() external payable {}

    /// Calldata: the token's address (20 bytes) and the amount (32). What was moved, the token's logs tell: what it returns
    /// is not believed, and not copied.
    fallback() external {
        if (msg.sender != _batcher || address(this) == _implementation) revert();
        address treasury = _treasury;
        assembly {
            mstore(0, shl(224, 0xa9059cbb)) // transfer(treasury, amount)
            mstore(4, treasury)
            mstore(36, calldataload(20))
            if iszero(call(gas(), shr(96, calldataload(0)), 0, 0, 68, 0, 0)) { revert(0, 0) }
        }
    }
}

/// Collects a token from many delegated addresses in one transaction of its owner, the gas wallet.
contract SweepBatcher {
    /// More than any honest token needs. One that burns all it gets burns no more than this.
    uint256 private constant GAS_PER_ITEM = 200_000;

    address private immutable _owner = msg.sender;

    /// The delegate is the first contract that this one creates: its address follows from this one's (nonce 1, EIP-161).
    constructor(address treasury) {
        new SweepDelegate(treasury);
    }

    /// Calldata: the token's address (20 bytes), how many bytes an amount has (1), then for each address itself (20) and
    /// the amount. An address that cannot pay stops no other, and what it returns is never copied. Only for the owner: a
    /// collection that our books know nothing of would be money that they miss.
    fallback() external {
        if (msg.sender != _owner) revert();
        assembly {
            mstore(0, calldataload(0))
            let width := byte(20, calldataload(0))
            let shift := sub(256, shl(3, width))
            let size := add(20, width)
            for { let at := 21 } lt(at, calldatasize()) { at := add(at, size) } {
                mstore(20, shr(shift, calldataload(add(at, 20))))
                pop(call(GAS_PER_ITEM, shr(96, calldataload(at)), 0, 0, 52, 0, 0))
            }
        }
    }
}
