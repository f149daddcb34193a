-- The whole ledger. Invariants live in constraints; amounts are base units; ids are UUIDv7; times are UTC.

CREATE DOMAIN uint256 AS numeric(78, 0)
  CHECK (VALUE >= 0 AND VALUE < 115792089237316195423570985008687907853269984665640564039457584007913129639936);
CREATE DOMAIN account AS bytea CHECK (octet_length(VALUE) = 20);
CREATE DOMAIN digest AS bytea CHECK (octet_length(VALUE) = 32);

-- Merchants, and what opens the door to them ----------------------------------------------------------------------

CREATE TABLE merchants (
  id uuid PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);

CREATE TABLE api_keys (
  id uuid PRIMARY KEY,
  merchant_id uuid NOT NULL REFERENCES merchants,
  name text,
  -- SHA-256 of the key: the key has 256 random bits, so a slow hash would protect nothing.
  key_hash digest NOT NULL UNIQUE,
  last_four text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  last_used_at timestamptz(3),
  revoked_at timestamptz(3)
);
CREATE INDEX api_keys_by_merchant ON api_keys (merchant_id, id DESC);

CREATE TABLE idempotency_keys (
  merchant_id uuid NOT NULL,
  method text NOT NULL,
  path text NOT NULL,
  key text NOT NULL,
  request_hash digest NOT NULL,
  status_code smallint NOT NULL,
  -- Encrypted: an answer may hold a secret that is shown only once.
  response bytea NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  PRIMARY KEY (merchant_id, method, path, key)
);
CREATE INDEX idempotency_keys_by_age ON idempotency_keys (created_at);

CREATE TABLE audit_log (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  at timestamptz(3) NOT NULL DEFAULT now(),
  actor text NOT NULL,
  action text NOT NULL,
  target text,
  request_id text,
  detail jsonb NOT NULL DEFAULT '{}'
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION '% is append-only', TG_TABLE_NAME;
END
$$;
CREATE TRIGGER audit_log_is_append_only BEFORE UPDATE OR DELETE ON audit_log
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

-- What an operator asked of a chain's scanner or sweeper, until it is done.
CREATE TABLE operator_requests (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  kind text NOT NULL CHECK (kind IN ('backfill', 'sweep', 'deploy')),
  chain_id bigint NOT NULL,
  -- Of a backfill: both blocks included.
  from_block bigint,
  to_block bigint,
  requested_at timestamptz(3) NOT NULL DEFAULT now(),
  completed_at timestamptz(3),
  CHECK ((kind = 'backfill') = (from_block IS NOT NULL AND to_block IS NOT NULL)),
  CHECK (from_block BETWEEN 0 AND to_block)
);
CREATE INDEX operator_requests_open ON operator_requests (chain_id, kind, id) WHERE completed_at IS NULL;

-- Payments, and the addresses they are paid at --------------------------------------------------------------------

CREATE TABLE wallets (
  fingerprint text PRIMARY KEY,
  created_at timestamptz(3) NOT NULL DEFAULT now()
);

-- BIP-32: non-hardened indexes end at 2^31 - 1.
CREATE SEQUENCE address_index AS integer MINVALUE 0 START 0 MAXVALUE 2147483647;

CREATE TABLE payments (
  id uuid PRIMARY KEY,
  merchant_id uuid NOT NULL REFERENCES merchants,
  chain text NOT NULL,
  chain_id bigint NOT NULL,
  asset_symbol text NOT NULL,
  asset_contract account,
  asset_decimals smallint NOT NULL,
  amount uint256 NOT NULL CHECK (amount > 0),
  tolerance_bps smallint NOT NULL CHECK (tolerance_bps BETWEEN 0 AND 1000),
  late_policy text NOT NULL CHECK (late_policy IN ('accept', 'review')),
  address account NOT NULL UNIQUE,
  confirmations_required integer,
  reference text,
  metadata jsonb NOT NULL,
  checkout_url text NOT NULL,
  trace_anchor text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL CHECK (expires_at > created_at),
  status text NOT NULL
    CHECK (status IN ('pending', 'partially_paid', 'detected', 'confirmed', 'settled', 'expired', 'canceled')),
  flags text[] NOT NULL DEFAULT '{}',
  amount_received uint256 NOT NULL DEFAULT 0,
  amount_confirmed uint256 NOT NULL DEFAULT 0,
  sequence integer NOT NULL CHECK (sequence >= 1),
  late_accepted boolean NOT NULL DEFAULT false,
  detected_at timestamptz(3),
  confirmed_at timestamptz(3),
  settled_at timestamptz(3),
  updated_at timestamptz(3) NOT NULL DEFAULT now(),
  CHECK (amount_confirmed <= amount_received),
  CHECK ((settled_at IS NOT NULL) = (status = 'settled'))
);
CREATE INDEX payments_by_merchant ON payments (merchant_id, id DESC);
CREATE INDEX payments_by_reference ON payments (merchant_id, reference, id DESC) WHERE reference IS NOT NULL;
CREATE INDEX payments_to_expire ON payments (chain_id, expires_at) WHERE status IN ('pending', 'partially_paid');
CREATE INDEX payments_open ON payments (status, chain, created_at)
  WHERE status IN ('pending', 'partially_paid', 'detected', 'confirmed');

CREATE TABLE deposit_addresses (
  address account PRIMARY KEY,
  wallet text NOT NULL REFERENCES wallets,
  index integer NOT NULL,
  payment_id uuid NOT NULL UNIQUE REFERENCES payments,
  UNIQUE (wallet, index)
);

-- Append-only.
CREATE TABLE payment_transitions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  payment_id uuid NOT NULL REFERENCES payments,
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  from_status text,
  to_status text NOT NULL,
  sequence integer NOT NULL,
  actor text NOT NULL,
  block_number bigint,
  trace_id text NOT NULL
);
CREATE INDEX payment_transitions_by_payment ON payment_transitions (payment_id, id);

