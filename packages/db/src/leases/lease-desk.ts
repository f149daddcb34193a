import type { Database } from '../database/database'

interface Request {
  readonly name: string
  readonly owner: string
  readonly durationMs: number
}

interface Waiting extends Request {
  readonly resolve: (epoch: bigint | null) => void
  readonly reject: (error: unknown) => void
}

/** Asks for leases, one statement at a time: what comes meanwhile is asked for together by the next. */
export interface LeaseDesk {
  /** The lease's epoch; null while another holds it. */
  ask(request: Request): Promise<bigint | null>
}

const desks = new WeakMap<Database, LeaseDesk>()

export function deskOf(db: Database): LeaseDesk {
  const known = desks.get(db)
  if (known !== undefined) return known
  const desk = openDesk(db)
  desks.set(db, desk)
  return desk
}

function openDesk(db: Database): LeaseDesk {
  let queue: Waiting[] = []
  let isAsking = false

  async function serve(): Promise<void> {
    if (isAsking) return
    isAsking = true
    while (queue.length > 0) {
      const batch = queue
      queue = []
      await answer(db, batch)
    }
    isAsking = false
  }

  return {
    ask: (request) =>
      new Promise((resolve, reject) => {
        queue.push({ ...request, resolve, reject })
        void serve()
      }),
  }
}

async function answer(db: Database, batch: readonly Waiting[]): Promise<void> {
  try {
    const granted = await db.urgent<Granted>('lease.acquire', ACQUIRE, [
      batch.map(({ name }) => name),
      batch.map(({ owner }) => owner),
      batch.map(({ durationMs }) => Math.round(durationMs)),
    ])
    for (const { name, owner, resolve } of batch) {
      const found = granted.find((lease) => lease.name === name && lease.owner === owner)
      resolve(found === undefined ? null : BigInt(found.epoch))
    }
  } catch (error) {
    for (const { reject } of batch) reject(error)
  }
}

interface Granted {
  readonly name: string
  readonly owner: string
  readonly epoch: string
}

// By primary key. A renewal changes no key, and so does not wait for a commit that shares it (assertLease). A takeover locks the
// whole row, and leaves one alone whose commit is under way: it is tried again within a second.
const ACQUIRE = `
  WITH asked AS (
    SELECT name, owner, clock_timestamp() + ms * interval '1 millisecond' AS lease_until
    FROM unnest($1::text[], $2::text[], $3::int[]) AS asked (name, owner, ms)
  ), renewed AS (
    UPDATE leases SET lease_until = asked.lease_until FROM asked
    WHERE leases.name = asked.name AND leases.owner = asked.owner AND leases.lease_until > clock_timestamp()
    RETURNING leases.name, leases.owner, epoch
  ), free AS (
    SELECT leases.name, asked.owner, asked.lease_until FROM leases JOIN asked ON asked.name = leases.name
    WHERE leases.lease_until <= clock_timestamp() ORDER BY leases.name FOR UPDATE OF leases SKIP LOCKED
  ), taken AS (
    UPDATE leases SET owner = free.owner, epoch = epoch + 1, lease_until = free.lease_until FROM free
    WHERE leases.name = free.name
    RETURNING leases.name, leases.owner, epoch
  ), made AS (
    INSERT INTO leases (name, owner, epoch, lease_until) SELECT name, owner, 1, lease_until FROM asked ORDER BY name
    ON CONFLICT (name) DO NOTHING
    RETURNING name, owner, epoch
  )
  SELECT name, owner, epoch FROM renewed UNION ALL SELECT * FROM taken UNION ALL SELECT * FROM made`
