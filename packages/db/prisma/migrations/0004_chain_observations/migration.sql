-- What a scanner learns of a chain, recorded when it is learnt: also while no block can be committed, and for a chain that
-- has no chain_state yet. It is written apart from chain_state, whose row is locked while a block is being committed.
CREATE TABLE chain_observations (
  chain_id bigint PRIMARY KEY,
  chain text NOT NULL,
  -- As configured: how long the chain may stand still goes by it.
  block_time_ms integer NOT NULL,
  -- Since when scanners try to read this chain.
  tried_since timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- When a scanner last asked the providers for their heads.
  asked_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  -- The newest block that as many providers as the quorum have reached, its own time, and when that was last known.
  head_number bigint,
  head_time timestamptz(3),
  head_read_at timestamptz(3),
  -- Since when the head is not the cursor; null while they are the same block.
  apart_since timestamptz(3),
  -- [{"name": "a", "head": 123, "error": null}]: the answer of each provider. Errors hold no URL and no secret.
  providers jsonb NOT NULL DEFAULT '[]',
  -- When a scan cycle last reached the head or came closer to it.
  succeeded_at timestamptz(3),
  -- Since when each cycle fails in the same step, why, and how often; null while they succeed.
  failing_since timestamptz(3),
  failure text,
  failures integer NOT NULL DEFAULT 0,
  CHECK ((head_number IS NULL) = (head_read_at IS NULL) AND (head_number IS NULL) = (head_time IS NULL)),
  CHECK ((failing_since IS NULL) = (failure IS NULL))
) WITH (fillfactor = 50, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000,
  autovacuum_vacuum_cost_delay = 0);
