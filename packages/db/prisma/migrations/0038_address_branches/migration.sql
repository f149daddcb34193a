-- A deposit address is /branch/index of the account. One branch has 2^31 addresses; the sequence now goes on into the next one. It counts
-- branch * 2^31 + index, up to the last address of branch 2^20 - 1, which is below 2^53: a double holds it exactly.
ALTER SEQUENCE address_index AS bigint MAXVALUE 2251799813685247;
ALTER TABLE deposit_addresses
  ADD COLUMN branch integer NOT NULL DEFAULT 0 CHECK (branch BETWEEN 0 AND 1048575);
CREATE UNIQUE INDEX deposit_addresses_by_path ON deposit_addresses (wallet, branch, index);
-- widens: the same index in another branch is another address.
ALTER TABLE deposit_addresses DROP CONSTRAINT deposit_addresses_wallet_index_key;
