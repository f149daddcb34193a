-- One role per service, with what its code needs and nothing else. Run after the migrations by the migration job, in one
-- transaction: what is taken away and given again is never missing for anybody. Needs Postgres 17 or newer (MAINTAIN).
-- A role without a password cannot log in where Postgres asks for one; the job sets those that it is given.

DO $$
DECLARE
  service text;
BEGIN
  FOREACH service IN ARRAY ARRAY['ctrip_api', 'ctrip_scanner', 'ctrip_sweeper', 'ctrip_webhook_dispatcher'] LOOP
    BEGIN
      EXECUTE format('CREATE ROLE %I LOGIN', service);
    EXCEPTION WHEN duplicate_object OR unique_violation THEN
      NULL; -- there already; roles are shared by all databases of a server
    END;
  END LOOP;
END
$$;

-- A right that is no longer listed below is gone.
REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ctrip_api, ctrip_scanner, ctrip_sweeper, ctrip_webhook_dispatcher;
REVOKE ALL ON ALL SEQUENCES IN SCHEMA public FROM ctrip_api, ctrip_scanner, ctrip_sweeper, ctrip_webhook_dispatcher;

-- A temporary table of the name of one of ours would be read before it, and large objects are storage that nobody clears.
DO $$
DECLARE
  maker regprocedure;
BEGIN
  EXECUTE format('REVOKE TEMPORARY, CREATE ON DATABASE %I FROM PUBLIC, ctrip_api, ctrip_scanner, ctrip_sweeper, ctrip_webhook_dispatcher',
    current_database());
  FOR maker IN SELECT oid FROM pg_proc WHERE pronamespace = 'pg_catalog'::regnamespace
    AND proname IN ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import') AND has_function_privilege('ctrip_api', oid, 'EXECUTE')
  LOOP
    EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', maker);
  END LOOP;
END
$$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC, ctrip_api, ctrip_scanner, ctrip_sweeper, ctrip_webhook_dispatcher;

-- The lists that the row policies ask (migration 0031_rows_per_role). A type of event or a lease that is not listed is refused.
CREATE OR REPLACE FUNCTION may_emit(event_type text) RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT CASE current_user
    -- What a merchant's request leads to: money that it accepts may be confirmed or swept already.
    WHEN 'ctrip_api' THEN event_type IN ('payment.created', 'payment.partially_paid', 'payment.detected', 'payment.confirmed',
      'payment.settled', 'payment.expired', 'payment.canceled', 'checkout_session.completed', 'checkout_session.expired', 'endpoint.test')
    WHEN 'ctrip_scanner' THEN event_type IN ('payment.partially_paid', 'payment.detected', 'payment.confirmed', 'payment.settled',
      'payment.expired', 'payment.canceled', 'payment.reorged', 'payment.overpaid', 'payment.late', 'transfer.unmatched',
      'transfer.confirmed', 'transfer.reorged', 'checkout_session.completed', 'checkout_session.expired', 'checkout_session.reopened')
    -- While it settles a payment, the chain may have passed its expiry or cancellation.
    WHEN 'ctrip_sweeper' THEN event_type IN ('sweep.planned', 'sweep.broadcast', 'sweep.confirmed', 'sweep.failed',
      'payment.settled', 'payment.reorged', 'payment.expired', 'payment.canceled')
    WHEN 'ctrip_webhook_dispatcher' THEN event_type IN ('webhook.dead_lettered', 'webhook.endpoint_failing', 'webhook.endpoint_disabled')
    ELSE false END
$$;
CREATE OR REPLACE FUNCTION may_hold_lease(lease_name text) RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT CASE current_user
    WHEN 'ctrip_api' THEN lease_name = 'outbox-relay'
    WHEN 'ctrip_scanner' THEN lease_name IN ('outbox-relay', 'payment-gauges', 'checkout-sessions', 'reconciliation') OR lease_name ~ '^chain-writer:[0-9]+$'
    WHEN 'ctrip_sweeper' THEN lease_name = 'outbox-relay' OR lease_name ~ '^gas-wallet:[0-9]+$'
    WHEN 'ctrip_webhook_dispatcher' THEN lease_name IN ('outbox-relay', 'webhook-gauges')
    ELSE false END
$$;

-- Every service: readiness, leases, events with the outbox, and standing by as its relay. Entries leave the outbox through
-- publish_events only; the database judges each event (migration 0030_supported_by_transfers).
GRANT SELECT ON _prisma_migrations TO ctrip_api, ctrip_scanner, ctrip_sweeper, ctrip_webhook_dispatcher;
GRANT SELECT, INSERT, UPDATE (name, owner, epoch, lease_until) ON leases TO ctrip_api, ctrip_scanner, ctrip_sweeper, ctrip_webhook_dispatcher;
GRANT SELECT, INSERT (id, merchant_id, type, payment_id, checkout_session_id, sequence, body, trace_anchor, traceparent, created_at) ON events
  TO ctrip_api, ctrip_scanner, ctrip_sweeper, ctrip_webhook_dispatcher;