-- What the scanner has seen ---------------------------------------------------------------------------------------

CREATE TABLE blocks (
  chain_id bigint NOT NULL,
  hash digest NOT NULL,
  number bigint NOT NULL,
  parent_hash digest NOT NULL,
  time timestamptz(3) NOT NULL,
  canonical boolean NOT NULL DEFAULT true,
  -- 'proven': header, transactions and receipts hash to the block's hash; 'structural': taken on the provider's word.
  trust text NOT NULL CHECK (trust IN ('proven', 'structural')),
  PRIMARY KEY (chain_id, hash)
);
CREATE UNIQUE INDEX blocks_one_canonical_per_height ON blocks (chain_id, number) WHERE canonical;
CREATE INDEX blocks_orphaned ON blocks (chain_id, time) WHERE NOT canonical;

CREATE TABLE transfers (
  id uuid PRIMARY KEY,
  payment_id uuid NOT NULL REFERENCES payments,
  chain text NOT NULL,
  chain_id bigint NOT NULL,
  block_hash digest NOT NULL,
  block_number bigint NOT NULL,
  block_time timestamptz(3) NOT NULL,
  tx_hash digest NOT NULL,
  kind text NOT NULL CHECK (kind IN ('native', 'erc20', 'internal', 'funding')),
  position integer NOT NULL,
  ordinal integer NOT NULL,
  log_index integer,
  from_address account NOT NULL,
  to_address account NOT NULL REFERENCES deposit_addresses,
  asset_symbol text NOT NULL,
  asset_contract account,
  asset_decimals smallint NOT NULL,
  amount uint256 NOT NULL CHECK (amount > 0),
  status text NOT NULL CHECK (status IN ('included', 'confirmed', 'final', 'orphaned')),
  in_time boolean NOT NULL,
  collected_by uuid,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  FOREIGN KEY (chain_id, block_hash) REFERENCES blocks,
  UNIQUE (chain_id, block_hash, tx_hash, kind, position)
);
-- The same money is on the chain once, whichever block includes it.
CREATE UNIQUE INDEX transfers_credited_once ON transfers (chain_id, tx_hash, kind, ordinal) WHERE status <> 'orphaned';
CREATE INDEX transfers_by_payment ON transfers (payment_id, block_number, position);
CREATE INDEX transfers_to_confirm ON transfers (chain_id, block_number) WHERE status = 'included';
CREATE INDEX transfers_to_finalize ON transfers (chain_id, block_number) WHERE status = 'confirmed';
CREATE INDEX transfers_to_collect ON transfers (chain_id, to_address)
  WHERE collected_by IS NULL AND kind <> 'funding' AND status IN ('confirmed', 'final');
