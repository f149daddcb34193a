-- Every round of a price feed that was read, with its agreement. Append-only; old rows are thinned to one an hour.
CREATE TABLE rate_rounds (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  chain_id bigint NOT NULL,
  -- 'ETH/USD', or 'sequencer'.
  pair text NOT NULL,
  -- The contract's address in lower-case hex, or 'fixed' for a price that the operator fixed.
  feed text NOT NULL CHECK (feed = 'fixed' OR feed ~ '^0x[0-9a-f]{40}$'),
  round_id uint256 NOT NULL,
  -- As the feed gave it, an int256: a negative answer is kept, and not accepted.
  answer numeric(78, 0) NOT NULL,
  decimals smallint NOT NULL,
  round_updated_at timestamptz(3) NOT NULL,
  -- The block at whose state the round was first read. Null for a fixed price.
  block_number bigint,
  block_hash digest,
  block_time timestamptz(3),
  read_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- Providers that gave exactly this, of those that were asked.
  agreed_by smallint NOT NULL,
  asked smallint NOT NULL,
  accepted boolean NOT NULL,
  -- Why it is not accepted.
  reason text,
  CHECK (accepted = (reason IS NULL)),
  CHECK (agreed_by BETWEEN 0 AND asked),
  CHECK ((feed = 'fixed') = (block_hash IS NULL)),
  CHECK ((block_hash IS NULL) = (block_number IS NULL) AND (block_hash IS NULL) = (block_time IS NULL))
);
CREATE INDEX rate_rounds_by_feed ON rate_rounds (chain_id, pair, feed, id DESC);
CREATE INDEX rate_rounds_by_time ON rate_rounds (chain_id, pair, feed, round_updated_at DESC, id DESC);
CREATE INDEX rate_rounds_by_age ON rate_rounds (read_at);

-- Each feed's last reading: one row per feed, rewritten by every reading.
CREATE TABLE rate_readings (
  chain_id bigint NOT NULL,
  pair text NOT NULL,
  feed text NOT NULL,
  -- The last reading that enough providers agreed on; null before the first.
  read_at timestamptz(3),
  block_number bigint,
  block_hash digest,
  block_time timestamptz(3),
  agreed_by smallint NOT NULL DEFAULT 0,
  asked smallint NOT NULL DEFAULT 0,
  round bigint REFERENCES rate_rounds,
  -- Why the round of the last reading is not used; the providers agree on this as well.
  refusal text,
  -- Since when, and why, providers have not agreed. Null while they do.
  failing_since timestamptz(3),
  failure text,
  PRIMARY KEY (chain_id, pair, feed)
);

-- The price in a currency that a payment's amount was worked out from.
ALTER TABLE payments
  ADD COLUMN quote_currency text,
  -- In the currency's minor units.
  ADD COLUMN quote_amount uint256 CHECK (quote_amount > 0),
  -- The exact rate: units of the currency for one unit of the asset.
  ADD COLUMN quote_rate_numerator numeric CHECK (quote_rate_numerator > 0),
  ADD COLUMN quote_rate_denominator numeric CHECK (quote_rate_denominator > 0),
  ADD COLUMN quote_source text,
  ADD COLUMN quoted_at timestamptz(3),
  ADD COLUMN quote_expires_at timestamptz(3),
  ADD CONSTRAINT payments_quote_whole CHECK (
    num_nulls(quote_currency, quote_amount, quote_rate_numerator, quote_rate_denominator, quote_source, quoted_at, quote_expires_at) IN (0, 7));
