-- The checks of 0030, rewritten where they cost most; none is weaker.

-- Without a loop.
CREATE OR REPLACE FUNCTION uuid_of(prefix text, id text) RETURNS uuid LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS $$
DECLARE
  at CONSTANT integer := length(prefix) + 1;
  digits bytea;
  -- The value of each ASCII character as a digit.
  value_of CONSTANT bytea := '\xffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff00010203040506070809ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff0a0b0c0d0e0f1011ff1213ff1415ff161718191aff1b1c1d1e1fffffffffff';
BEGIN
  IF id IS NULL OR left(id, at) <> prefix || '_' OR substr(id, at + 1) COLLATE "C" !~ '^[0-7][0-9a-hjkmnp-tv-z]{25}$' THEN
    RETURN NULL;
  END IF;
  digits := substr(id, at + 1)::bytea;
  -- 26 digits of 5 bits: the first two bits are 0, the 14th digit has the last bit of the first half.
  RETURN (lpad(to_hex(((
    (get_byte(value_of, get_byte(digits, 0))::bigint << 60) |
    (get_byte(value_of, get_byte(digits, 1))::bigint << 55) |
    (get_byte(value_of, get_byte(digits, 2))::bigint << 50) |
    (get_byte(value_of, get_byte(digits, 3))::bigint << 45) |
    (get_byte(value_of, get_byte(digits, 4))::bigint << 40) |
    (get_byte(value_of, get_byte(digits, 5))::bigint << 35) |
    (get_byte(value_of, get_byte(digits, 6))::bigint << 30) |
    (get_byte(value_of, get_byte(digits, 7))::bigint << 25) |
    (get_byte(value_of, get_byte(digits, 8))::bigint << 20) |
    (get_byte(value_of, get_byte(digits, 9))::bigint << 15) |
    (get_byte(value_of, get_byte(digits, 10))::bigint << 10) |
    (get_byte(value_of, get_byte(digits, 11))::bigint << 5) |
    get_byte(value_of, get_byte(digits, 12))::bigint) << 1) | (get_byte(value_of, get_byte(digits, 13))::bigint >> 4)), 16, '0')
    || lpad(to_hex(((get_byte(value_of, get_byte(digits, 13))::bigint & 15) << 60) |
    (get_byte(value_of, get_byte(digits, 14))::bigint << 55) |
    (get_byte(value_of, get_byte(digits, 15))::bigint << 50) |
    (get_byte(value_of, get_byte(digits, 16))::bigint << 45) |
    (get_byte(value_of, get_byte(digits, 17))::bigint << 40) |
    (get_byte(value_of, get_byte(digits, 18))::bigint << 35) |
    (get_byte(value_of, get_byte(digits, 19))::bigint << 30) |
    (get_byte(value_of, get_byte(digits, 20))::bigint << 25) |
    (get_byte(value_of, get_byte(digits, 21))::bigint << 20) |
    (get_byte(value_of, get_byte(digits, 22))::bigint << 15) |
    (get_byte(value_of, get_byte(digits, 23))::bigint << 10) |
    (get_byte(value_of, get_byte(digits, 24))::bigint << 5) |
    get_byte(value_of, get_byte(digits, 25))::bigint), 16, '0'))::uuid;
END
$$;

-- One expression, which Postgres puts in the place of the call.
CREATE OR REPLACE FUNCTION amount_enough(payment payments) RETURNS numeric LANGUAGE sql IMMUTABLE AS $$
  SELECT least(payment.amount::numeric, payment.amount_accepted::numeric, CASE WHEN payment.late_accepted AND payment.amount_accepted IS NULL
      THEN payment.amount::numeric END)
    - div(least(payment.amount::numeric, payment.amount_accepted::numeric) * payment.tolerance_bps, 10000)
$$;

-- One function in place of two, one comparison of objects in place of many of values, and no query where no transfer is listed.
CREATE OR REPLACE FUNCTION payment_event_discrepancy(event events, body jsonb, at_commit boolean) RETURNS text LANGUAGE plpgsql STABLE AS $$
DECLARE
  payment payments;
  made_by xid;
  view CONSTANT jsonb := body#>'{data,payment}';
  shown CONSTANT text := view->>'status';
  is_of_payment CONSTANT boolean := event.type LIKE 'payment.%';
  stage text := CASE WHEN is_of_payment AND event.type NOT IN ('payment.reorged', 'payment.overpaid', 'payment.late')
    THEN replace(substr(event.type, 9), 'created', 'pending') END;
  amounts record;
