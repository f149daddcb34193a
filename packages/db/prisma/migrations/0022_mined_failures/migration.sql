-- Transactions in a row that were mined and brought nothing of this money, and all fees in wei that were spent on it in vain. At a limit
-- nothing more is signed until an operator says so. A release before this one leaves both as they are.
ALTER TABLE collection_waits ADD COLUMN mined_failures integer NOT NULL DEFAULT 0 CHECK (mined_failures >= 0),
  ADD COLUMN fees_spent uint256 NOT NULL DEFAULT 0;