CREATE INDEX transfers_by_sweep ON transfers (collected_by) WHERE collected_by IS NOT NULL;

CREATE TABLE chain_state (
  chain_id bigint PRIMARY KEY,
  chain text NOT NULL UNIQUE,
  cursor_number bigint NOT NULL,
  cursor_hash digest NOT NULL,
  cursor_time timestamptz(3) NOT NULL,
  finalized_number bigint NOT NULL,
  -- The newest block any provider has told of; cursor_number follows it.
  head_number bigint NOT NULL,
  -- How the newest block was verified, and why not better where a proof was asked for.
  trust text NOT NULL DEFAULT 'proven' CHECK (trust IN ('proven', 'structural')),
  trust_reason text,
  -- Whether coin that contracts move is seen: 'none' where that is not asked for, or no provider traces.
  internal_transfers text NOT NULL DEFAULT 'none' CHECK (internal_transfers IN ('trace', 'none')),
  -- Why nothing moves on this chain until an operator says so; null while it does.
  halted_reason text,
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);

-- Who may act -----------------------------------------------------------------------------------------------------

CREATE TABLE leases (
  name text PRIMARY KEY,
  owner text NOT NULL,
  epoch bigint NOT NULL,
  lease_until timestamptz NOT NULL
);

-- What is told: events, published through the outbox, fanned out to merchants ----------------------------------------
-- Partitioned by day over the event's UUIDv7: a day is dropped, not deleted row by row.

CREATE TABLE events (
  id uuid NOT NULL,
  merchant_id uuid NOT NULL,
  type text NOT NULL,
  payment_id uuid,
  sequence integer NOT NULL,
  -- The exact bytes that are published, listed and signed.
  body text NOT NULL,
  trace_anchor text NOT NULL,
  traceparent text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  -- Given when published, by one relay at a time: what readers page by. Ids and serials would skip what commits late.
  position bigint,
  PRIMARY KEY (id)
) PARTITION BY RANGE (id);
CREATE INDEX events_by_position ON events (merchant_id, position);
CREATE INDEX events_by_payment ON events (payment_id, sequence) WHERE payment_id IS NOT NULL;

-- Queue tables stay small: a row leaves when its work is done. They are vacuumed by count, not by share.
CREATE TABLE outbox (
  number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  event_id uuid NOT NULL UNIQUE,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);

CREATE TABLE relay_state (
  singleton boolean PRIMARY KEY DEFAULT true CHECK (singleton),
  position bigint NOT NULL
);
INSERT INTO relay_state (position) VALUES (0);

CREATE TABLE fan_out_queue (
  event_id uuid PRIMARY KEY,
  published_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0);
CREATE INDEX fan_out_queue_by_age ON fan_out_queue (published_at);

