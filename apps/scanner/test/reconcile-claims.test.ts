import { transaction } from '@ctrip/db/database/transaction'
import { idToUuid } from '@ctrip/domain/ids'
import { claimsRound } from '../src/reconcile-claims'
import { type Ledger, openLedger } from './support/ledger'
import { silentLog } from './support/silent-log'

let ledger: Ledger
beforeAll(async () => {
  ledger = await openLedger()
})
afterAll(() => ledger.close())

it('counts a payment that its transfers do not support, by chain, until it is mended', async () => {
  const { id } = await ledger.newPayment({})
  const round = claimsRound(ledger.db, silentLog)
  expect(await round.next()).toBe(true)
  expect([...round.counts()]).toEqual([])

  await setStatus(id, 'confirmed')
  await round.next()
  // Its transfers, and its history.
  expect([...round.counts()]).toEqual([['anvil', 2]])

  await setStatus(id, 'pending')
  await round.next()
  expect([...round.counts()]).toEqual([])
})

/** Past the checks, as only the owner of the database can. */
async function setStatus(id: Parameters<typeof idToUuid>[0], status: string): Promise<void> {
  await transaction(ledger.db, 'test', async (tx) => {
    await tx.$executeRaw`SET LOCAL session_replication_role = replica`
    await tx.$executeRaw`UPDATE payments SET status = ${status} WHERE id = ${idToUuid(id)}::uuid`
  })
}
