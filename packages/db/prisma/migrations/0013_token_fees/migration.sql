-- What left the address and never reached the treasury, because the token keeps a part of a transfer. NULL until the sweep is
-- over, and in rows of releases that did not know of it: then nothing is known to have been kept.
ALTER TABLE sweep_items ADD COLUMN token_fee uint256;
