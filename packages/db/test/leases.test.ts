import { setTimeout as delay } from 'node:timers/promises'
import { openDatabase } from '../src/database/database'
import { LeaseLostError } from '../src/database/errors'
import { transaction } from '../src/database/transaction'
import { keepLease, leaseDurationMs } from '../src/leases/lease-keeper'
import { acquireLease, assertLease, type Lease, releaseLease } from '../src/leases/leases'
import { type Ledger, openLedger } from './ledger'

const POLL_MS = 20

let ledger: Ledger
beforeAll(async () => {
  ledger = await openLedger()
})
afterAll(() => ledger.close())

/** As if the owner had been silent for too long. */
async function runOut(name: string): Promise<void> {
  await ledger.db.prisma.$executeRaw`UPDATE leases SET lease_until = clock_timestamp() WHERE name = ${name}`
}

async function take(name: string, owner: string): Promise<Lease> {
  const lease = await acquireLease(ledger.db, name, owner)
  if (lease === null) throw new Error(`${owner} did not get ${name}`)
  return lease
}

const fenced = (lease: Lease) => transaction(ledger.db, 'test', (tx) => assertLease(tx, lease))

describe('a lease', () => {
  it('is had by one of two', async () => {
    const taken = await Promise.all(['a', 'b'].map((owner) => acquireLease(ledger.db, 'one', owner)))
    expect(taken.filter((lease) => lease !== null).length).toBe(1)
  })

  it('keeps its epoch while its owner renews it', async () => {
    const { epoch } = await take('renewed', 'a')
    expect((await take('renewed', 'a')).epoch).toBe(epoch)
  })

  it('goes to another when it has run out, under a new epoch', async () => {
    const { epoch } = await take('expired', 'a')
    await runOut('expired')
    expect((await take('expired', 'b')).epoch).toBe(epoch + 1n)
  })

  it('that its own owner renews too late has a new epoch', async () => {
    const { epoch } = await take('late', 'a')
    await runOut('late')
    expect((await take('late', 'a')).epoch).toBe(epoch + 1n)
  })

  it('that was given up can be taken at once', async () => {
    const lease = await take('released', 'a')
    await releaseLease(ledger.db, lease)
    expect((await take('released', 'b')).epoch).toBe(lease.epoch + 1n)
  })

  it('is not given up by an owner who no longer has it', async () => {
    const zombie = await take('not-yours', 'a')
    await runOut('not-yours')
    const current = await take('not-yours', 'b')
    await releaseLease(ledger.db, zombie)
    await expect(fenced(current)).resolves.toBeUndefined()
  })
})

describe('the fence', () => {
  it('lets the owner through', async () => {
    await expect(fenced(await take('held', 'a'))).resolves.toBeUndefined()
  })

  it('keeps a zombie out after another took over', async () => {
    const zombie = await take('taken', 'a')
    await runOut('taken')
    await take('taken', 'b')
    await expect(fenced(zombie)).rejects.toThrow(LeaseLostError)
  })

  it('keeps a zombie out also when nobody took over', async () => {
    const zombie = await take('vacant', 'a')
    await runOut('vacant')
    await expect(fenced(zombie)).rejects.toThrow(LeaseLostError)
  })

  it('keeps a zombie out that has the lease again under a later epoch', async () => {
    const zombie = await take('again', 'a')
    await runOut('again')
    await take('again', 'a')
    await expect(fenced(zombie)).rejects.toThrow(LeaseLostError)
  })

  it('undoes what the zombie wrote in the same transaction', async () => {
    const zombie = await take('undone', 'a')
    await runOut('undone')
    const write = transaction(ledger.db, 'test', async (tx) => {
      await tx.$executeRaw`INSERT INTO wallets (fingerprint) VALUES ('written by a zombie')`
      await assertLease(tx, zombie)
    })
    await expect(write).rejects.toThrow(LeaseLostError)
    expect(await ledger.db.prisma.wallets.count({ where: { fingerprint: 'written by a zombie' } })).toBe(0)
  })

  it('holds until the commit: nobody takes over between the two, and the owner renews meanwhile', async () => {
    const lease = await take('until-commit', 'a')
    await transaction(ledger.db, 'test', async (tx) => {
      await assertLease(tx, lease)
      expect(await take('until-commit', 'a')).toEqual(lease)
      await runOut('until-commit')
      expect(await acquireLease(ledger.db, 'until-commit', 'b')).toBeNull()
    })
    expect((await take('until-commit', 'b')).epoch).toBe(lease.epoch + 1n)
  })
})