CREATE TABLE webhook_endpoints (
  id uuid PRIMARY KEY,
  merchant_id uuid NOT NULL REFERENCES merchants,
  url text NOT NULL,
  events text[] NOT NULL,
  description text,
  enabled boolean NOT NULL DEFAULT true,
  disabled_reason text,
  -- Encrypted under SECRETS_KEY; the previous one goes on signing for a day after a rotation.
  secret bytea NOT NULL,
  previous_secret bytea,
  previous_secret_until timestamptz(3),
  paused_until timestamptz(3),
  failing_since timestamptz(3),
  consecutive_failures integer NOT NULL DEFAULT 0,
  circuit_open_until timestamptz(3),
  -- How many warnings the merchant has had since failing_since.
  failure_warnings smallint NOT NULL DEFAULT 0,
  created_at timestamptz(3) NOT NULL DEFAULT now(),
  updated_at timestamptz(3) NOT NULL DEFAULT now()
);
CREATE INDEX webhook_endpoints_by_merchant ON webhook_endpoints (merchant_id, id DESC);

CREATE TABLE deliveries (
  event_id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  -- 'event' for the first telling; each replay, resend and test has a trigger of its own.
  trigger text NOT NULL,
  id uuid NOT NULL,
  merchant_id uuid NOT NULL,
  event_type text NOT NULL,
  status text NOT NULL CHECK (status IN ('pending', 'delivered', 'dead_lettered', 'discarded')),
  attempts integer NOT NULL DEFAULT 0,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  completed_at timestamptz(3),
  dead_lettered_at timestamptz(3),
  CHECK ((dead_lettered_at IS NOT NULL) = (status = 'dead_lettered')),
  PRIMARY KEY (event_id, endpoint_id, trigger)
) PARTITION BY RANGE (event_id);
CREATE INDEX deliveries_by_id ON deliveries (id);
CREATE INDEX deliveries_by_merchant ON deliveries (merchant_id, id DESC);
CREATE INDEX deliveries_by_endpoint ON deliveries (endpoint_id, id DESC);
-- Not by status: an index that knows the status would be written for every delivery that succeeds.
CREATE INDEX deliveries_dead_lettered ON deliveries (dead_lettered_at) WHERE dead_lettered_at IS NOT NULL;

CREATE TABLE delivery_attempts (
  event_id uuid NOT NULL,
  delivery_id uuid NOT NULL,
  n integer NOT NULL,
  at timestamptz(3) NOT NULL,
  status_code integer,
  duration_ms integer NOT NULL,
  -- Null when delivered; `error` is one uniform word outward, `reason` the exact one for the operator.
  error text,
  reason text,
  response_body text,
  PRIMARY KEY (event_id, delivery_id, n)
) PARTITION BY RANGE (event_id);

CREATE TABLE delivery_queue (
  delivery_id uuid PRIMARY KEY,
  event_id uuid NOT NULL,
  endpoint_id uuid NOT NULL,
  merchant_id uuid NOT NULL,
  due_at timestamptz(3) NOT NULL,
  attempts integer NOT NULL DEFAULT 0,
  lease_token uuid,
  lease_until timestamptz(3)
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 2000, autovacuum_vacuum_cost_delay = 0,
        fillfactor = 70);
-- One for first attempts and one for retries: a heap of due retries must not stand before what is new. The lease is in
-- neither, so that claiming a row touches no index (a HOT update).
CREATE INDEX delivery_queue_first ON delivery_queue (endpoint_id, due_at) WHERE attempts = 0;
CREATE INDEX delivery_queue_retries ON delivery_queue (endpoint_id, due_at) WHERE attempts > 0;

-- What the sweeper does -------------------------------------------------------------------------------------------

CREATE TABLE sweeps (
  id uuid PRIMARY KEY,
  chain text NOT NULL,
  chain_id bigint NOT NULL,
  asset_symbol text NOT NULL,
  asset_contract account,
  asset_decimals smallint NOT NULL,
  treasury account NOT NULL,
  strategy text NOT NULL,
  status text NOT NULL CHECK (status IN ('planned', 'broadcast', 'confirmed', 'failed')),
  reason text,
  trace_anchor text NOT NULL,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  completed_at timestamptz(3)
);
CREATE INDEX sweeps_open ON sweeps (chain_id, id) WHERE status IN ('planned', 'broadcast');

