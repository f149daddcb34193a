-- One price that the payer pays in the assets of its choice, in one payment or in several.
CREATE TABLE payment_links (
  id uuid PRIMARY KEY,
  merchant_id uuid NOT NULL REFERENCES merchants,
  name text NOT NULL,
  description text,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  -- Minor units of the currency.
  price uint256 NOT NULL CHECK (price > 0),
  -- [{chain, asset}]; null: every asset that has a rate.
  accept jsonb,
  success_url text,
  metadata jsonb NOT NULL,
  active boolean NOT NULL DEFAULT true,
  created_at timestamptz(3) NOT NULL,
  updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX payment_links_by_merchant ON payment_links (merchant_id, id DESC);

CREATE TABLE checkout_sessions (
  id uuid PRIMARY KEY,
  merchant_id uuid NOT NULL REFERENCES merchants,
  payment_link_id uuid REFERENCES payment_links,
  currency text NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
  price uint256 NOT NULL CHECK (price > 0),
  accept jsonb,
  line_items jsonb NOT NULL,
  success_url text,
  cancel_url text,
  quote_seconds integer NOT NULL CHECK (quote_seconds BETWEEN 60 AND 3600),
  tolerance_bps smallint NOT NULL CHECK (tolerance_bps BETWEEN 0 AND 1000),
  late_policy text NOT NULL CHECK (late_policy IN ('accept', 'review')),
  reference text,
  metadata jsonb NOT NULL,
  locale text,
  url text NOT NULL,
  trace_anchor text NOT NULL,
  created_at timestamptz(3) NOT NULL,
  expires_at timestamptz(3) NOT NULL,
  status text NOT NULL CHECK (status IN ('open', 'complete', 'expired')),
  -- The value of confirmed money, and of money that is received and not confirmed: always recomputed from transfers.
  amount_paid uint256 NOT NULL DEFAULT 0,
  amount_pending uint256 NOT NULL DEFAULT 0,
  sequence integer NOT NULL CHECK (sequence >= 1),
  completed_at timestamptz(3),
  updated_at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  CHECK ((completed_at IS NOT NULL) = (status = 'complete'))
);
CREATE INDEX checkout_sessions_by_merchant ON checkout_sessions (merchant_id, id DESC);
CREATE INDEX checkout_sessions_by_reference ON checkout_sessions (merchant_id, reference, id DESC) WHERE reference IS NOT NULL;
CREATE INDEX checkout_sessions_to_expire ON checkout_sessions (expires_at) WHERE status = 'open';

CREATE TABLE checkout_session_transitions (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  checkout_session_id uuid NOT NULL REFERENCES checkout_sessions,
  at timestamptz(3) NOT NULL DEFAULT clock_timestamp(),
  from_status text,
  to_status text NOT NULL,
  sequence integer NOT NULL,
  actor text NOT NULL,
  block_number bigint,
  trace_id text NOT NULL
);
CREATE INDEX checkout_session_transitions_by_session ON checkout_session_transitions (checkout_session_id, id);
CREATE TRIGGER checkout_session_transitions_are_append_only BEFORE UPDATE OR DELETE ON checkout_session_transitions
  FOR EACH ROW EXECUTE FUNCTION refuse_change();

ALTER TABLE payments ADD COLUMN checkout_session_id uuid REFERENCES checkout_sessions;
CREATE INDEX payments_by_checkout_session ON payments (checkout_session_id, id) WHERE checkout_session_id IS NOT NULL;

ALTER TABLE events ADD COLUMN checkout_session_id uuid;
CREATE INDEX events_by_checkout_session ON events (checkout_session_id, sequence) WHERE checkout_session_id IS NOT NULL;

-- A new session is open and has received nothing.
ALTER TABLE checkout_sessions ENABLE ROW LEVEL SECURITY;
CREATE POLICY checkout_sessions_read ON checkout_sessions FOR SELECT USING (true);
CREATE POLICY checkout_sessions_begin_open ON checkout_sessions FOR INSERT WITH CHECK (status = 'open' AND sequence = 1);
CREATE POLICY checkout_sessions_change ON checkout_sessions FOR UPDATE USING (true);

-- Repeats the rule of packages/domain (checkout-session/value.ts) as a check, to within a minor unit: it decides nothing. Money in a block
-- later than its quote is worth what the rates say, which this check does not know.
CREATE FUNCTION checkout_session_discrepancy(session checkout_sessions) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  money record;
BEGIN
  SELECT coalesce(sum(transfers.amount::numeric * payments.quote_amount / payments.amount), 0) AS value,
    coalesce(bool_or(transfers.block_time > payments.quote_expires_at), false) AS is_late
  INTO money FROM payments JOIN transfers ON transfers.payment_id = payments.id
  WHERE payments.checkout_session_id = session.id AND payments.quote_currency = session.currency AND payments.status <> 'canceled'
    AND transfers.status IN ('confirmed', 'final') AND transfers.kind <> 'funding'
    AND transfers.chain_id = payments.chain_id AND transfers.asset_contract IS NOT DISTINCT FROM payments.asset_contract
    AND (transfers.in_time OR payments.late_policy = 'accept' OR payments.late_accepted OR payments.amount_accepted IS NOT NULL);
  IF money.is_late THEN
    RETURN NULL;
  END IF;
  IF session.amount_paid > money.value + 1 THEN
    RETURN format('amount_paid is %s, its confirmed transfers are worth %s', session.amount_paid, floor(money.value));
  END IF;
  IF session.status = 'complete' AND money.value + 1 < session.price - div(session.price * session.tolerance_bps, 10000) THEN
    RETURN format('it is complete, its confirmed transfers are worth %s', floor(money.value));
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION assert_checkout_session_supported() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  session checkout_sessions;
  discrepancy text;
BEGIN
  -- As it stands at the commit, not as this update left it.
  SELECT * INTO session FROM checkout_sessions WHERE id = NEW.id;
  discrepancy := checkout_session_discrepancy(session);
  IF discrepancy IS NOT NULL THEN
    RAISE EXCEPTION 'checkout session % is not supported by its transfers: %', session.id, discrepancy
      USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER checkout_sessions_supported_by_transfers AFTER UPDATE OF status, amount_paid ON checkout_sessions
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((OLD.status, OLD.amount_paid) IS DISTINCT FROM (NEW.status, NEW.amount_paid))
  EXECUTE FUNCTION assert_checkout_session_supported();

-- `checkout_session.*`. At commit, the session was changed by this transaction, and the body shows it as it is.
CREATE FUNCTION checkout_session_event_discrepancy(event events, body jsonb, at_commit boolean) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  session checkout_sessions;
  made_by xid;
  view jsonb := body#>'{data,checkout_session}';
  stage text := CASE split_part(event.type, '.', 2) WHEN 'completed' THEN 'complete' WHEN 'reopened' THEN 'open' ELSE split_part(event.type, '.', 2) END;
BEGIN
  IF event.payment_id IS NOT NULL OR (body->'data') - 'checkout_session'::text <> '{}'::jsonb THEN
    RETURN 'its body shows more than a checkout session';
  END IF;
  SELECT * INTO session FROM checkout_sessions WHERE id = event.checkout_session_id AND merchant_id = event.merchant_id;
  IF NOT FOUND THEN
    RETURN 'its merchant has no such checkout session';
  END IF;
  IF uuid_of('cs', view->>'id') IS DISTINCT FROM session.id OR view#>>'{price,amount}' IS DISTINCT FROM session.price::text
    OR view#>>'{price,currency}' IS DISTINCT FROM session.currency THEN
    RETURN 'its body shows another checkout session';
  END IF;
  IF event.sequence > session.sequence OR view->>'sequence' IS DISTINCT FROM event.sequence::text THEN
    RETURN 'its sequence is not one of its checkout session';
  END IF;
  IF view->>'status' IS DISTINCT FROM stage THEN
    RETURN format('its body says %s', view->>'status');
  END IF;
  IF NOT EXISTS (SELECT 1 FROM checkout_session_transitions WHERE checkout_session_id = session.id AND to_status = stage AND sequence = event.sequence) THEN
    RETURN format('no transition of its checkout session to %s is recorded', stage);
  END IF;
  IF NOT at_commit THEN
    RETURN NULL;
  END IF;
  SELECT xmin INTO made_by FROM checkout_sessions WHERE id = session.id;
  IF made_by::text::bigint <> pg_current_xact_id()::text::bigint % 4294967296 THEN
    RETURN 'its checkout session was not changed with it';
  END IF;
  IF event.sequence = session.sequence AND (stage <> session.status OR view->>'amount_paid' IS DISTINCT FROM session.amount_paid::text
    OR view->>'amount_pending' IS DISTINCT FROM session.amount_pending::text) THEN
    RETURN 'its body shows its checkout session otherwise than it is';
  END IF;
  RETURN CASE WHEN view->'metadata' IS DISTINCT FROM session.metadata OR view->>'reference' IS DISTINCT FROM session.reference
    THEN 'its body has other notes than its checkout session' END;
END
$$;

-- As before, and also of a checkout session with these values in its metadata.
CREATE OR REPLACE FUNCTION is_wanted(wanted_types text[], wanted_metadata jsonb, type text, body text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT EXISTS (SELECT 1 FROM unnest(wanted_types) wanted WHERE wanted = type
      OR (right(wanted, 1) = '*' AND starts_with(type, left(wanted, -1))))
    AND (wanted_metadata IS NULL
      OR coalesce(body::jsonb #> '{data,payment,metadata}', body::jsonb #> '{data,checkout_session,metadata}', '{}') @> wanted_metadata)
$$;

-- With the column that this migration adds: a partition's row has it elsewhere.
CREATE OR REPLACE FUNCTION assert_event_genuine() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  discrepancy text := event_discrepancy(ROW(NEW.id, NEW.merchant_id, NEW.type, NEW.payment_id, NEW.sequence, NEW.body, NEW.trace_anchor,
    NEW.traceparent, NEW.created_at, NEW.position, NEW.checkout_session_id)::events, true);
BEGIN
  IF discrepancy IS NOT NULL THEN
    RAISE EXCEPTION 'event % (%) is not genuine: %', NEW.id, NEW.type, discrepancy USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END
$$;
