-- A payment's history follows the table of packages/domain (payment/stages.ts), each step of its sequence is an event, and an event shows
-- a status that its transaction passed.

CREATE FUNCTION is_step(from_status text, to_status text) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN CASE from_status
  WHEN 'pending' THEN to_status IN ('partially_paid', 'detected', 'expired', 'canceled')
  WHEN 'partially_paid' THEN to_status IN ('detected', 'expired', 'pending')
  WHEN 'detected' THEN to_status IN ('confirmed', 'partially_paid', 'pending')
  WHEN 'confirmed' THEN to_status IN ('settled', 'detected', 'partially_paid', 'pending')
  WHEN 'settled' THEN to_status IN ('confirmed', 'detected', 'partially_paid', 'pending')
  WHEN 'expired' THEN to_status = 'detected'
  WHEN 'canceled' THEN to_status IN ('partially_paid', 'detected')
  ELSE false END;

CREATE FUNCTION is_step_back(from_status text, to_status text) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN coalesce(array_position(ARRAY['pending', 'partially_paid', 'detected', 'confirmed', 'settled'], to_status)
  < array_position(ARRAY['pending', 'partially_paid', 'detected', 'confirmed', 'settled'], from_status), false);

-- Only a reorg takes money back: the scanner sees it on the chain, the sweeper for a sweep of its own.
ALTER TABLE payment_transitions ENABLE ROW LEVEL SECURITY;
CREATE POLICY payment_transitions_read ON payment_transitions FOR SELECT USING (true);
CREATE POLICY payment_transitions_of_own_steps ON payment_transitions FOR INSERT WITH CHECK (
  CASE WHEN from_status IS NULL THEN current_user = 'ctrip_api' AND to_status = 'pending'
    WHEN NOT is_step(from_status, to_status) THEN false
    WHEN is_step_back(from_status, to_status) THEN
      current_user = 'ctrip_scanner' OR (current_user = 'ctrip_sweeper' AND from_status = 'settled')
    ELSE current_user <> 'ctrip_sweeper' OR to_status IN ('partially_paid', 'settled', 'expired', 'canceled') END);

CREATE FUNCTION is_of_this_transaction(made_by xid) RETURNS boolean LANGUAGE sql STABLE
RETURN made_by::text::bigint = pg_current_xact_id()::text::bigint % 4294967296;

-- Money in time that had been in a block by the request to cancel, also in one that a reorg has removed since: wasIncludedBy of the domain.
CREATE FUNCTION has_money_by_request(payment payments) RETURNS boolean LANGUAGE sql STABLE SET search_path = public, pg_temp AS $$
  SELECT EXISTS (SELECT 1 FROM transfers counted JOIN transfers earlier ON earlier.payment_id = counted.payment_id
      AND earlier.tx_hash = counted.tx_hash AND earlier.kind = counted.kind AND earlier.ordinal = counted.ordinal
    WHERE counted.payment_id = payment.id AND counted.status <> 'orphaned' AND counted.kind <> 'funding' AND counted.in_time
      AND counted.chain_id = payment.chain_id AND counted.asset_contract IS NOT DISTINCT FROM payment.asset_contract
      AND earlier.block_time <= payment.cancel_requested_at)
$$;

-- The steps that this transaction recorded, against the table, the status before and the status now; and an event for each step of the
-- sequence. `role` wrote them.
CREATE FUNCTION history_discrepancy(payment payments, status_before text, sequence_before integer, role text) RETURNS text
LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
  stood text;
  step record;
  told record;
BEGIN
  SELECT to_status INTO stood FROM payment_transitions WHERE payment_id = payment.id AND NOT is_of_this_transaction(xmin) ORDER BY id DESC LIMIT 1;
  stood := coalesce(stood, status_before);
  FOR step IN SELECT from_status, to_status FROM payment_transitions
    WHERE payment_id = payment.id AND is_of_this_transaction(xmin) AND from_status IS NOT NULL ORDER BY id
  LOOP
    IF step.from_status <> stood OR NOT is_step(stood, step.to_status) THEN
      RETURN format('its history goes from %s to %s where it was %s', step.from_status, step.to_status, stood);
    END IF;
    IF role = 'ctrip_sweeper' AND is_step_back(stood, step.to_status) AND payment.status NOT IN (step.to_status, 'expired', 'canceled') THEN
      RETURN format('its history goes back to %s, and it is %s', step.to_status, payment.status);
    END IF;
    IF step.to_status = 'canceled' AND (payment.cancel_requested_at IS NULL OR payment.amount_accepted IS NOT NULL OR has_money_by_request(payment)) THEN
      RETURN 'it was canceled, and its money had come or nobody asked for that';
    END IF;
    IF stood = 'canceled' AND payment.amount_accepted IS NULL AND NOT has_money_by_request(payment) THEN
      RETURN 'it was canceled, and nobody has accepted its money';
    END IF;
    IF step.to_status IN ('expired', 'canceled') AND NOT EXISTS (SELECT 1 FROM chain_state WHERE chain_id = payment.chain_id
      AND cursor_time > CASE step.to_status WHEN 'expired' THEN payment.expires_at ELSE payment.cancel_requested_at END) THEN
      RETURN format('its history says %s, and its chain has not been scanned so far', step.to_status);
    END IF;
    stood := step.to_status;
  END LOOP;
  IF stood <> payment.status THEN
    RETURN format('it is %s, its history ends with %s', payment.status, stood);
  END IF;
  IF payment.sequence > sequence_before THEN
    -- Events have UUIDv7 ids: older partitions are not read.
    SELECT count(*) AS events, count(DISTINCT sequence) AS steps INTO told FROM events
    WHERE payment_id = payment.id AND sequence > sequence_before AND id >= uuidv7_floor(now() - interval '1 day');
    IF told.events <> payment.sequence - sequence_before OR told.steps <> told.events THEN
      RETURN format('its sequence went from %s to %s with %s events', sequence_before, payment.sequence, told.events);
    END IF;
  END IF;
  RETURN NULL;