CREATE TABLE sweep_items (
  sweep_id uuid NOT NULL REFERENCES sweeps,
  address account NOT NULL REFERENCES deposit_addresses,
  payment_id uuid NOT NULL REFERENCES payments,
  merchant_id uuid NOT NULL,
  chain_id bigint NOT NULL,
  amount_planned uint256 NOT NULL,
  -- As the receipt (native: the canonical transaction) says; null until confirmed.
  amount_collected uint256,
  -- Its part of the gas, and of the fee in wei, of all the sweep's transactions.
  gas_share uint256,
  fee_share uint256,
  -- Why nothing was collected.
  reason text,
  -- False once the sweep is over: then the address may be swept again.
  active boolean NOT NULL DEFAULT true,
  PRIMARY KEY (sweep_id, address)
);
-- An address has one line of nonces, so it is in one sweep at a time, whatever the asset.
CREATE UNIQUE INDEX sweep_items_one_at_a_time ON sweep_items (chain_id, address) WHERE active;
CREATE INDEX sweep_items_by_payment ON sweep_items (payment_id);
CREATE INDEX sweep_items_by_merchant ON sweep_items (merchant_id, sweep_id DESC);

-- One row per nonce; what was signed for it (the first and its replacements) are its attempts.
CREATE TABLE sweep_transactions (
  id uuid PRIMARY KEY,
  sweep_id uuid REFERENCES sweeps,
  chain_id bigint NOT NULL,
  sender account NOT NULL,
  nonce bigint NOT NULL,
  -- 'foreign': used by nothing of ours; noted so that the nonces after it are known to be free.
  purpose text NOT NULL CHECK (purpose IN ('top_up', 'collect', 'authorize', 'cancel', 'deploy', 'foreign')),
  status text NOT NULL CHECK (status IN ('signed', 'broadcast', 'mined', 'confirmed', 'reverted', 'dropped')),
  -- The attempt that was mined, where, and at what price.
  mined_hash digest,
  block_hash digest,
  block_number bigint,
  gas_used bigint,
  fee_paid uint256,
  created_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  UNIQUE (chain_id, sender, nonce)
);
CREATE INDEX sweep_transactions_by_sweep ON sweep_transactions (sweep_id);
CREATE INDEX sweep_transactions_open ON sweep_transactions (chain_id, sender, nonce)
  WHERE status IN ('signed', 'broadcast', 'mined');
-- A confirmed transaction can still be orphaned until its block is final.
CREATE INDEX sweep_transactions_not_final ON sweep_transactions (chain_id, block_number)
  WHERE status IN ('confirmed', 'reverted');

CREATE TABLE sweep_attempts (
  chain_id bigint NOT NULL,
  hash digest NOT NULL,
  transaction_id uuid NOT NULL REFERENCES sweep_transactions,
  raw bytea NOT NULL,
  max_fee_per_gas uint256 NOT NULL,
  max_priority_fee_per_gas uint256 NOT NULL,
  -- The balance that it was signed to take, its own fee included where that is paid from it; null where it takes none.
  takes uint256,
  -- A no-op in place of what cannot be sent: it only uses up the nonce.
  cancels boolean NOT NULL DEFAULT false,
  signed_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  broadcast_at timestamptz(3),
  PRIMARY KEY (chain_id, hash)
);
CREATE INDEX sweep_attempts_by_transaction ON sweep_attempts (transaction_id);

-- Confirmed money that is not being collected now, and why. Looked at again from retry_at on.
CREATE TABLE collection_waits (
  chain_id bigint NOT NULL,
  address account NOT NULL REFERENCES deposit_addresses,
  asset_symbol text NOT NULL,
  amount uint256 NOT NULL,
  reason text NOT NULL,
  failures integer NOT NULL DEFAULT 0,
  since timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  retry_at timestamptz(3) NOT NULL,
  PRIMARY KEY (chain_id, address, asset_symbol)
);

