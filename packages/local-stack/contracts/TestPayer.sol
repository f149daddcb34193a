// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// Pays as contracts do (wallets, exchanges' payouts), and announces what never happened. For local chains only.
contract TestPayer {
    event Transfer(address indexed from, address indexed to, uint256 value);

    constructor() payable {}

    receive() external payable {}

    /// An exchange's batch payout.
    function payAll(address payable[] calldata to, uint256 each) external payable {
        for (uint256 i = 0; i < to.length; i++) send(to[i], each);
    }

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

    /// Runs `send` of another payer's code on this one's balance.
    function delegateSend(address code, address payable to, uint256 value) external {
        (bool ok, ) = code.delegatecall(abi.encodeCall(this.send, (to, value)));
        require(ok);
    }

    /// Two tokens' transfers in one transaction.
    function collectTwice(address token, address to, uint256 first, uint256 second) external {
        transferToken(token, to, first);
        transferToken(token, to, second);
    }

    /// A token that moves nothing: the event of an ERC-20.
    function announce(address from, address to, uint256 value) external {
        emit Transfer(from, to, value);
    }

    /// The event of an ERC-721: the same topic, and the id is indexed too (and here its data looks like an amount).
    function announceNft(address to, uint256 id) external {
        bytes32 topic = keccak256("Transfer(address,address,uint256)");
        bytes32 from = bytes32(uint256(uint160(msg.sender)));
        bytes32 receiver = bytes32(uint256(uint160(to)));
        assembly {
            mstore(0, id)
            log4(0, 32, topic, from, receiver, id)
        }
    }

    function transferToken(address token, address to, uint256 value) private {
        (bool ok, ) = token.call(abi.encodeWithSignature("transfer(address,uint256)", to, value));
        require(ok);
    }
}