GRANT SELECT, INSERT (event_id) ON outbox TO ctrip_api, ctrip_scanner, ctrip_sweeper, ctrip_webhook_dispatcher;
GRANT SELECT ON fan_out_queue TO ctrip_api, ctrip_webhook_dispatcher;
REVOKE ALL ON FUNCTION publish_events(text, bigint, uuid[]), fan_out_events(uuid[], double precision) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION publish_events(text, bigint, uuid[])
  TO ctrip_api, ctrip_scanner, ctrip_sweeper, ctrip_webhook_dispatcher;

-- Services that render payments read the address of the payer's page.
GRANT SELECT ON gateway_settings TO ctrip_api, ctrip_scanner, ctrip_sweeper;

-- api: shows everything; makes payments, cancels and accepts them, keeps merchants' doors. It writes no amount that was
-- received, no transfer, no sweep. Tables are named one by one: a new one needs a decision (docs/rights.md).
GRANT SELECT ON accepted_blocks, api_keys, asset_checks, audit_log, blocks, chain_identities, chain_observations, chain_state,
  checkout_session_transitions, checkout_sessions,  collection_waits, deliveries, delivery_attempts, delivery_queue, deposit_addresses, gas_wallet_shortages, idempotency_keys,
  merchants, operator_requests, operators, payment_links, payment_requests, payment_transitions, payments, rate_readings, rate_rounds, relay_state,
  sweep_attempts, sweep_items, sweep_pauses, sweep_transactions, sweep_waits, sweeps, trace_debts, transfers, wallets, webhook_endpoints TO ctrip_api;
GRANT USAGE ON SEQUENCE address_index TO ctrip_api;
GRANT INSERT ON merchants, api_keys, operators, idempotency_keys, audit_log, operator_requests, deposit_addresses,
  payment_transitions, payment_requests, payment_links, checkout_session_transitions, webhook_endpoints, deliveries, delivery_queue, wallets
  TO ctrip_api;
-- A new payment has received nothing: those columns keep their defaults.
GRANT INSERT (id, merchant_id, chain, chain_id, asset_symbol, asset_contract, asset_decimals, amount, tolerance_bps, late_policy,
  address, confirmations_required, reference, metadata, checkout_url, trace_anchor, created_at, expires_at, success_url,
  cancel_url, status, sequence, quote_currency, quote_amount, quote_rate_numerator, quote_rate_denominator, quote_source, quoted_at,
  quote_expires_at, checkout_session_id) ON payments TO ctrip_api;
GRANT INSERT (id, merchant_id, payment_link_id, currency, price, accept, line_items, success_url, cancel_url, quote_seconds, tolerance_bps,
  late_policy, reference, metadata, locale, url, trace_anchor, created_at, expires_at, status, sequence) ON checkout_sessions TO ctrip_api;
-- Money that the merchant accepts may complete a session; the database holds its amounts against the transfers.
GRANT UPDATE (status, amount_paid, amount_pending, sequence, completed_at, expires_at, updated_at) ON checkout_sessions TO ctrip_api;
GRANT UPDATE (name, description, currency, price, accept, success_url, metadata, active, updated_at) ON payment_links TO ctrip_api;
GRANT UPDATE (status, flags, sequence, late_accepted, detected_at, confirmed_at, settled_at, updated_at,
  cancel_requested_at, amount_accepted, expires_at, metadata, reference) ON payments TO ctrip_api;
GRANT UPDATE (public_url) ON gateway_settings TO ctrip_api;
GRANT UPDATE (name, max_open_payments, max_payments_per_day) ON merchants TO ctrip_api; -- it also locks a merchant's row while it counts endpoints
GRANT UPDATE (last_used_at, revoked_at, expires_at) ON api_keys TO ctrip_api;
GRANT UPDATE (revoked_at) ON operators TO ctrip_api;
GRANT DELETE ON idempotency_keys, webhook_endpoints TO ctrip_api;
GRANT UPDATE (status, completed_at) ON deliveries TO ctrip_api;
GRANT DELETE, UPDATE (due_at) ON delivery_queue TO ctrip_api;
GRANT MAINTAIN ON wallets TO ctrip_api; -- to lock the table, not to change it

-- scanner: what the chain says, and what becomes of payments by it. It reads no key and no secret; of sweeps it reads what
-- it needs to hold the ledger against the chain.
GRANT SELECT ON payments, deposit_addresses, transfers, blocks, chain_state, sweeps, sweep_items, sweep_transactions,
  sweep_attempts, operator_requests, accepted_blocks, trace_debts TO ctrip_scanner;
GRANT INSERT ON payment_transitions, transfers, blocks, chain_state, trace_debts TO ctrip_scanner;
GRANT UPDATE (attempts, next_attempt_at, reason, providers), DELETE ON trace_debts TO ctrip_scanner;
GRANT SELECT, INSERT ON chain_identities TO ctrip_scanner;
GRANT SELECT, INSERT ON asset_checks TO ctrip_scanner;
GRANT UPDATE (status, flags, amount_received, amount_confirmed, sequence, detected_at, confirmed_at,
  settled_at, updated_at) ON payments TO ctrip_scanner;
