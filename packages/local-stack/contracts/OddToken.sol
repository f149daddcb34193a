// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// An ERC-20 that behaves as some real ones do, and changes when told to: what a sweeper must live with.
contract OddToken {
    enum Mode {
        Plain,
        ReturnsNothing,
        ReturnsFalse,
        TakesFee,
        Reverts,
        BurnsGas,
        ReturnsMuch,
        CallsBack,
        Small
    }

    uint256 private constant UNIT = 1e18;

    uint8 public immutable decimals;
    Mode public mode;
    mapping(address => bool) public blocked;
    mapping(address => uint256) private _shares;
    /// Balances grow and shrink with it (rebasing).
    uint256 private _scale = UNIT;

    event Transfer(address indexed from, address indexed to, uint256 amount);

    constructor(uint8 decimals_) {
        decimals = decimals_;
    }

    function setMode(Mode mode_) external {
        mode = mode_;
    }

    function setBlocked(address holder, bool blocked_) external {
        blocked[holder] = blocked_;
    }

    function setScale(uint256 scale) external {
        _scale = scale;
    }

    function mint(address to, uint256 amount) external {
        _shares[to] += (amount * UNIT) / _scale;
        emit Transfer(address(0), to, amount);
    }

    function balanceOf(address holder) public view returns (uint256) {
        return (_shares[holder] * _scale) / UNIT;
    }

    function transfer(address to, uint256 amount) external returns (bool) {
        require(!blocked[msg.sender] && !blocked[to], "blocked");
        if (mode == Mode.Reverts) revert("paused");
        if (mode == Mode.ReturnsFalse) return false;
        if (mode == Mode.Small) require(amount <= type(uint96).max, "uint96");
        if (mode == Mode.BurnsGas) while (true) {}
        // The sender's own code, if it has any, is asked in the middle of it.
        if (mode == Mode.CallsBack) {
            (bool answered, ) = msg.sender.call(abi.encodePacked(address(this), amount));
            require(answered || msg.sender.code.length > 0, "no answer");
        }
        _move(to, amount);
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

    function _move(address to, uint256 amount) private {
        uint256 fee = mode == Mode.TakesFee ? amount / 100 : 0;
        uint256 shares = (amount * UNIT) / _scale;
        _shares[msg.sender] -= shares;
        _shares[to] += ((amount - fee) * UNIT) / _scale;
        emit Transfer(msg.sender, to, amount - fee);
        if (fee > 0) emit Transfer(msg.sender, address(this), fee);
    }
}
