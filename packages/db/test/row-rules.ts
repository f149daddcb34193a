/**
 * The decision about each table: which rows its writers may write, and what enforces it. A table without an entry fails
 * rights.test.ts, as does an entry without a table. Rights themselves are given in prisma/roles.sql; row rules are policies and
 * triggers of migrations.
 */
export const ROW_RULES: Readonly<Record<string, string>> = {
  _prisma_migrations: 'The migration job alone writes it.',
  accepted_blocks: 'An operator alone writes it: `ctrip chains accept-block`, with the login of the owner.',
  api_keys: 'The API makes and revokes keys. It can make one for any merchant: it is the door.',
  asset_checks: 'The scanner reports the state of a configured token. No amount follows from it.',
  audit_log: 'The API appends. Triggers refuse UPDATE, DELETE and TRUNCATE.',
  blocks: 'The scanner alone.',
  chain_identities: 'The first one stays: no role may update it.',
  chain_observations: 'The scanner alone. No amount follows from it.',
  chain_state: 'The scanner alone.',
  checkout_session_transitions: 'Appended by those who change sessions. Triggers refuse UPDATE and DELETE.',
  checkout_sessions:
    'The API makes them, open and without money (policy `checkout_sessions_begin_open`, columns). At commit, paid amount and completion must be worth what confirmed transfers support (trigger `checkout_sessions_supported_by_transfers`), whoever writes them; of money that came after its quote the check does not know the rate.',
  collection_waits: 'The sweeper alone. No amount follows from it.',
  deliveries:
    'The API inserts replays, and only of an event to an endpoint of the same merchant (policy `deliveries_within_a_merchant`). First deliveries are made by `fan_out_events`.',
  delivery_attempts: 'The dispatcher appends to its log.',
  delivery_queue:
    'As `deliveries` (policy `delivery_queue_within_a_merchant`). A delivery that is pending and not in the queue is a discrepancy.',
  deposit_addresses: 'The API appends. The sweeper derives each address again before it signs.',
  events:
    'Each role inserts its own types only (policy `events_of_own_types`, list below). At commit the event must be genuine (trigger `events_are_genuine`): its body names it, its payment belongs to the merchant and was changed by the same transaction, and every transfer, amount and quote in its body is recorded, each transfer once; its status is one that its transaction passed (trigger `events_show_what_is`). Nobody updates or deletes one; `publish_events` gives the position.',
  fan_out_queue: 'Nobody. `publish_events` fills it, `fan_out_events` empties it.',
  gas_wallet_shortages: 'The sweeper alone. No amount follows from it.',
  gateway_settings: 'The API writes its public address.',
  idempotency_keys: 'The API alone.',
  leases:
    'A role writes only leases that it may hold (policies `leases_made`, `leases_taken`, list below), for 15 seconds at most; a trigger lets one change hands only when it has run out, and raises its epoch by one.',
  merchants: 'The API alone.',
  operator_requests: 'The API inserts; scanner and sweeper complete.',
  operators: 'The API makes and revokes operators and their keys: it is the door.',
  outbox:
    'Every role appends the id of an event that is not published yet. Nobody deletes: `publish_events` alone takes entries out, and puts each into the fan-out queue.',
  payment_links: 'The API alone. A link names a price, no money.',
  payment_requests: 'The API appends.',
  payment_transitions:
    'Appended by those who change payments, each step a row of the table of packages/domain (policy `payment_transitions_of_own_steps`): only the scanner goes back, and the sweeper from `settled`. At commit, the steps follow the status before and lead to the status now (triggers `payments_have_history_of_*`).',
  payments:
    'A new payment is `pending` and has received nothing (policy `payments_begin_pending`, columns). At commit, status and amounts must be those that its transfers support (trigger `payments_supported_by_transfers`), whoever writes them. Expiry and sequence only grow, and each number of the sequence is one event. A cancellation is asked for once, at the time of asking, while the payment is pending. Of the flags, the sweeper adds `reorged` only.',
  rate_readings: 'The scanner alone.',
  rate_rounds:
    'The scanner alone: it adds and thins, and changes none. The API cannot invent a rate, but it works out the amount of a payment from one; the payment keeps both.',
  relay_state: 'Nobody. `publish_events` counts.',
  sweep_attempts: 'The sweeper alone.',
  sweep_items: 'The sweeper alone. The reconciliation compares each address with the chain.',
  sweep_pauses: 'The sweeper alone.',
  sweep_transactions: 'The sweeper alone. The reconciliation compares each address with the chain.',
  sweep_waits: 'The sweeper alone.',
  sweeps: 'The sweeper alone. The reconciliation compares each address with the chain.',
  trace_debts: 'The scanner alone.',
  transfers:
    'The scanner inserts, and changes `status` and `in_time`; the sweeper changes `collected_by`. The scanner is whom the gateway believes about the chain: a transfer that it invents shows in the reconciliation, which compares each address with the chain.',
  wallets: 'API and sweeper insert the first one (the table is locked meanwhile).',
  webhook_endpoints:
    'The API alone; the dispatcher writes the state of their health. It cannot change URL, events or secret.',
}
