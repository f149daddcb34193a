-- Which rows a role may write. The owner is not bound by policies. Grants, and the lists per role, are in prisma/roles.sql; read
-- all of it in docs/rights.md.

-- Defined by prisma/roles.sql, which gives each role its list; until then no role has any.
CREATE FUNCTION may_emit(event_type text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT false $$;
CREATE FUNCTION may_hold_lease(lease_name text) RETURNS boolean LANGUAGE sql STABLE AS $$ SELECT false $$;

ALTER TABLE events ENABLE ROW LEVEL SECURITY;
CREATE POLICY events_read ON events FOR SELECT USING (true);
CREATE POLICY events_of_own_types ON events FOR INSERT WITH CHECK (may_emit(type) AND position IS NULL);

ALTER TABLE payments ENABLE ROW LEVEL SECURITY;
CREATE POLICY payments_read ON payments FOR SELECT USING (true);
CREATE POLICY payments_begin_pending ON payments FOR INSERT WITH CHECK (status = 'pending' AND sequence = 1);
CREATE POLICY payments_change ON payments FOR UPDATE USING (true);

-- A lease cannot be kept for longer than a renewal is away: no role can freeze one.
ALTER TABLE leases ENABLE ROW LEVEL SECURITY;
CREATE POLICY leases_read ON leases FOR SELECT USING (true);
CREATE POLICY leases_made ON leases FOR INSERT
  WITH CHECK (may_hold_lease(name) AND epoch = 1 AND lease_until < clock_timestamp() + interval '15 seconds');
CREATE POLICY leases_taken ON leases FOR UPDATE USING (may_hold_lease(name))
  WITH CHECK (may_hold_lease(name) AND lease_until < clock_timestamp() + interval '15 seconds');
-- A policy does not see the row before.
CREATE TRIGGER leases_change_hands_one_by_one BEFORE UPDATE ON leases FOR EACH ROW
  WHEN (NEW.name <> OLD.name OR NEW.epoch NOT IN (OLD.epoch, OLD.epoch + 1) OR (NEW.epoch = OLD.epoch AND NEW.owner <> OLD.owner)
    OR (NEW.epoch > OLD.epoch AND OLD.lease_until > clock_timestamp()))
  EXECUTE FUNCTION refuse_change();

-- A delivery is of an event to an endpoint of the same merchant.
CREATE FUNCTION is_deliverable(of_event uuid, to_endpoint uuid, of_merchant uuid) RETURNS boolean LANGUAGE sql STABLE AS $$
  SELECT EXISTS (SELECT 1 FROM events WHERE id = of_event AND merchant_id = of_merchant)
    AND EXISTS (SELECT 1 FROM webhook_endpoints WHERE id = to_endpoint AND merchant_id = of_merchant)
$$;
ALTER TABLE deliveries ENABLE ROW LEVEL SECURITY;
CREATE POLICY deliveries_read ON deliveries FOR SELECT USING (true);
CREATE POLICY deliveries_within_a_merchant ON deliveries FOR INSERT
  WITH CHECK (status = 'pending' AND attempts = 0 AND is_deliverable(event_id, endpoint_id, merchant_id));
CREATE POLICY deliveries_change ON deliveries FOR UPDATE USING (true);
ALTER TABLE delivery_queue ENABLE ROW LEVEL SECURITY;
CREATE POLICY delivery_queue_read ON delivery_queue FOR SELECT USING (true);
CREATE POLICY delivery_queue_within_a_merchant ON delivery_queue FOR INSERT
  WITH CHECK (attempts = 0 AND is_deliverable(event_id, endpoint_id, merchant_id));
CREATE POLICY delivery_queue_change ON delivery_queue FOR UPDATE USING (true);
CREATE POLICY delivery_queue_done ON delivery_queue FOR DELETE USING (true);

-- The only way out of the outbox: into the order of publication and into the fan-out queue. Only who holds the relay's lease.
-- What is not in the outbox (any more) keeps its position. Raises CT001 if the lease is lost.
CREATE FUNCTION publish_events(lease_owner text, lease_epoch bigint, event_ids uuid[]) RETURNS void
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
    WHERE events.id = given.id AND given.id IN (SELECT event_id FROM taken)
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

-- Whether an endpoint wants an event: a type as it is, or its beginning before a `*`; and, where the endpoint asks for it, only of a
-- payment with these values in its metadata.
CREATE FUNCTION is_wanted(wanted_types text[], wanted_metadata jsonb, type text, body text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$
  SELECT EXISTS (SELECT 1 FROM unnest(wanted_types) wanted WHERE wanted = type
      OR (right(wanted, 1) = '*' AND starts_with(type, left(wanted, -1))))
    AND (wanted_metadata IS NULL OR coalesce(body::jsonb #> '{data,payment,metadata}', '{}') @> wanted_metadata)
$$;

-- The only way out of the fan-out queue: into a delivery for each endpoint that wants the event. Run again, nothing happens twice
-- (the key is event, endpoint, trigger). Returns the number of new deliveries.
CREATE FUNCTION fan_out_events(event_ids uuid[], first_delay_ms double precision) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  made integer;
BEGIN
  WITH published AS (
    -- Also before its position is committed: the message on NATS may come first.
    SELECT id, merchant_id, type, body FROM events
    WHERE id = ANY(event_ids) AND type NOT LIKE 'webhook.%' AND type NOT LIKE 'endpoint.%'
  ), made AS (
    INSERT INTO deliveries (event_id, endpoint_id, trigger, id, merchant_id, event_type, status)
    SELECT published.id, endpoint.id, 'event', new_uuidv7(), published.merchant_id, published.type, 'pending'
    FROM published JOIN webhook_endpoints endpoint ON endpoint.merchant_id = published.merchant_id AND endpoint.enabled
    WHERE is_wanted(endpoint.events, endpoint.metadata_equals, published.type, published.body)
    -- In one order, so that two dispatchers with the same events wait for each other in a line, not in a circle.
    ORDER BY published.id, endpoint.id
    ON CONFLICT DO NOTHING
    RETURNING id, event_id, endpoint_id, merchant_id
  ), queued AS (
    INSERT INTO delivery_queue (delivery_id, event_id, endpoint_id, merchant_id, due_at)
    SELECT made.id, made.event_id, made.endpoint_id, made.merchant_id, now() + first_delay_ms * interval '1 millisecond' FROM made
  ), done AS (
    DELETE FROM fan_out_queue WHERE event_id = ANY(event_ids)
  )
  SELECT count(*)::integer FROM made INTO made;
  RETURN made;
END
$$;

REVOKE ALL ON FUNCTION publish_events(text, bigint, uuid[]), fan_out_events(uuid[], double precision) FROM PUBLIC;

-- Both run with their owner's rights, so both have bounds: no day younger than the retention period is dropped, and no caller
-- fills the catalog with partitions.
CREATE OR REPLACE FUNCTION ensure_daily_partitions(first date, days integer) RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  parent text;
  key text;
  day date;
  partition text;
  lowest uuid;
  beyond uuid;
BEGIN
  IF days > 60 OR first < current_date - 60 OR first > current_date + 60 THEN
    RAISE EXCEPTION 'partitions are made for 60 days at most, at most 60 days from today' USING ERRCODE = 'invalid_parameter_value';
  END IF;
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

CREATE OR REPLACE FUNCTION drop_daily_partitions(oldest date) RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
  parent text;
  key text;
  partition text;
  dropped integer := 0;
BEGIN
  IF oldest > (now() AT TIME ZONE 'UTC')::date - 30 THEN
    RAISE EXCEPTION 'days are kept for 30 days' USING ERRCODE = 'invalid_parameter_value';
  END IF;
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
