import { idFromUuid } from '@ctrip/domain/ids'
import type { Database } from './database'
import { endpointHeadersContext, endpointSecretContext, storedAnswerContext } from './sealed-contexts'
import type { SecretBox } from './secret-box'

const ROWS_AT_ONCE = 200

export interface Resealed {
  /** Sealed anew, with the first key. */
  readonly resealed: number
  /** Were sealed with it already. */
  readonly current: number
  /** Opened by none of the keys: left as they are. */
  readonly unopened: readonly string[]
}

/**
 * Seals everything stored under an older SECRETS_KEY with the newest one, so that the old may be dropped. Row by row, each
 * only if it still is what was read: a rotation meanwhile wins. Broken off anywhere, the next run does the rest.
 */
export async function resealSecrets(db: Database, box: SecretBox): Promise<Resealed> {
  const tally = { resealed: 0, current: 0, unopened: [] as string[] }
  await resealEndpoints(db, box, tally)
  await resealAnswers(db, box, tally)
  return tally
}

interface Tally {
  resealed: number
  current: number
  readonly unopened: string[]
}

async function resealEndpoints(db: Database, box: SecretBox, tally: Tally): Promise<void> {
  for (let after = FIRST_UUID; ; ) {
    const rows = await db.query('reseal.endpoints', (prisma) =>
      prisma.webhook_endpoints.findMany({ where: { id: { gt: after } }, orderBy: { id: 'asc' }, take: ROWS_AT_ONCE }),
    )
    const last = rows.at(-1)
    if (last === undefined) return
    after = last.id
    for (const { id, secret, previous_secret: previous, headers } of rows) {
      const context = endpointSecretContext(idFromUuid('webhookEndpoint', id))
      if (headers !== null) await resealHeaders(db, box, tally, { id, headers })
      await reseal(box, tally, context, secret, (sealed) =>
        db.query(
          'reseal.endpoint',
          (prisma) =>
            prisma.$executeRaw`UPDATE webhook_endpoints SET secret = ${sealed} WHERE id = ${id}::uuid AND secret = ${secret}`,
        ),
      )
      if (previous === null) continue
      await reseal(box, tally, context, previous, (sealed) =>
        db.query(
          'reseal.endpoint',
          (prisma) => prisma.$executeRaw`
            UPDATE webhook_endpoints SET previous_secret = ${sealed} WHERE id = ${id}::uuid AND previous_secret = ${previous}`,
        ),
      )
    }
  }
}

async function resealHeaders(
  db: Database,
  box: SecretBox,
  tally: Tally,
  { id, headers }: { readonly id: string; readonly headers: Uint8Array },
): Promise<void> {
  await reseal(box, tally, endpointHeadersContext(idFromUuid('webhookEndpoint', id)), headers, (sealed) =>
    db.query(
      'reseal.endpoint_headers',
      (prisma) =>
        prisma.$executeRaw`UPDATE webhook_endpoints SET headers = ${sealed} WHERE id = ${id}::uuid AND headers = ${headers}`,
    ),
  )
}

/** Answers of the last 72 hours; older ones are never read again. By primary key. */
async function resealAnswers(db: Database, box: SecretBox, tally: Tally): Promise<void> {
  let after: AnswerRow = { merchant_id: FIRST_UUID, method: '', path: '', key: '', response: new Uint8Array() }
  for (;;) {
    const rows = await db.query('reseal.answers', (prisma) => {
      const { merchant_id: merchant, method, path, key } = after
      return prisma.$queryRaw<AnswerRow[]>`
        SELECT merchant_id, method, path, key, response FROM idempotency_keys
        WHERE (merchant_id, method, path, key) > (${merchant}::uuid, ${method}, ${path}, ${key})
        ORDER BY merchant_id, method, path, key LIMIT ${ROWS_AT_ONCE}`
    })
    const last = rows.at(-1)
    if (last === undefined) return
    after = last
    for (const { merchant_id: caller, method, path, key, response } of rows) {
      await reseal(box, tally, storedAnswerContext({ caller, method, path, key }), response, (sealed) =>
        db.query(
          'reseal.answer',
          (prisma) => prisma.$executeRaw`
            UPDATE idempotency_keys SET response = ${sealed} WHERE merchant_id = ${caller}::uuid AND method = ${method}
              AND path = ${path} AND key = ${key} AND response = ${response}`,
        ),
      )
    }
  }
}

async function reseal(
  box: SecretBox,
  tally: Tally,
  context: string,
  sealed: Uint8Array,
  store: (sealed: Uint8Array<ArrayBuffer>) => Promise<number>,
): Promise<void> {
  const opened = box.reopen(sealed, context)
  if (opened === null) tally.unopened.push(context)
  else if (opened.isCurrent) tally.current++
  else tally.resealed += await store(box.seal(opened.secret, context))
}

interface AnswerRow {
  merchant_id: string
  method: string
  path: string
  key: string
  response: Uint8Array
}

const FIRST_UUID = '00000000-0000-0000-0000-000000000000'
