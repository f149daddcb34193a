import { randomBytes, randomUUID } from 'node:crypto'
import { idFromUuid } from '@ctrip/domain/ids'
import type { Database, Executor } from '../src/database/database'
import { resealSecrets } from '../src/database/reseal'
import { endpointHeadersContext, endpointSecretContext, storedAnswerContext } from '../src/database/sealed-contexts'
import { openSecretBox } from '../src/database/secret-box'
import { findAnswer, type IdempotencyScope, storeAnswer } from '../src/merchants/idempotency'
import { type Ledger, openLedger } from './ledger'

const [oldKey, newKey] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')]
const [oldBox, newBox, both] = [openSecretBox([oldKey]), openSecretBox([newKey]), openSecretBox([newKey, oldKey])]
const merchant = randomUUID()

let ledger: Ledger
beforeAll(async () => {
  ledger = await openLedger()
  await ledger.db.prisma.merchants.create({ data: { id: merchant, name: 'Test' } })
})
beforeEach(async () => {
  await ledger.db.prisma.webhook_endpoints.deleteMany()
  await ledger.db.prisma.idempotency_keys.deleteMany()
})
afterAll(() => ledger.close())

it('seals secrets, those before a rotation, and stored answers, so that the old key may be dropped', async () => {
  const ids = [await endpoint('one', null), await endpoint('two', 'one')]
  const scope = await answer('an answer')
  expect(await resealSecrets(ledger.db, both)).toEqual({ resealed: 4, current: 0, unopened: [] })
  expect(await secretsOf(ids)).toEqual([
    ['one', null],
    ['two', 'one'],
  ])
  const stored = await findAnswer(ledger.db.prisma, scope)
  expect(newBox.open(stored?.sealedBody ?? new Uint8Array(), storedAnswerContext(scope))).toBe('an answer')
})

it('does the rest when it was broken off, and nothing the third time', async () => {
  const ids: string[] = []
  for (let n = 0; n < 450; n++) ids.push(await endpoint(`secret ${n}`, null))
  let left = 130
  const dying = {
    ...both,
    seal: (secret: string, context: string) => {
      if (left-- === 0) throw new Error('killed')
      return both.seal(secret, context)
    },
  }
  await expect(resealSecrets(ledger.db, dying)).rejects.toThrow('killed')
  expect(await resealSecrets(ledger.db, both)).toEqual({ resealed: 320, current: 130, unopened: [] })
  expect(await resealSecrets(ledger.db, both)).toEqual({ resealed: 0, current: 450, unopened: [] })
  expect(await secretsOf(ids)).toEqual(ids.map((_id, n) => [`secret ${n}`, null]))
})

it('leaves a secret alone that is rotated meanwhile', async () => {
  const id = await endpoint('before', null)
  const context = endpointSecretContext(idFromUuid('webhookEndpoint', id))
  const rotated = newBox.seal('after', context)
  const db: Database = {
    ...ledger.db,
    async query<T>(operation: string, work: (prisma: Executor) => Promise<T>): Promise<T> {
      if (operation === 'reseal.endpoint')
        await ledger.db.prisma.webhook_endpoints.update({ where: { id }, data: { secret: rotated } })
      return ledger.db.query(operation, work)
    },
  }
  expect(await resealSecrets(db, both)).toMatchObject({ resealed: 0 })
  expect(await secretsOf([id])).toEqual([['after', null]])
})

it('seals the headers of an endpoint anew', async () => {
  const id = await endpoint('secret', null)
  const context = endpointHeadersContext(idFromUuid('webhookEndpoint', id))
  await ledger.db.prisma.webhook_endpoints.update({ where: { id }, data: { headers: oldBox.seal('{}', context) } })
  expect(await resealSecrets(ledger.db, both)).toMatchObject({ resealed: 2, unopened: [] })
  const { headers } = await ledger.db.prisma.webhook_endpoints.findUniqueOrThrow({ where: { id } })
  expect(newBox.open(headers ?? new Uint8Array(), context)).toBe('{}')
})

it('names what no key opens, and leaves it', async () => {
  const id = await endpoint('sealed by a key that is lost', null)
  const context = endpointSecretContext(idFromUuid('webhookEndpoint', id))
  expect(await resealSecrets(ledger.db, newBox)).toEqual({ resealed: 0, current: 0, unopened: [context] })
})

async function endpoint(secret: string, previous: string | null): Promise<string> {
  const id = randomUUID()
  const context = endpointSecretContext(idFromUuid('webhookEndpoint', id))
  await ledger.db.prisma.webhook_endpoints.create({
    data: {
      id,
      merchant_id: merchant,
      url: 'https://example.com',
      events: ['*'],
      secret: oldBox.seal(secret, context),
      previous_secret: previous === null ? null : oldBox.seal(previous, context),
    },
  })
  return id
}

async function answer(body: string): Promise<IdempotencyScope> {
  const scope = { caller: merchant, method: 'POST', path: '/payments', key: 'k' }
  const sealedBody = oldBox.seal(body, storedAnswerContext(scope))
  await storeAnswer(ledger.db.prisma, scope, { requestHash: randomBytes(32), status: 201, sealedBody })
  return scope
}

/** As they are with the new key alone. */
async function secretsOf(ids: readonly string[]): Promise<[string, string | null][]> {
  const rows = await ledger.db.prisma.webhook_endpoints.findMany({ where: { id: { in: [...ids] } } })
  return ids.map((id) => {
    const row = rows.find((one) => one.id === id)
    const context = endpointSecretContext(idFromUuid('webhookEndpoint', id))
    const open = (sealed: Uint8Array) => newBox.open(sealed, context)
    if (row === undefined) throw new Error(`no endpoint ${id}`)
    return [open(row.secret), row.previous_secret === null ? null : open(row.previous_secret)]
  })
}