END
$$;

CREATE FUNCTION assert_payment_history() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  payment payments;
  discrepancy text;
BEGIN
  SELECT * INTO payment FROM payments WHERE id = NEW.id;
  discrepancy := history_discrepancy(payment, OLD.status, OLD.sequence, TG_ARGV[0]);
  IF discrepancy IS NOT NULL THEN
    RAISE EXCEPTION 'payment % has no such history: %', payment.id, discrepancy USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END
$$;
-- One for each role that changes payments: a deferred trigger runs as its owner.
CREATE CONSTRAINT TRIGGER payments_have_history_of_api AFTER UPDATE OF status, sequence ON payments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (current_user = 'ctrip_api' AND (OLD.status, OLD.sequence) IS DISTINCT FROM (NEW.status, NEW.sequence))
  EXECUTE FUNCTION assert_payment_history('ctrip_api');
CREATE CONSTRAINT TRIGGER payments_have_history_of_scanner AFTER UPDATE OF status, sequence ON payments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (current_user = 'ctrip_scanner' AND (OLD.status, OLD.sequence) IS DISTINCT FROM (NEW.status, NEW.sequence))
  EXECUTE FUNCTION assert_payment_history('ctrip_scanner');
CREATE CONSTRAINT TRIGGER payments_have_history_of_sweeper AFTER UPDATE OF status, sequence ON payments DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (current_user = 'ctrip_sweeper' AND (OLD.status, OLD.sequence) IS DISTINCT FROM (NEW.status, NEW.sequence))
  EXECUTE FUNCTION assert_payment_history('ctrip_sweeper');

-- As formatUnits of the domain.
CREATE FUNCTION format_units(amount numeric, decimals integer) RETURNS text LANGUAGE sql IMMUTABLE
RETURN trim_scale((amount::text || 'e-' || decimals)::numeric)::text;

-- What a new event of a payment shows besides the checks of payment_event_discrepancy: every amount, the quote, and a status that this
-- transaction passed.
CREATE FUNCTION new_payment_event_discrepancy(payment payments, event events, body jsonb) RETURNS text LANGUAGE plpgsql STABLE SET search_path = public, pg_temp AS $$
DECLARE
  view CONSTANT jsonb := body#>'{data,payment}';
  shown CONSTANT text := view->>'status';
  what CONSTANT text := split_part(event.type, '.', 2);
  is_of_payment CONSTANT boolean := event.type LIKE 'payment.%';
  due CONSTANT numeric := least(payment.amount::numeric, payment.amount_accepted::numeric);
  received CONSTANT numeric := (view->>'amount_received')::numeric;
  part CONSTANT jsonb := body#>'{data,transfer}';
  passed record;