-- A chain on which nothing new is signed, until an operator resumes it: asked for, or because something is wrong.
CREATE TABLE sweep_pauses (
  chain_id bigint PRIMARY KEY,
  reason text NOT NULL,
  actor text NOT NULL,
  paused_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);

-- Daily partitions ------------------------------------------------------------------------------------------------

-- 48 bits of milliseconds lead a UUIDv7, so a range of ids is a range of time (RFC 9562 §5.7).
CREATE FUNCTION uuidv7_floor(moment timestamptz) RETURNS uuid LANGUAGE sql STABLE AS $$
  SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0') || '00000000000000000000')::uuid
$$;

-- A UUIDv7 of this moment: a random version 4, with the time in its first 48 bits and the version raised to 7.
CREATE FUNCTION new_uuidv7() RETURNS uuid LANGUAGE sql VOLATILE AS $$
  SELECT encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid())
    PLACING substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6),
    52, 1), 53, 1), 'hex')::uuid
$$;

-- Makes the partitions of `days` days from `first` on; those that exist stay. Rows that fell into the default partition
-- for want of their day's move into it.
CREATE FUNCTION ensure_daily_partitions(first date, days integer) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  key text;
  day date;
  partition text;
  lowest uuid;
  beyond uuid;
BEGIN
  FOREACH parent IN ARRAY ARRAY['events', 'deliveries', 'delivery_attempts'] LOOP
    key := CASE parent WHEN 'events' THEN 'id' ELSE 'event_id' END;
    FOR day IN SELECT first + n FROM generate_series(0, days - 1) n LOOP
      partition := parent || to_char(day, '_YYYYMMDD');
      CONTINUE WHEN to_regclass(quote_ident(partition)) IS NOT NULL;
      lowest := uuidv7_floor(day::timestamp AT TIME ZONE 'UTC');
      beyond := uuidv7_floor((day + 1)::timestamp AT TIME ZONE 'UTC');
      -- Room on each page, so that settling a row once is a HOT update.
      EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS) WITH (fillfactor = 80)',
        partition, parent);
      EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent || '_default');
      EXECUTE format('WITH moved AS (DELETE FROM %I WHERE %I >= %L AND %I < %L RETURNING *) INSERT INTO %I SELECT * FROM moved',
        parent || '_default', key, lowest, key, beyond, partition);
      EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, partition, lowest, beyond);
    END LOOP;
  END LOOP;
END
$$;

-- Drops the days before `oldest`, and what of them fell into the default partition. Returns the number of tables dropped.
CREATE FUNCTION drop_daily_partitions(oldest date) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  parent text;
  key text;
  partition text;
  dropped integer := 0;
BEGIN
  FOREACH parent IN ARRAY ARRAY['events', 'deliveries', 'delivery_attempts'] LOOP
    key := CASE parent WHEN 'events' THEN 'id' ELSE 'event_id' END;
    FOR partition IN
      SELECT child.relname FROM pg_inherits JOIN pg_class child ON child.oid = inhrelid
      WHERE inhparent = parent::regclass AND child.relname ~ ('^' || parent || '_\d{8}$')
        AND to_date(right(child.relname, 8), 'YYYYMMDD') < oldest
    LOOP
      EXECUTE format('DROP TABLE %I', partition);
      dropped := dropped + 1;
    END LOOP;
    EXECUTE format('DELETE FROM %I WHERE %I < %L', parent || '_default', key,
      uuidv7_floor(oldest::timestamp AT TIME ZONE 'UTC'));
  END LOOP;
  RETURN dropped;
END
$$;

-- An event is never refused for want of housekeeping: rows of a day without a partition fall in here.
CREATE TABLE events_default PARTITION OF events DEFAULT;
CREATE TABLE deliveries_default PARTITION OF deliveries DEFAULT;
CREATE TABLE delivery_attempts_default PARTITION OF delivery_attempts DEFAULT;
