import type { Database } from '@ctrip/db/database/database'

/** Keeps a record of every claim and settlement, made by Postgres itself in the same transactions: whoever is killed, it is true. */
export async function recordLeases({ prisma }: Database): Promise<void> {
  await prisma.$executeRawUnsafe(`
    CREATE TABLE lease_log (
      number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(),
      delivery_id uuid NOT NULL, event_id uuid NOT NULL, endpoint_id uuid NOT NULL,
      what text NOT NULL, lease_token uuid, held_until timestamptz)`)
  await prisma.$executeRawUnsafe(`
    CREATE FUNCTION log_lease() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
      IF TG_OP = 'UPDATE' AND NEW.lease_token IS NOT NULL THEN
        INSERT INTO lease_log (delivery_id, event_id, endpoint_id, what, lease_token, held_until)
        VALUES (NEW.delivery_id, NEW.event_id, NEW.endpoint_id, 'claimed', NEW.lease_token, OLD.lease_until);
      ELSE
        INSERT INTO lease_log (delivery_id, event_id, endpoint_id, what, lease_token, held_until)
        VALUES (OLD.delivery_id, OLD.event_id, OLD.endpoint_id, 'settled', OLD.lease_token, OLD.lease_until);
      END IF;
      RETURN NULL;
    END $$`)
  await prisma.$executeRawUnsafe(`
    CREATE TRIGGER log_lease AFTER UPDATE OR DELETE ON delivery_queue FOR EACH ROW EXECUTE FUNCTION log_lease()`)
}

/** How often each delivery was claimed, by event and endpoint. */
export async function claimsByDelivery({ prisma }: Database): Promise<ReadonlyMap<string, number>> {
  const rows = await prisma.$queryRaw<{ event_id: string; endpoint_id: string; claims: number }[]>`
    SELECT event_id, endpoint_id, count(*)::int AS claims FROM lease_log WHERE what = 'claimed' GROUP BY 1, 2`
  return new Map(rows.map(({ event_id, endpoint_id, claims }) => [`${event_id} ${endpoint_id}`, claims]))
}

/** What no delivery may ever show, and how many do. */
export async function leaseViolations({ prisma }: Database): Promise<Record<string, number>> {
  const [counts] = await prisma.$queryRaw<Record<string, number>[]>`
    WITH told AS (
      SELECT delivery_id, count(*) FILTER (WHERE what = 'claimed') AS claims, count(*) FILTER (WHERE what = 'settled') AS settlements
      FROM lease_log GROUP BY delivery_id
    ), logged AS (
      SELECT delivery_id, count(*) AS attempts, max(n) AS last FROM delivery_attempts GROUP BY delivery_id
    )
    SELECT
      (SELECT count(*)::int FROM lease_log WHERE what = 'claimed' AND held_until >= at) AS "claimed while another held it",
      (SELECT count(*)::int FROM lease_log settled WHERE what = 'settled' AND lease_token IS DISTINCT FROM (
        SELECT lease_token FROM lease_log before WHERE before.delivery_id = settled.delivery_id
          AND before.number < settled.number AND before.what = 'claimed' ORDER BY number DESC LIMIT 1))
        AS "settled by a lease that was lost",
      (SELECT count(*)::int FROM (SELECT 1 FROM lease_log WHERE what = 'settled'
        GROUP BY delivery_id, lease_token HAVING count(*) > 1) twice) AS "settled twice by one lease",
      (SELECT count(*)::int FROM told WHERE settlements > claims) AS "settled more often than claimed",
      (SELECT count(*)::int FROM told FULL JOIN logged USING (delivery_id) WHERE settlements IS DISTINCT FROM attempts)
        AS "not one attempt for each settlement",
      (SELECT count(*)::int FROM logged WHERE attempts <> last) AS "a gap in the attempts",
      (SELECT count(*)::int FROM deliveries LEFT JOIN logged ON delivery_id = id WHERE deliveries.attempts <> coalesce(last, 0))
        AS "other attempts counted than logged"`
  if (counts === undefined) throw new Error('Postgres counted nothing')
  return counts
}