describe('a keeper', () => {
  it('holds the lease from its start until it stops', async () => {
    const keeper = keepLease(ledger.db, { name: 'kept', owner: 'a' })
    await keeper.start()
    expect(keeper.current()).toMatchObject({ name: 'kept', owner: 'a' })
    await keeper.stop()
    expect(keeper.current()).toBeNull()
  })

  it('gives the lease up when it stops', async () => {
    const keeper = keepLease(ledger.db, { name: 'given-up', owner: 'a' })
    await keeper.start()
    await keeper.stop()
    await expect(take('given-up', 'b')).resolves.toMatchObject({ owner: 'b' })
  })

  it('renews what it holds', async () => {
    const keeper = keepLease(ledger.db, { name: 'renews', owner: 'a' })
    await keeper.start()
    const epoch = keeper.current()?.epoch
    const first = await renewedUntil('renews')
    while ((await renewedUntil('renews'))?.getTime() === first?.getTime()) await delay(POLL_MS)
    expect(keeper.current()?.epoch).toBe(epoch)
    await keeper.stop()
  })

  it('renews while the work of its process holds every connection of the pool', async () => {
    const busy = openDatabase({ url: ledger.url, applicationName: 'test', poolSize: 1, slowQueryMs: 60_000 })
    const keeper = keepLease(busy, { name: 'busy', owner: 'a' })
    await keeper.start()
    const lease = keeper.current()
    const work = transaction(busy, 'test', (tx) => tx.$executeRaw`SELECT pg_sleep(4)`)
    const waiting = busy.query('test', (prisma) => prisma.$executeRaw`SELECT 1`)
    await Promise.all([work, waiting])
    expect(keeper.current()).toEqual(lease)
    await keeper.stop()
    await busy.close()
  })

  it('asks for a longer lease where the database answers slowly, up to what a takeover may wait', () => {
    expect([0, 500, 1_500, 60_000].map(leaseDurationMs)).toEqual([3_000, 4_000, 6_000, 8_000])
  })

  it('stands by while another holds the lease, and takes it over when that one stops', async () => {
    const active = keepLease(ledger.db, { name: 'standby', owner: 'a' })
    await active.start()
    const takenOver = Promise.withResolvers<boolean>()
    const standby = keepLease(ledger.db, { name: 'standby', owner: 'b', onChange: takenOver.resolve })
    await standby.start()
    expect(standby.current()).toBeNull()
    await active.stop()
    expect(await takenOver.promise).toBe(true)
    expect(standby.current()).toMatchObject({ owner: 'b', epoch: 2n })
    await standby.stop()
  })

  it('does not believe in its lease longer than the database does, when it cannot renew', async () => {
    const cutOff = openDatabase({ url: ledger.url, applicationName: 'test', poolSize: 1, slowQueryMs: 60_000 })
    const refusals: unknown[] = []
    const keeper = keepLease(cutOff, { name: 'cut-off', owner: 'a', onError: (error) => void refusals.push(error) })
    await keeper.start()
    await cutOff.close()
    while (keeper.current() !== null) {
      const [row] = await ledger.db.prisma.$queryRaw<{ over: boolean }[]>`
        SELECT lease_until <= clock_timestamp() AS over FROM leases WHERE name = 'cut-off'`
      if (keeper.current() !== null) expect(row?.over).toBe(false)
      await delay(POLL_MS)
    }
    expect(refusals).not.toEqual([])
    await keeper.stop()
  })
})

async function renewedUntil(name: string): Promise<Date | undefined> {
  return (await ledger.db.prisma.leases.findUnique({ where: { name } }))?.lease_until
}