BEGIN
  SELECT * INTO payment FROM payments WHERE id = event.payment_id AND merchant_id = event.merchant_id;
  IF NOT FOUND THEN
    RETURN 'its merchant has no such payment';
  END IF;
  IF event.sequence > payment.sequence OR NOT view @> jsonb_build_object('sequence', event.sequence) THEN
    RETURN 'its sequence is not one of its payment';
  END IF;
  IF NOT view @> jsonb_build_object('chain_id', payment.chain_id, 'amount', payment.amount::text,
      'asset', jsonb_build_object('symbol', payment.asset_symbol)) OR shown IS NULL
    OR uuid_of('pay', view->>'id') IS DISTINCT FROM payment.id OR lower(view->>'address') IS DISTINCT FROM '0x' || encode(payment.address, 'hex')
    OR lower(view#>>'{asset,contract}') IS DISTINCT FROM '0x' || encode(payment.asset_contract, 'hex') THEN
    RETURN 'its body shows another payment';
  END IF;
  IF shown <> stage THEN
    RETURN format('its body says %s', shown);
  END IF;
  IF view->'transfers' = '[]' THEN
    SELECT '0' AS received, '0' AS confirmed INTO amounts;
  ELSE
    SELECT coalesce(sum(part.amount) FILTER (WHERE part.counts), 0)::text AS received,
      coalesce(sum(part.amount) FILTER (WHERE part.counts AND part.status IN ('confirmed', 'final')), 0)::text AS confirmed,
      count(*) FILTER (WHERE transfers.id IS NULL) AS unknown
    INTO amounts
    FROM (
      SELECT uuid_of('tr', one->>'id') AS id, (one->>'amount')::numeric AS amount, one->>'tx_hash' AS tx_hash, one->>'status' AS status,
        one->>'status' <> 'orphaned' AND NOT (one->'flags') ?| ARRAY['wrong_asset', 'wrong_chain'] AS counts
      FROM jsonb_array_elements(view->'transfers') one
    ) part LEFT JOIN transfers ON transfers.id = part.id AND transfers.payment_id = payment.id AND transfers.amount = part.amount
      AND '0x' || encode(transfers.tx_hash, 'hex') = lower(part.tx_hash)
      AND part.counts <= (transfers.chain_id = payment.chain_id AND transfers.asset_contract IS NOT DISTINCT FROM payment.asset_contract);
    IF amounts.unknown > 0 THEN
      RETURN 'its body lists a transfer that is not recorded';
    END IF;
  END IF;
  IF view->>'amount_received' IS DISTINCT FROM amounts.received OR view->>'amount_confirmed' IS DISTINCT FROM amounts.confirmed THEN
    RETURN 'the amounts in its body are not the sums of the transfers in its body';
  END IF;
  IF shown IN ('confirmed', 'settled') AND amounts.confirmed::numeric < amount_enough(payment) THEN
    RETURN format('its body says %s with only %s confirmed', shown, amounts.confirmed);
  END IF;
  IF shown = 'detected' AND amounts.received::numeric < amount_enough(payment) THEN
    RETURN format('its body says detected with only %s received', amounts.received);
  END IF;
  IF event.type LIKE 'transfer.%' AND NOT EXISTS (SELECT 1 FROM transfers WHERE id = uuid_of('tr', body#>>'{data,transfer,id}')
    AND payment_id = payment.id AND amount::text = body#>>'{data,transfer,amount}'
    AND '0x' || encode(tx_hash, 'hex') = lower(body#>>'{data,transfer,tx_hash}')
    AND (NOT at_commit OR status = body#>>'{data,transfer,status}')) THEN
    RETURN 'its body shows a transfer that is not recorded so';
  END IF;
  IF NOT at_commit THEN
    -- At commit the payment itself has the status.
    RETURN CASE WHEN stage IS NOT NULL AND NOT EXISTS (SELECT 1 FROM payment_transitions WHERE payment_id = payment.id AND to_status = stage)
      THEN format('no transition of its payment to %s is recorded', stage) END;
  END IF;
  SELECT xmin INTO made_by FROM payments WHERE id = payment.id;
  IF made_by::text::bigint <> pg_current_xact_id()::text::bigint % 4294967296 THEN
    RETURN 'its payment was not changed with it';
  END IF;
  IF event.sequence = payment.sequence AND (shown <> payment.status OR amounts.received::numeric <> payment.amount_received
    OR amounts.confirmed::numeric <> payment.amount_confirmed) THEN
    RETURN 'its body shows its payment otherwise than it is';
  END IF;
  RETURN CASE WHEN view->'metadata' IS DISTINCT FROM payment.metadata OR view->>'reference' IS DISTINCT FROM payment.reference
      THEN 'its body has other notes than its payment'
    WHEN shown = 'settled' AND payment.status <> 'settled'
      OR shown = 'confirmed' AND payment.status NOT IN ('confirmed', 'settled')
      OR shown = 'detected' AND payment.status NOT IN ('detected', 'confirmed', 'settled')
      THEN format('its body says %s, its payment is %s', shown, payment.status) END;
END
$$;

-- No event is read again: nothing updates what is checked.
CREATE OR REPLACE FUNCTION assert_event_genuine() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  discrepancy text := event_discrepancy(ROW(NEW.id, NEW.merchant_id, NEW.type, NEW.payment_id, NEW.sequence, NEW.body, NEW.trace_anchor,
    NEW.traceparent, NEW.created_at, NEW.position)::events, true);
BEGIN
  IF discrepancy IS NOT NULL THEN
    RAISE EXCEPTION 'event % (%) is not genuine: %', NEW.id, NEW.type, discrepancy USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NULL;
END
$$;
