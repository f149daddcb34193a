// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// An ERC-20 that behaves as some real ones do, and changes when told to: what a sweeper must live with. The behaviours are
/// those of github.com/d-xo/weird-erc20, and more; it has no `symbol`. For local chains only.
contract OddToken {
    enum Mode {
        Plain,
        ReturnsNothing, // USDT, BNB
        ReturnsFalse, // and moves nothing
        ReturnsFalseThoughItMoved, // Tether Gold
        ReturnsTrueThoughItDidNot,
        ReturnsMuch, // a return bomb
        TakesFee, // PAXG, STA: announced
        TakesFeeSilently, // one event of the whole amount
        TakesAll, // a honeypot: it leaves, and never arrives
        AnnouncesTwice,
        AnnouncesNothing,
        MovesHalf, // and announces all
        Reverts, // paused
        BurnsGas,
        GasGuzzler, // works, and takes two million gas
        CallsSender, // ERC-777's tokensToSend
        CallsRecipient, // ERC-777's tokensReceived, ERC-223: a contract must answer
        Reenters, // calls the sender back with its own transfer
        Small, // UNI, COMP: uint96
        RevertsOnZero, // LEND
        RefusesCode, // senders with code: a delegated address is one
        BalanceReverts,
        BalanceBurnsGas,
        BalanceIsBomb,
        SharesRound, // stETH: a wei stays behind
        FailsWhenMined, // comes through in every trial
        Demurrage // shrinks with each block
    }

    uint256 private constant UNIT = 1e18;

    uint8 private immutable _decimals;
    Mode public mode;
    mapping(address => bool) public blocked;
    mapping(address => uint256) private _shares;
    /// Balances grow and shrink with it (rebasing).
    uint256 private _scale = UNIT;
    uint256 private _since;
    bool public hasNoFacts;

    event Transfer(address indexed from, address indexed to, uint256 amount);

    constructor(uint8 decimals_) {
        _decimals = decimals_;
    }

    function setMode(Mode mode_) external {
        mode = mode_;
        _since = block.number;
    }

    function setBlocked(address holder, bool blocked_) external {
        blocked[holder] = blocked_;
    }

    function setScale(uint256 scale) external {
        _scale = scale;
    }

    function setHasNoFacts(bool hasNone) external {
        hasNoFacts = hasNone;
    }

    function decimals() external view returns (uint8) {
        require(!hasNoFacts);
        return _decimals;
    }

    function mint(address to, uint256 amount) external {
        _shares[to] += (amount * UNIT) / _scale;
        emit Transfer(address(0), to, amount);
    }

    /// DAI's and others': whoever has money may have it flash-minted around it.
    function flashMint(address to, uint256 amount) external {
        _shares[to] += amount;
        emit Transfer(address(0), to, amount);
        _shares[to] -= amount;
        emit Transfer(to, address(0), amount);
    }

    function permit(address, address, uint256, uint256, uint8, bytes32, bytes32) external {}

    /// USDT's: not from one allowance to another.
    function approve(address, uint256) external pure returns (bool) {
        revert("approve 0 first");
    }

    function balanceOf(address holder) public view returns (uint256) {
        if (mode == Mode.BalanceReverts) revert("broken");
        if (mode == Mode.BalanceBurnsGas) while (true) {}
        if (mode == Mode.BalanceIsBomb) {
            assembly {
                return(0, 1000000)
            }
        }
        return _balanceOf(holder);
    }

    /// What is truly there, whatever `balanceOf` says.
    function trueBalanceOf(address holder) external view returns (uint256) {
        return _balanceOf(holder);
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        require(!blocked[msg.sender] && !blocked[to], "blocked");
        if (mode == Mode.Reverts) revert("paused");
        if (mode == Mode.FailsWhenMined) require(tx.gasprice == 0, "not in a trial");
        if (mode == Mode.ReturnsFalse) return false;
        if (mode == Mode.ReturnsTrueThoughItDidNot) {
            emit Transfer(msg.sender, to, amount);
            return true;
        }
        if (mode == Mode.Small) require(amount <= type(uint96).max, "uint96");
        if (mode == Mode.RevertsOnZero) require(amount > 0, "zero");
        if (mode == Mode.RefusesCode) require(msg.sender.code.length == 0, "contracts may not");
        if (mode == Mode.BurnsGas) while (true) {}
        if (mode == Mode.GasGuzzler) _guzzle(2_000_000);
        if (mode == Mode.CallsSender) {
            (bool answered, ) = msg.sender.call(abi.encodePacked(address(this), amount));
            require(answered || msg.sender.code.length > 0, "no answer");
        }
        if (mode == Mode.Reenters && _depth == 0) {
            _depth = 1;
            (bool answered, ) = msg.sender.call(abi.encodePacked(address(this), amount));
            answered;
            _depth = 0;
        }
        _move(to, amount);
        if (mode == Mode.CallsRecipient && to.code.length > 0) {
            (bool answered, bytes memory answer) = to.call(
                abi.encodeWithSignature("tokenReceived(address,uint256,bytes)", msg.sender, amount, "")
            );
            require(answered && answer.length >= 32, "the recipient does not take tokens");
        }
        if (mode == Mode.ReturnsFalseThoughItMoved) return false;
        if (mode == Mode.ReturnsNothing) {
            assembly {
                return(0, 0)
            }
        }
        if (mode == Mode.ReturnsMuch) {
            assembly {
                mstore(0, 1)
                return(0, 100000)
            }
        }
        return true;
    }

    uint256 private _depth;

    function _move(address to, uint256 amount) private {
        bool half = mode == Mode.MovesHalf;
        uint256 taken = half ? (amount + 1) / 2 : amount;
        uint256 fee = 0;
        if (mode == Mode.TakesFee || mode == Mode.TakesFeeSilently) fee = taken / 50;
        if (mode == Mode.TakesAll) fee = taken;
        uint256 shares = (taken * UNIT) / _scaleNow();
        if (mode == Mode.SharesRound && shares > 0) shares -= 1;
        _shares[msg.sender] -= shares;
        _shares[to] += ((taken - fee) * UNIT) / _scaleNow() - (mode == Mode.SharesRound && shares > 0 ? 1 : 0);
        if (mode == Mode.TakesFee) {
            _shares[address(this)] += (fee * UNIT) / _scale;
            emit Transfer(msg.sender, to, taken - fee);
            emit Transfer(msg.sender, address(this), fee);
        } else if (mode != Mode.AnnouncesNothing) {
            emit Transfer(msg.sender, to, amount);
            if (mode == Mode.AnnouncesTwice) emit Transfer(msg.sender, to, amount);
        }
    }

    function _balanceOf(address holder) private view returns (uint256) {
        return (_shares[holder] * _scaleNow()) / UNIT;
    }

    /// A ten-millionth less with each block.
    function _scaleNow() private view returns (uint256) {
        return mode == Mode.Demurrage ? _scale - (_scale * (block.number - _since)) / 10_000_000 : _scale;
    }

    function _guzzle(uint256 gas) private view {
        uint256 end = gasleft() - gas;
        while (gasleft() > end) {}
    }
}
