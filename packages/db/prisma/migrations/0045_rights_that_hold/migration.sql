-- No function of ours reads a table that its caller made under the same name: each names the schemas it reads, the temporary one last.
DO $$
DECLARE
  one regprocedure;
BEGIN
  FOR one IN SELECT oid FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind = 'f'
    AND NOT EXISTS (SELECT 1 FROM pg_depend WHERE objid = pg_proc.oid AND deptype = 'e')
  LOOP
    EXECUTE format('ALTER FUNCTION %s SET search_path = public, pg_temp', one);
  END LOOP;
END
$$;

-- As in 0034. A standard body binds its names when it is made, so it needs no search_path and Postgres still puts it in the place of the call.
CREATE OR REPLACE FUNCTION amount_enough(payment payments) RETURNS numeric LANGUAGE sql IMMUTABLE
RETURN least((payment).amount::numeric, (payment).amount_accepted::numeric,
    CASE WHEN (payment).late_accepted AND (payment).amount_accepted IS NULL THEN (payment).amount::numeric END)
  - div(least((payment).amount::numeric, (payment).amount_accepted::numeric) * (payment).tolerance_bps, 10000);

-- An event is published once. The owner may queue one again; it keeps its position.
CREATE FUNCTION refuse_published() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
BEGIN
  IF EXISTS (SELECT 1 FROM events WHERE id = NEW.event_id AND position IS NOT NULL) THEN
    RAISE EXCEPTION 'event % is published already', NEW.event_id USING ERRCODE = 'integrity_constraint_violation';
  END IF;
  RETURN NEW;
END
$$;
CREATE TRIGGER outbox_takes_no_published_event BEFORE INSERT ON outbox FOR EACH ROW
  WHEN (current_user IN ('ctrip_api', 'ctrip_scanner', 'ctrip_sweeper', 'ctrip_webhook_dispatcher'))
  EXECUTE FUNCTION refuse_published();

-- As in 0031, but an event that has a position keeps it.
CREATE OR REPLACE FUNCTION publish_events(lease_owner text, lease_epoch bigint, event_ids uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  first bigint;
BEGIN
  UPDATE relay_state SET position = position + cardinality(event_ids) RETURNING position - cardinality(event_ids) INTO first;
  WITH taken AS (
    DELETE FROM outbox WHERE event_id = ANY(event_ids) RETURNING event_id
  ), positioned AS (
    UPDATE events SET position = first + given.n
    FROM unnest(event_ids) WITH ORDINALITY AS given(id, n)
    WHERE events.id = given.id AND given.id IN (SELECT event_id FROM taken) AND events.position IS NULL
    RETURNING events.id, events.type
  )
  INSERT INTO fan_out_queue (event_id) SELECT id FROM positioned WHERE type NOT LIKE 'webhook.%' ON CONFLICT DO NOTHING;
  -- Shares the row's key until the commit, as assertLease does.
  PERFORM 1 FROM leases WHERE name = 'outbox-relay' AND owner = lease_owner AND epoch = lease_epoch
    AND lease_until > clock_timestamp() FOR KEY SHARE;
  IF NOT FOUND THEN
    RAISE EXCEPTION 'outbox-relay: epoch % is over', lease_epoch USING ERRCODE = 'CT001';
  END IF;
END
$$;

-- A cancellation is asked for once, now, and of a payment that is pending.
CREATE FUNCTION refuse_request() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'payment %: a cancellation is asked for once, at the time of asking, while it is pending', NEW.id
    USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER payments_cancel_from_now BEFORE UPDATE OF cancel_requested_at ON payments FOR EACH ROW
  WHEN (current_user IN ('ctrip_api', 'ctrip_scanner', 'ctrip_sweeper', 'ctrip_webhook_dispatcher')
    AND OLD.cancel_requested_at IS DISTINCT FROM NEW.cancel_requested_at
    AND (OLD.cancel_requested_at IS NOT NULL OR OLD.status <> 'pending'
      OR NEW.cancel_requested_at NOT BETWEEN now() - interval '1 minute' AND clock_timestamp() + interval '1 minute'))
  EXECUTE FUNCTION refuse_request();

-- Flags follow from transfers. A sweep that leaves the chain adds `reorged`, and nothing else.
CREATE FUNCTION refuse_flags() RETURNS trigger LANGUAGE plpgsql SET search_path = public, pg_temp AS $$
BEGIN
  RAISE EXCEPTION 'payment %: a sweep changes no flag but reorged', NEW.id USING ERRCODE = 'integrity_constraint_violation';
END
$$;
CREATE TRIGGER payments_keep_flags BEFORE UPDATE OF flags ON payments FOR EACH ROW
  WHEN (current_user = 'ctrip_sweeper' AND NOT (NEW.flags @> OLD.flags AND OLD.flags || 'reorged'::text @> NEW.flags))
  EXECUTE FUNCTION refuse_flags();
