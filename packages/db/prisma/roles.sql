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

-- Every service: readiness, leases, events with the outbox, and standing by as its relay.
GRANT SELECT ON _prisma_migrations TO ctrip_api, ctrip_scanner, ctrip_sweeper, ctrip_webhook_dispatcher;
GRANT SELECT, INSERT, UPDATE ON leases TO ctrip_api, ctrip_scanner, ctrip_sweeper, ctrip_webhook_dispatcher;
GRANT SELECT, INSERT, UPDATE (position) ON events TO ctrip_api, ctrip_scanner, ctrip_sweeper, ctrip_webhook_dispatcher;
GRANT SELECT, INSERT, DELETE ON outbox TO ctrip_api, ctrip_scanner, ctrip_sweeper, ctrip_webhook_dispatcher;
GRANT SELECT, UPDATE ON relay_state TO ctrip_api, ctrip_scanner, ctrip_sweeper, ctrip_webhook_dispatcher;
GRANT SELECT, INSERT ON fan_out_queue TO ctrip_api, ctrip_scanner, ctrip_sweeper, ctrip_webhook_dispatcher;

-- Services that render payments read the address of the payer's page.
GRANT SELECT ON gateway_settings TO ctrip_api, ctrip_scanner, ctrip_sweeper;

-- api: shows everything; makes payments, cancels and accepts them, keeps merchants' doors. It writes no amount that was
-- received, no transfer, no sweep.
GRANT SELECT ON ALL TABLES IN SCHEMA public TO ctrip_api;
GRANT USAGE ON SEQUENCE address_index TO ctrip_api;
GRANT INSERT ON merchants, api_keys, operators, idempotency_keys, audit_log, operator_requests, payments, deposit_addresses,
  payment_transitions, payment_requests, webhook_endpoints, deliveries, delivery_queue, wallets TO ctrip_api;
GRANT UPDATE (status, flags, sequence, late_accepted, detected_at, confirmed_at, settled_at, updated_at,
  cancel_requested_at, amount_accepted, expires_at, metadata, reference) ON payments TO ctrip_api;
GRANT UPDATE (public_url) ON gateway_settings TO ctrip_api;
GRANT UPDATE (name) ON merchants TO ctrip_api; -- it locks a merchant's row while it counts endpoints
GRANT UPDATE (last_used_at, revoked_at, expires_at) ON api_keys TO ctrip_api;
GRANT UPDATE (revoked_at) ON operators TO ctrip_api;
GRANT UPDATE, DELETE ON idempotency_keys, webhook_endpoints TO ctrip_api;
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
GRANT SELECT, INSERT, UPDATE ON asset_checks TO ctrip_scanner;
GRANT UPDATE (status, flags, amount_received, amount_confirmed, sequence, late_accepted, detected_at, confirmed_at,
  settled_at, updated_at) ON payments TO ctrip_scanner;
GRANT UPDATE (status, in_time) ON transfers TO ctrip_scanner;
GRANT UPDATE (canonical), DELETE ON blocks TO ctrip_scanner;
GRANT UPDATE ON chain_state TO ctrip_scanner;
GRANT SELECT, INSERT, UPDATE ON chain_observations TO ctrip_scanner;
GRANT UPDATE (from_block, completed_at) ON operator_requests TO ctrip_scanner;
-- Rates: rounds are added and thinned, never changed.
GRANT SELECT, INSERT, DELETE ON rate_rounds TO ctrip_scanner;
GRANT SELECT, INSERT, UPDATE ON rate_readings TO ctrip_scanner;

-- sweeper: collects. It says which sweep took a transfer, never how much was transferred or received.
GRANT SELECT ON payments, deposit_addresses, transfers, blocks, chain_state, operator_requests, accepted_blocks
  TO ctrip_sweeper;
GRANT SELECT, INSERT, UPDATE ON sweeps, sweep_items, sweep_transactions, sweep_attempts TO ctrip_sweeper;
GRANT SELECT, INSERT, UPDATE, DELETE ON collection_waits, sweep_pauses, sweep_waits, gas_wallet_shortages TO ctrip_sweeper;
GRANT UPDATE (collected_by) ON transfers TO ctrip_sweeper;
GRANT UPDATE (status, flags, sequence, late_accepted, detected_at, confirmed_at, settled_at, updated_at)
  ON payments TO ctrip_sweeper;
GRANT INSERT ON payment_transitions TO ctrip_sweeper;
GRANT UPDATE (completed_at, answer) ON operator_requests TO ctrip_sweeper;
GRANT SELECT, INSERT, MAINTAIN ON wallets TO ctrip_sweeper;
GRANT SELECT, INSERT ON chain_identities TO ctrip_sweeper;
GRANT SELECT ON asset_checks TO ctrip_sweeper;

-- webhook-dispatcher: deliveries. Of payments it knows what their events say.
GRANT SELECT, INSERT, UPDATE ON deliveries TO ctrip_webhook_dispatcher;
GRANT SELECT, INSERT ON delivery_attempts TO ctrip_webhook_dispatcher;
GRANT SELECT, INSERT, UPDATE, DELETE ON delivery_queue TO ctrip_webhook_dispatcher;
GRANT DELETE ON fan_out_queue TO ctrip_webhook_dispatcher;
GRANT SELECT, UPDATE (enabled, disabled_reason, paused_until, failing_since, consecutive_failures, circuit_open_until,
  failure_warnings) ON webhook_endpoints TO ctrip_webhook_dispatcher;

-- Daily partitions are made and dropped with their owner's rights, by the one service that keeps them.
ALTER FUNCTION ensure_daily_partitions(date, integer) SECURITY DEFINER SET search_path = public, pg_temp;
ALTER FUNCTION drop_daily_partitions(date) SECURITY DEFINER SET search_path = public, pg_temp;
REVOKE ALL ON FUNCTION ensure_daily_partitions(date, integer), drop_daily_partitions(date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ensure_daily_partitions(date, integer), drop_daily_partitions(date)
  TO ctrip_webhook_dispatcher;
