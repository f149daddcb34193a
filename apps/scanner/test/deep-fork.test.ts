import { type Anvil, startAnvil } from '@ctrip/local-stack/anvil'
import { localProvider } from '@ctrip/local-stack/local-provider'
import type { JsonRpcProvider } from 'ethers'
import { openScanning, type Scanning } from './support/scanning'

const ETHER = 10n ** 18n

describe('one of two providers on a fork, with a quorum of two', () => {
  let scanning: Scanning
  let fork: Anvil
  let forkProvider: JsonRpcProvider

  beforeAll(async () => {
    const settings = { quorum: 2, finality: { depth: 8 }, internal_transfers: 'none' }
    scanning = await openScanning({ proxies: 2, settings })
    await scanning.local.mine(3)
    await scanning.scan()
    fork = await startAnvil()
    forkProvider = localProvider(fork.url)
    await forkProvider.send('anvil_loadState', [await scanning.local.rpc('anvil_dumpState')])
  })
  afterAll(async () => {
    forkProvider.destroy()
    await fork.stop()
    await scanning.close()
  })

  function follow(url: string): void {
    for (const proxy of scanning.local.proxies.slice(0, 1)) proxy.target = url
  }

  it('closes no payment with a block from the future, and neither makes its branch final nor halts the chain', async () => {
    const expiresAt = new Date((await scanning.state()).cursorTime.getTime() + 600_000)
    const payment = await scanning.ledger.newPayment({ expiresAt })
    await forkProvider.send('evm_increaseTime', [7_200])
    await forkProvider.send('anvil_mine', ['0x20'])
    await scanning.local.mine(1)
    follow(fork.url)
    await scanning.scan()
    await scanning.pay(payment, ETHER)
    await scanning.local.mine(20)
    await scanning.scan()
    expect(await scanning.state()).toMatchObject({ finalizedNumber: 0, haltedReason: null })
    expect((await scanning.payment(payment.id)).status).not.toBe('expired')
    follow(scanning.local.anvil.url)
    await scanning.scan()
    expect((await scanning.payment(payment.id)).status).toBe('confirmed')
    expect(await scanning.ledger.eventTypes(payment.id)).not.toContain('payment.expired')
  })

  it('does not halt the chain when the fork begins below finality', async () => {
    const { cursor, finalizedNumber } = await scanning.state()
    expect(finalizedNumber).toBe(cursor.number - 8)
    await scanning.local.mine(2)
    follow(fork.url)
    await scanning.scan()
    expect((await scanning.state()).haltedReason).toBeNull()
    follow(scanning.local.anvil.url)
    await scanning.scan()
    expect(await scanning.state()).toMatchObject({ haltedReason: null, cursor: { number: cursor.number + 2 } })
  })
})

describe('one of two providers on a dead fork below finality, asked first, with a quorum of one', () => {
  let scanning: Scanning
  let fork: Anvil
  let forkProvider: JsonRpcProvider

  beforeAll(async () => {
    const settings = { quorum: 1, finality: { depth: 4 }, confirmations: { depth: 2 }, internal_transfers: 'none' }
    scanning = await openScanning({ proxies: 2, settings })
    await scanning.local.mine(3)
    fork = await startAnvil()
    forkProvider = localProvider(fork.url)
    await forkProvider.send('anvil_loadState', [await scanning.local.rpc('anvil_dumpState')])
    await forkProvider.send('evm_increaseTime', [60])
    await forkProvider.send('anvil_mine', ['0x10'])
    await scanning.local.mine(10)
    await scanning.scan()
  })
  afterAll(async () => {
    forkProvider.destroy()
    await fork.stop()
    await scanning.close()
  })

  it('does not stop the chain: payments are credited and confirmed on the branch that was finalized', async () => {
    const { cursor, finalizedNumber } = await scanning.state()
    expect(finalizedNumber).toBe(cursor.number - 4)
    const payment = await scanning.ledger.newPayment({})
    for (const proxy of scanning.local.proxies.slice(0, 1)) proxy.target = fork.url
    await scanning.pay(payment, ETHER)
    await scanning.local.mine(2)
    await scanning.scan()
    expect(await scanning.state()).toMatchObject({ haltedReason: null, cursor: { number: cursor.number + 3 } })
    expect((await scanning.payment(payment.id)).status).toBe('confirmed')
  })
})