BEGIN
  IF (body->'data') - 'payment'::text - (CASE WHEN is_of_payment THEN 'payment' ELSE 'transfer' END) <> '{}'::jsonb THEN
    RETURN 'its body shows more than it is about';
  END IF;
  IF view->>'amount_display' IS DISTINCT FROM format_units(payment.amount, payment.asset_decimals)
    OR view#>>'{asset,decimals}' IS DISTINCT FROM payment.asset_decimals::text OR view->>'amount_accepted' IS DISTINCT FROM payment.amount_accepted::text
    OR view->>'amount_remaining' IS DISTINCT FROM greatest(due - received, 0)::text THEN
    RETURN 'its body shows other amounts than its payment has';
  END IF;
  IF (coalesce(view->'quote', 'null') = 'null') <> (payment.quote_currency IS NULL) OR payment.quote_currency IS NOT NULL AND NOT (
      view->'quote' @> jsonb_build_object('currency', payment.quote_currency, 'amount', payment.quote_amount::text, 'source', payment.quote_source)
      AND view#>>'{quote,amount_display}' ~ '^\d+(\.\d+)?$' AND replace(view#>>'{quote,amount_display}', '.', '')::numeric = payment.quote_amount::numeric
      AND (view#>>'{quote,rate}')::numeric * payment.quote_rate_denominator - payment.quote_rate_numerator
        BETWEEN 0 AND payment.quote_rate_denominator * 0.000000000000000001
      AND (view#>>'{quote,quoted_at}')::timestamptz = payment.quoted_at AND (view#>>'{quote,expires_at}')::timestamptz = payment.quote_expires_at) THEN
    RETURN 'its body shows another quote than its payment has';
  END IF;
  IF EXISTS (SELECT 1 FROM jsonb_array_elements(view->'transfers') one JOIN transfers ON transfers.id = uuid_of('tr', one->>'id')
    WHERE one->>'status' IN ('confirmed', 'final') AND transfers.status NOT IN ('confirmed', 'final')
      OR event.sequence = payment.sequence AND one->>'status' IS DISTINCT FROM transfers.status) THEN
    RETURN 'its body shows a transfer otherwise than it is';
  END IF;
  IF NOT is_of_payment AND NOT EXISTS (SELECT 1 FROM transfers WHERE id = uuid_of('tr', part->>'id') AND part @> jsonb_build_object(
    'amount_display', format_units(amount, asset_decimals), 'chain_id', chain_id, 'kind', kind, 'block_number', block_number,
    'asset', jsonb_build_object('symbol', asset_symbol, 'decimals', asset_decimals))
    AND lower(part->>'to') = '0x' || encode(to_address, 'hex') AND lower(part->>'from') = '0x' || encode(from_address, 'hex')
    AND lower(part#>>'{asset,contract}') IS NOT DISTINCT FROM '0x' || encode(asset_contract, 'hex')) THEN
    RETURN 'its body shows a transfer otherwise than it is';
  END IF;
  SELECT count(*) AS steps, coalesce(bool_or(shown IN (from_status, to_status)), false) AS shown, coalesce(bool_or(to_status = what), false) AS reached,
    coalesce(bool_or(is_step_back(from_status, to_status)), false) AS back
  INTO passed FROM payment_transitions WHERE payment_id = payment.id AND is_of_this_transaction(xmin);
  IF NOT (passed.shown OR passed.steps = 0 AND shown = payment.status) THEN
    RETURN format('its body says %s, which its payment was not', shown);
  END IF;
  RETURN CASE WHEN NOT is_of_payment THEN NULL
    WHEN what = 'created' AND event.sequence <> 1 THEN 'its payment was created before'
    WHEN what IN ('detected', 'confirmed', 'settled', 'expired', 'canceled') AND NOT passed.reached THEN format('its payment did not become %s', what)
    WHEN what = 'overpaid' AND received <= due THEN 'its payment is not overpaid'
    WHEN what = 'late' AND NOT EXISTS (SELECT 1 FROM transfers WHERE payment_id = payment.id AND NOT in_time) THEN 'no money of its payment is late'
    WHEN what = 'reorged' AND NOT passed.back AND NOT EXISTS (SELECT 1 FROM transfers
      WHERE payment_id = payment.id AND status = 'orphaned' AND is_of_this_transaction(xmin)) THEN 'no money of its payment left the chain' END;
END
$$;

-- One number, one event: judged by the ids of the time since the payment was made.
CREATE FUNCTION assert_new_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  payment payments;
  body CONSTANT jsonb := NEW.body::jsonb;
  discrepancy text;
BEGIN
  SELECT * INTO payment FROM payments WHERE id = NEW.payment_id;
  discrepancy := new_payment_event_discrepancy(payment, ROW(NEW.id, NEW.merchant_id, NEW.type, NEW.payment_id, NEW.sequence, NEW.body,
    NEW.trace_anchor, NEW.traceparent, NEW.created_at, NEW.position, NEW.checkout_session_id)::events, body);
  IF discrepancy IS NULL AND EXISTS (SELECT 1 FROM jsonb_array_elements(body#>'{data,payment,transfers}') one GROUP BY one->>'id' HAVING count(*) > 1) THEN
    discrepancy := 'its body lists a transfer twice';
  END IF;
  IF discrepancy IS NULL AND EXISTS (SELECT 1 FROM events WHERE payment_id = NEW.payment_id AND sequence = NEW.sequence AND id <> NEW.id
    AND id >= uuidv7_floor(payment.created_at - interval '1 day')) THEN
    discrepancy := 'another event has its sequence';
  END IF;
  IF discrepancy IS NOT NULL THEN
    RAISE EXCEPTION 'event % (%) is not genuine: %', NEW.id, NEW.type, discrepancy USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END
$$;
CREATE CONSTRAINT TRIGGER events_show_what_is AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (NEW.payment_id IS NOT NULL AND current_user IN ('ctrip_api', 'ctrip_scanner', 'ctrip_sweeper', 'ctrip_webhook_dispatcher'))
  EXECUTE FUNCTION assert_new_event();
