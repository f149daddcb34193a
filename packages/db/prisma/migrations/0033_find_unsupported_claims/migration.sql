-- As in 0030, but for a payment that a release before 0016 canceled.
CREATE OR REPLACE FUNCTION payment_discrepancy(payment payments) RETURNS text LANGUAGE plpgsql STABLE AS $$
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
  -- Whatever has come since. That it was asked for is checked when it becomes canceled: releases before 0016 kept no request.
  IF payment.status = 'canceled' THEN
    RETURN NULL;
  END IF;
  IF payment.status = 'expired' THEN
    RETURN CASE WHEN stage NOT IN ('pending', 'partially_paid') THEN format('it is expired, its transfers make it %s', stage) END;
  END IF;
  RETURN CASE WHEN payment.status <> stage THEN format('it is %s, its transfers make it %s', payment.status, stage) END;
END
$$;

-- What contradicts the claims of these payments, of their events, of the events given besides, and of the deliveries of all these
-- events; what is not returned is supported. Asked page by page, so the cost is that of the page (indexes payments_pkey,
-- events_by_payment, payment_transitions_by_payment, transfers_by_payment, and the primary keys of events, deliveries and
-- delivery_queue). Runs with the rights of the owner: it reads endpoints, and returns nothing of them.
CREATE FUNCTION find_unsupported_claims(payment_ids uuid[], event_ids uuid[])
RETURNS TABLE (payment_id uuid, chain text, subject text, id uuid, contradiction text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = public, pg_temp AS $$
  WITH judged_payments AS MATERIALIZED (
    SELECT payments.id, payments.chain, payments.status, payment_discrepancy(payments) AS contradiction
    FROM payments WHERE payments.id = ANY(payment_ids)
  ), their_events AS MATERIALIZED (
    SELECT judged_payments.id AS payment_id, judged_payments.chain, events AS event FROM judged_payments
    JOIN events ON events.payment_id = judged_payments.id
    UNION ALL
    SELECT NULL, coalesce(sweeps.chain, ''), events FROM events
    LEFT JOIN sweeps ON events.type LIKE 'sweep.%' AND sweeps.id = uuid_of('swp', events.body::jsonb#>>'{data,sweep,id}')
    WHERE events.id = ANY(event_ids)
  )
  SELECT judged.id, judged.chain, 'payment', judged.id, judged.contradiction FROM judged_payments judged WHERE judged.contradiction IS NOT NULL
  UNION ALL
  SELECT judged.id, judged.chain, 'payment', judged.id, format('it is %s, its history ends with %s', judged.status, coalesce(last.to_status, 'nothing'))
  FROM judged_payments judged LEFT JOIN LATERAL (
    SELECT to_status FROM payment_transitions WHERE payment_transitions.payment_id = judged.id ORDER BY payment_transitions.id DESC LIMIT 1
  ) last ON true WHERE last.to_status IS DISTINCT FROM judged.status
  UNION ALL
  SELECT their_events.payment_id, their_events.chain, 'event', (event).id, judged.contradiction
  FROM their_events, LATERAL (SELECT event_discrepancy(event, false) AS contradiction) judged WHERE judged.contradiction IS NOT NULL
  UNION ALL
  SELECT their_events.payment_id, their_events.chain, 'delivery', deliveries.id, 'it is pending, and has no place in the queue'
  FROM their_events JOIN deliveries ON deliveries.event_id = (event).id
  WHERE deliveries.status = 'pending'
    AND NOT EXISTS (SELECT 1 FROM delivery_queue WHERE delivery_id = deliveries.id)
$$;
REVOKE ALL ON FUNCTION find_unsupported_claims(uuid[], uuid[]) FROM PUBLIC;
