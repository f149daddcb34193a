-- A payment claims no more and no less than its canonical transfers support, and an event claims no more than its payment. Both are
-- checked at commit (docs/adr/0030-the-database-checks-claims.md). The functions return the contradiction in words, or null; the
-- continuous reconciliation and `ctrip audit` call them too.

-- The UUID of a TypeID with this prefix (26 digits of Crockford's base 32 after it); null for any other text.
CREATE FUNCTION uuid_of(prefix text, id text) RETURNS uuid LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  digits CONSTANT text := '0123456789abcdefghjkmnpqrstvwxyz';
  bits bit varying := '';
  digit integer;
BEGIN
  IF id IS NULL OR left(id, length(prefix) + 1) <> prefix || '_' OR length(id) <> length(prefix) + 27 THEN
    RETURN NULL;
  END IF;
  FOR n IN length(prefix) + 2 .. length(id) LOOP
    digit := strpos(digits, substr(id, n, 1)) - 1;
    IF digit < 0 THEN
      RETURN NULL;
    END IF;
    bits := bits || digit::bit(5);
  END LOOP;
  -- 130 bits: a UUID has 128.
  IF substring(bits FROM 1 FOR 2) <> B'00' THEN
    RETURN NULL;
  END IF;
  RETURN (lpad(to_hex(substring(bits FROM 3 FOR 64)::bit(64)::bigint), 16, '0')
    || lpad(to_hex(substring(bits FROM 67 FOR 64)::bit(64)::bigint), 16, '0'))::uuid;
END
$$;

-- The least that counts as paid: the amount asked for, or a lesser one that the merchant accepted, less the tolerance.
CREATE FUNCTION amount_enough(payment payments) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT due - div(due * payment.tolerance_bps, 10000) FROM (
    SELECT least(payment.amount::numeric, coalesce(payment.amount_accepted,
      CASE WHEN payment.late_accepted THEN payment.amount END)::numeric) AS due) terms
$$;

-- Repeats the rule of packages/domain (payment/received.ts, payment/stages.ts) as a check: it decides nothing. A test compares both
-- on random payments. By the index transfers_by_payment.
CREATE FUNCTION payment_discrepancy(payment payments) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  enough numeric := amount_enough(payment);
  accepts_late boolean := payment.late_policy = 'accept' OR payment.late_accepted OR payment.amount_accepted IS NOT NULL;
  money record;
  stage text;
BEGIN
  SELECT coalesce(sum(amount), 0) AS total,
    coalesce(sum(amount) FILTER (WHERE sure), 0) AS confirmed,
    coalesce(sum(amount) FILTER (WHERE carries), 0) AS carrying,
    coalesce(sum(amount) FILTER (WHERE carries AND sure), 0) AS carrying_confirmed,
    coalesce(sum(amount) FILTER (WHERE carries AND sure AND collected), 0) AS carrying_collected
  INTO money FROM (
    SELECT transfers.amount::numeric AS amount, transfers.status IN ('confirmed', 'final') AS sure,
      transfers.in_time OR accepts_late AS carries, sweeps.status IS NOT DISTINCT FROM 'confirmed' AS collected
    FROM transfers LEFT JOIN sweeps ON sweeps.id = transfers.collected_by
    WHERE transfers.payment_id = payment.id AND transfers.status <> 'orphaned' AND transfers.kind <> 'funding'
      AND transfers.chain_id = payment.chain_id AND transfers.asset_contract IS NOT DISTINCT FROM payment.asset_contract
  ) counted;
  IF payment.amount_received <> money.total THEN
    RETURN format('amount_received is %s, its transfers add up to %s', payment.amount_received, money.total);
  END IF;
  IF payment.amount_confirmed <> money.confirmed THEN
    RETURN format('amount_confirmed is %s, its confirmed transfers add up to %s', payment.amount_confirmed, money.confirmed);
  END IF;
  stage := CASE WHEN money.carrying_collected >= enough THEN 'settled' WHEN money.carrying_confirmed >= enough THEN 'confirmed'
    WHEN money.carrying >= enough THEN 'detected' WHEN money.carrying > 0 THEN 'partially_paid' ELSE 'pending' END;
  IF payment.status = 'canceled' THEN
    RETURN CASE WHEN payment.cancel_requested_at IS NULL THEN 'it is canceled, and nobody asked for that' END;
  END IF;
  IF payment.status = 'expired' THEN
    RETURN CASE WHEN stage NOT IN ('pending', 'partially_paid') THEN format('it is expired, its transfers make it %s', stage) END;
  END IF;
  RETURN CASE WHEN payment.status <> stage THEN format('it is %s, its transfers make it %s', payment.status, stage) END;
END
$$;

CREATE FUNCTION assert_payment_supported() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  payment payments;
  discrepancy text;
BEGIN
  -- As it stands at the commit, not as this update left it.
  SELECT * INTO payment FROM payments WHERE id = NEW.id;
  discrepancy := payment_discrepancy(payment);
  IF discrepancy IS NULL AND payment.status <> OLD.status AND payment.status IN ('expired', 'canceled') THEN
    SELECT format('it is %s, and its chain has not been scanned so far', payment.status) INTO discrepancy
    WHERE NOT EXISTS (SELECT 1 FROM chain_state WHERE chain_id = payment.chain_id AND cursor_time >
      CASE payment.status WHEN 'expired' THEN payment.expires_at ELSE payment.cancel_requested_at END);
  END IF;
  IF discrepancy IS NOT NULL THEN
    RAISE EXCEPTION 'payment % is not supported by its transfers: %', payment.id, discrepancy USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END
$$;
-- Deferred: a transaction may write payments and transfers in any order.
CREATE CONSTRAINT TRIGGER payments_supported_by_transfers AFTER UPDATE OF status, amount_received, amount_confirmed, amount_accepted ON payments
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN ((OLD.status, OLD.amount_received, OLD.amount_confirmed, OLD.amount_accepted)
    IS DISTINCT FROM (NEW.status, NEW.amount_received, NEW.amount_confirmed, NEW.amount_accepted))
  EXECUTE FUNCTION assert_payment_supported();

-- A service may move an expiry later only, and a sequence forward only. The owner may mend a row.
CREATE FUNCTION refuse_step_back() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'payment %: its expiry and its sequence only grow', NEW.id USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER payments_only_move_forward BEFORE UPDATE OF expires_at, sequence ON payments FOR EACH ROW
  WHEN (current_user IN ('ctrip_api', 'ctrip_scanner', 'ctrip_sweeper', 'ctrip_webhook_dispatcher')
    AND (NEW.expires_at < OLD.expires_at OR NEW.sequence < OLD.sequence))
  EXECUTE FUNCTION refuse_step_back();

-- A rendered payment (`data.payment`): it names its payment, lists only recorded transfers, and its amounts are their sums.
CREATE FUNCTION rendered_payment_discrepancy(payment payments, view jsonb) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  sums record;
BEGIN
  IF uuid_of('pay', view->>'id') IS DISTINCT FROM payment.id OR lower(view->>'address') IS DISTINCT FROM '0x' || encode(payment.address, 'hex')
    OR view->>'chain_id' IS DISTINCT FROM payment.chain_id::text OR view->>'amount' IS DISTINCT FROM payment.amount::text
    OR view#>>'{asset,symbol}' IS DISTINCT FROM payment.asset_symbol
    OR lower(view#>>'{asset,contract}') IS DISTINCT FROM '0x' || encode(payment.asset_contract, 'hex') OR view->>'status' IS NULL THEN
    RETURN 'its body shows another payment';
  END IF;
  SELECT coalesce(sum(part.amount) FILTER (WHERE part.counts), 0)::text AS received,
    coalesce(sum(part.amount) FILTER (WHERE part.counts AND part.status IN ('confirmed', 'final')), 0)::text AS confirmed,
    count(*) FILTER (WHERE transfers.id IS NULL) AS unknown
  INTO sums FROM (
    SELECT uuid_of('tr', one->>'id') AS id, (one->>'amount')::numeric AS amount, one->>'tx_hash' AS tx_hash, one->>'status' AS status,
      one->>'status' <> 'orphaned' AND NOT (one->'flags') ?| ARRAY['wrong_asset', 'wrong_chain'] AS counts
    FROM jsonb_array_elements(view->'transfers') one
  ) part LEFT JOIN transfers ON transfers.id = part.id AND transfers.payment_id = payment.id AND transfers.amount = part.amount
    AND '0x' || encode(transfers.tx_hash, 'hex') = lower(part.tx_hash)
    AND part.counts <= (transfers.chain_id = payment.chain_id AND transfers.asset_contract IS NOT DISTINCT FROM payment.asset_contract);
  IF sums.unknown > 0 THEN
    RETURN 'its body lists a transfer that is not recorded';
  END IF;
  IF view->>'amount_received' IS DISTINCT FROM sums.received OR view->>'amount_confirmed' IS DISTINCT FROM sums.confirmed THEN
    RETURN 'the amounts in its body are not the sums of the transfers in its body';
  END IF;
  RETURN CASE
    WHEN view->>'status' IN ('confirmed', 'settled') AND sums.confirmed::numeric < amount_enough(payment)
      THEN format('its body says %s with only %s confirmed', view->>'status', sums.confirmed)
    WHEN view->>'status' = 'detected' AND sums.received::numeric < amount_enough(payment)
      THEN format('its body says detected with only %s received', sums.received) END;
END
$$;

-- `payment.*` and `transfer.*`. At commit, the payment was changed (or made) by this transaction, and the body shows it as it is.
CREATE FUNCTION payment_event_discrepancy(event events, body jsonb, at_commit boolean) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  payment payments;
  made_by xid;
  view jsonb := body#>'{data,payment}';
  told jsonb := body#>'{data,transfer}';
  stage text := split_part(event.type, '.', 2);
  discrepancy text;
BEGIN
  SELECT * INTO payment FROM payments WHERE id = event.payment_id AND merchant_id = event.merchant_id;
  IF NOT FOUND THEN
    RETURN 'its merchant has no such payment';
  END IF;
  IF event.sequence > payment.sequence OR view->>'sequence' IS DISTINCT FROM event.sequence::text THEN
    RETURN 'its sequence is not one of its payment';
  END IF;
  discrepancy := rendered_payment_discrepancy(payment, view);
  IF discrepancy IS NOT NULL THEN
    RETURN discrepancy;
  END IF;
  stage := CASE WHEN event.type LIKE 'payment.%' AND stage NOT IN ('reorged', 'overpaid', 'late') THEN replace(stage, 'created', 'pending') END;
  IF stage IS NOT NULL AND view->>'status' IS DISTINCT FROM stage THEN
    RETURN format('its body says %s', view->>'status');
  END IF;
  IF stage IS NOT NULL AND NOT EXISTS (SELECT 1 FROM payment_transitions WHERE payment_id = payment.id AND to_status = stage) THEN
    RETURN format('no transition of its payment to %s is recorded', stage);
  END IF;
  IF event.type LIKE 'transfer.%' AND NOT EXISTS (SELECT 1 FROM transfers WHERE id = uuid_of('tr', told->>'id') AND payment_id = payment.id
    AND amount::text = told->>'amount' AND '0x' || encode(tx_hash, 'hex') = lower(told->>'tx_hash')
    AND (NOT at_commit OR status = told->>'status')) THEN
    RETURN 'its body shows a transfer that is not recorded so';
  END IF;
  IF NOT at_commit THEN
    RETURN NULL;
  END IF;
  SELECT xmin INTO made_by FROM payments WHERE id = payment.id;
  IF made_by::text::bigint <> pg_current_xact_id()::text::bigint % 4294967296 THEN
    RETURN 'its payment was not changed with it';
  END IF;
  IF event.sequence = payment.sequence AND (view->>'status' <> payment.status OR view->>'amount_received' <> payment.amount_received::text
    OR view->>'amount_confirmed' <> payment.amount_confirmed::text) THEN
    RETURN 'its body shows its payment otherwise than it is';
  END IF;
  RETURN CASE WHEN view->'metadata' IS DISTINCT FROM payment.metadata OR view->>'reference' IS DISTINCT FROM payment.reference
      THEN 'its body has other notes than its payment'
    WHEN view->>'status' = 'settled' AND payment.status <> 'settled'
      OR view->>'status' = 'confirmed' AND payment.status NOT IN ('confirmed', 'settled')
      OR view->>'status' = 'detected' AND payment.status NOT IN ('detected', 'confirmed', 'settled')
      THEN format('its body says %s, its payment is %s', view->>'status', payment.status) END;
END
$$;

-- `sweep.*`: each merchant that has money in the sweep is sent its own items.
CREATE FUNCTION sweep_event_discrepancy(event events, body jsonb, at_commit boolean) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  sweep sweeps;
  view jsonb := body#>'{data,sweep}';
  collected numeric;
BEGIN
  IF event.payment_id IS NOT NULL OR (body->'data') - 'sweep'::text <> '{}'::jsonb THEN
    RETURN 'its body shows more than a sweep';
  END IF;
  SELECT sweeps.* INTO sweep FROM sweeps WHERE id = uuid_of('swp', view->>'id');
  SELECT coalesce(sum(amount_collected), 0) INTO collected FROM sweep_items WHERE sweep_id = sweep.id AND merchant_id = event.merchant_id;
  IF sweep.id IS NULL OR NOT EXISTS (SELECT 1 FROM sweep_items WHERE sweep_id = sweep.id AND merchant_id = event.merchant_id) THEN
    RETURN 'its merchant has no money in such a sweep';
  END IF;
  IF view->>'status' IS DISTINCT FROM split_part(event.type, '.', 2) THEN
    RETURN format('its body says %s', view->>'status');
  END IF;
  RETURN CASE WHEN at_commit AND (sweep.status <> view->>'status' OR collected::text IS DISTINCT FROM view->>'amount_collected')
    THEN 'its body shows its sweep otherwise than it is' END;
END
$$;

-- `webhook.*` (never delivered) and `endpoint.test`: nothing about money.
CREATE FUNCTION webhook_event_discrepancy(event events, body jsonb, at_commit boolean) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE WHEN event.payment_id IS NOT NULL OR event.sequence <> 0 OR (body->'data') ?| ARRAY['payment', 'transfer', 'sweep'] THEN 'its body is about money' END
$$;
CREATE FUNCTION endpoint_event_discrepancy(event events, body jsonb, at_commit boolean) RETURNS text LANGUAGE sql STABLE AS $$
  SELECT CASE
    WHEN event.payment_id IS NOT NULL OR event.sequence <> 0 OR (body->'data') - 'endpoint_id'::text <> '{}'::jsonb THEN 'its body shows more than an endpoint'
    WHEN at_commit AND NOT EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = uuid_of('we', body#>>'{data,endpoint_id}')
      AND merchant_id = event.merchant_id) THEN 'its merchant has no such endpoint' END
$$;

-- Null if an event is genuine. An event whose type begins with `x.` is judged by a function x_event_discrepancy(events, jsonb, boolean),
-- which the migration adds that adds the type; without one it is not genuine.
CREATE FUNCTION event_discrepancy(event events, at_commit boolean) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  kind text := split_part(event.type, '.', 1);
  body jsonb;
  discrepancy text;
BEGIN
  IF event.body IS NOT JSON OBJECT WITH UNIQUE KEYS THEN
    RETURN 'its body is no object with unique keys';
  END IF;
  body := event.body::jsonb;
  IF uuid_of('evt', body->>'id') IS DISTINCT FROM event.id OR body->>'type' IS DISTINCT FROM event.type
    OR body->>'sequence' IS DISTINCT FROM event.sequence::text THEN
    RETURN 'its body names another event';
  END IF;
  CASE kind
    WHEN 'payment', 'transfer' THEN RETURN payment_event_discrepancy(event, body, at_commit);
    WHEN 'sweep' THEN RETURN sweep_event_discrepancy(event, body, at_commit);
    WHEN 'webhook' THEN RETURN webhook_event_discrepancy(event, body, at_commit);
    WHEN 'endpoint' THEN RETURN endpoint_event_discrepancy(event, body, at_commit);
    ELSE
      IF to_regprocedure(format('%I(events, jsonb, boolean)', kind || '_event_discrepancy')) IS NULL THEN
        RETURN 'nothing says how to judge its type';
      END IF;
      EXECUTE format('SELECT %I($1, $2, $3)', kind || '_event_discrepancy') INTO discrepancy USING event, body, at_commit;
      RETURN discrepancy;
  END CASE;
END
$$;

CREATE FUNCTION assert_event_genuine() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  event events;
  discrepancy text;
BEGIN
  SELECT * INTO event FROM events WHERE id = NEW.id;
  discrepancy := event_discrepancy(event, true);
  IF discrepancy IS NOT NULL THEN
    RAISE EXCEPTION 'event % (%) is not genuine: %', event.id, event.type, discrepancy USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END
$$;
-- For the services' roles only: the owner can switch triggers off anyway, and tests and restores write events as the owner.
CREATE CONSTRAINT TRIGGER events_are_genuine AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
  WHEN (current_user IN ('ctrip_api', 'ctrip_scanner', 'ctrip_sweeper', 'ctrip_webhook_dispatcher'))
  EXECUTE FUNCTION assert_event_genuine();