GRANT SELECT, UPDATE (status, amount_paid, amount_pending, sequence, completed_at, expires_at, updated_at) ON checkout_sessions
  TO ctrip_scanner;
GRANT INSERT ON checkout_session_transitions TO ctrip_scanner;
GRANT UPDATE (status, in_time) ON transfers TO ctrip_scanner;
GRANT UPDATE (canonical), DELETE ON blocks TO ctrip_scanner;
GRANT SELECT, INSERT ON chain_observations TO ctrip_scanner;
GRANT UPDATE (from_block, completed_at) ON operator_requests TO ctrip_scanner;
-- The continuous reconciliation: it returns what contradicts a claim, and nothing else of tables that the scanner cannot read.
REVOKE ALL ON FUNCTION find_unsupported_claims(uuid[], uuid[]) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION find_unsupported_claims(uuid[], uuid[]) TO ctrip_scanner;
-- Rates: rounds are added and thinned, never changed.
GRANT SELECT, INSERT, DELETE ON rate_rounds TO ctrip_scanner;
GRANT SELECT, INSERT ON rate_readings TO ctrip_scanner;

-- sweeper: collects. It says which sweep took a transfer, never how much was transferred or received.
GRANT SELECT ON payments, deposit_addresses, transfers, blocks, chain_state, operator_requests, accepted_blocks
  TO ctrip_sweeper;
GRANT SELECT, INSERT ON sweeps, sweep_items, sweep_transactions, sweep_attempts TO ctrip_sweeper;
GRANT SELECT, INSERT, DELETE ON collection_waits, sweep_pauses, sweep_waits, gas_wallet_shortages TO ctrip_sweeper;
GRANT UPDATE (collected_by) ON transfers TO ctrip_sweeper;
GRANT UPDATE (status, flags, sequence, detected_at, confirmed_at, settled_at, updated_at)
  ON payments TO ctrip_sweeper;
GRANT INSERT ON payment_transitions TO ctrip_sweeper;
GRANT UPDATE (completed_at, answer) ON operator_requests TO ctrip_sweeper;
GRANT SELECT, INSERT, MAINTAIN ON wallets TO ctrip_sweeper;
GRANT SELECT, INSERT ON chain_identities TO ctrip_sweeper;
GRANT SELECT ON asset_checks TO ctrip_sweeper;

-- webhook-dispatcher: deliveries. Of payments it knows what their events say.
-- It makes deliveries through fan_out_events only.
GRANT EXECUTE ON FUNCTION fan_out_events(uuid[], double precision) TO ctrip_webhook_dispatcher;
GRANT SELECT, UPDATE (status, attempts, completed_at, dead_lettered_at) ON deliveries TO ctrip_webhook_dispatcher;
GRANT SELECT, INSERT ON delivery_attempts TO ctrip_webhook_dispatcher;
GRANT SELECT, UPDATE (due_at, attempts, lease_token, lease_until), DELETE ON delivery_queue TO ctrip_webhook_dispatcher;
GRANT SELECT, UPDATE (enabled, disabled_reason, paused_until, failing_since, consecutive_failures, circuit_open_until,
  failure_warnings) ON webhook_endpoints TO ctrip_webhook_dispatcher;

-- Daily partitions are made and dropped with their owner's rights, by the one service that keeps them.
REVOKE ALL ON FUNCTION ensure_daily_partitions(date, integer), drop_daily_partitions(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_daily_partitions(date, integer), drop_daily_partitions(date)
  TO ctrip_webhook_dispatcher;

-- Changes of whole rows, granted column by column: the right to UPDATE a table is also the right to lock everybody out of it.
DO $$
DECLARE
  given record;
  names text;
BEGIN
  FOR given IN SELECT * FROM (VALUES
    ('ctrip_api', 'idempotency_keys'), ('ctrip_api', 'webhook_endpoints'),
    ('ctrip_scanner', 'asset_checks'), ('ctrip_scanner', 'chain_state'), ('ctrip_scanner', 'chain_observations'), ('ctrip_scanner', 'rate_readings'),
    ('ctrip_sweeper', 'sweeps'), ('ctrip_sweeper', 'sweep_items'), ('ctrip_sweeper', 'sweep_transactions'), ('ctrip_sweeper', 'sweep_attempts'),
    ('ctrip_sweeper', 'collection_waits'), ('ctrip_sweeper', 'sweep_pauses'), ('ctrip_sweeper', 'sweep_waits'), ('ctrip_sweeper', 'gas_wallet_shortages')
  ) AS rows (role, in_table) LOOP
    SELECT string_agg(quote_ident(attname), ', ') INTO names FROM pg_attribute
    WHERE attrelid = given.in_table::regclass AND attnum > 0 AND NOT attisdropped;
    EXECUTE format('GRANT UPDATE (%s) ON %I TO %I', names, given.in_table, given.role);
  END LOOP;
END
$$;
