import { idFromUuid, idToUuid, newId, type OperatorId } from '@ctrip/domain/ids'
import { isOperatorRole, type OperatorRole } from '@ctrip/domain/scopes'
import type { Database, Executor } from '../database/database'
import type { operators as OperatorRow } from '../generated/prisma/client'

/** A person who operates the gateway, with a key. */
export interface Operator {
  readonly id: OperatorId
  readonly name: string
  readonly role: OperatorRole
  readonly lastFour: string
  readonly createdAt: Date
  readonly revokedAt: Date | null
}

export interface NewOperator {
  readonly name: string
  readonly role: OperatorRole
  /** SHA-256 of the key. */
  readonly hash: Uint8Array<ArrayBuffer>
  readonly lastFour: string
}

/** A list of more shows the newest. */
const OPERATORS_LISTED_MAX = 100

/** Null if the name, in upper or lower case, belongs to an operator who is not revoked (the unique index operators_by_name). */
export async function insertOperator(tx: Executor, operator: NewOperator): Promise<Operator | null> {
  const rows = await tx.$queryRaw<OperatorRow[]>`
    INSERT INTO operators (id, name, role, key_hash, last_four)
    SELECT ${idToUuid(newId('operator'))}::uuid, ${operator.name}, ${operator.role}, ${operator.hash}, ${operator.lastFour}
    WHERE NOT EXISTS (SELECT 1 FROM operators WHERE lower(name) = lower(${operator.name}) AND revoked_at IS NULL)
    ON CONFLICT (name) WHERE revoked_at IS NULL DO NOTHING RETURNING *`
  const [row] = rows
  return row === undefined ? null : toOperator(row)
}

/** The operator whose key this is, unless revoked (the unique index on key_hash). */
export async function findOperator(db: Database, hash: Uint8Array<ArrayBuffer>): Promise<Operator | null> {
  const row = await db.query('operator.find', (prisma) =>
    prisma.operators.findFirst({ where: { key_hash: hash, revoked_at: null } }),
  )
  return row === null ? null : toOperator(row)
}

/** Newest first. */
export async function listOperators(executor: Executor): Promise<Operator[]> {
  const rows = await executor.operators.findMany({ orderBy: { id: 'desc' }, take: OPERATORS_LISTED_MAX })
  return rows.map(toOperator)
}

/** Null if there is no such operator; one revoked before keeps its time. */
export async function revokeOperator(tx: Executor, id: OperatorId): Promise<Operator | null> {
  const uuid = idToUuid(id)
  await tx.$executeRaw`UPDATE operators SET revoked_at = now() WHERE id = ${uuid}::uuid AND revoked_at IS NULL`
  const row = await tx.operators.findUnique({ where: { id: uuid } })
  return row === null ? null : toOperator(row)
}

function toOperator(row: OperatorRow): Operator {
  // The CHECK holds it; a role of the next release reads only.
  const role = isOperatorRole(row.role) ? row.role : 'viewer'
  return {
    id: idFromUuid('operator', row.id),
    name: row.name,
    role,
    lastFour: row.last_four,
    createdAt: row.created_at,
    revokedAt: row.revoked_at,
  }
}
