// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

/// A price feed for local chains (AggregatorV3Interface), whose owner says the price.
contract TestFeed {
    address private immutable _owner;
    // In one slot, which each round changes: its cost does not depend on the second in which it is estimated.
    uint80 private _roundId;
    uint64 private _updatedAt;
    uint8 private _decimals;
    bool private _reverts;
    int256 private _answer;
    string private _description;

    error OnlyOwner();
    error OutOfService();

    constructor(string memory description_, uint8 decimals_, int256 answer) {
        _owner = msg.sender;
        _description = description_;
        _decimals = decimals_;
        _setAnswer(answer);
    }

    modifier onlyOwner() {
        if (msg.sender != _owner) revert OnlyOwner();
        _;
    }

    /// Each call is a new round, also with the answer that is there.
    function setAnswer(int256 answer) external onlyOwner {
        _setAnswer(answer);
    }

    /// A round of any age, as of a feed that nobody updates.
    function setRound(uint80 roundId, int256 answer, uint64 updatedAt) external onlyOwner {
        (_roundId, _answer, _updatedAt) = (roundId, answer, updatedAt);
    }

    function setDecimals(uint8 decimals_) external onlyOwner {
        _decimals = decimals_;
    }

    /// From now on (or no longer) every reading reverts.
    function setReverts(bool reverts) external onlyOwner {
        _reverts = reverts;
    }

    function decimals() external view returns (uint8) {
        if (_reverts) revert OutOfService();
        return _decimals;
    }

    function description() external view returns (string memory) {
        return _description;
    }

    function version() external pure returns (uint256) {
        return 1;
    }

    function latestRoundData() external view returns (uint80, int256, uint256, uint256, uint80) {
        if (_reverts) revert OutOfService();
        return (_roundId, _answer, _updatedAt, _updatedAt, _roundId);
    }

    function _setAnswer(int256 answer) private {
        _roundId += 1;
        _answer = answer;
        _updatedAt = uint64(block.timestamp);
    }
}
