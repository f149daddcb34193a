import { setTimeout as sleep } from 'node:timers/promises'
import { transaction } from '@ctrip/db/database/transaction'
import { lockPayments } from '@ctrip/db/payments/payments'
import { registry } from '@ctrip/telemetry/metrics'
import { changePayments } from '@ctrip/use-cases/change-payments'
import { z } from 'zod'
import {
  both,
  changing,
  failing,
  foreignHashes,
  lagging,
  mapObjects,
  nullFor,
  otherParent,
  withTransactions,
} from './support/behaviours'
import { openScanning, type Scanning } from './support/scanning'

const ETHER = 10n ** 18n
const EMPTY_ROOT = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'
const PAUSE_MS = 1_100 // a rate-limited provider is left alone for a second

describe('providers that fail, lag or lie', () => {
  let scanning: Scanning

  beforeAll(async () => {
    scanning = await openScanning({ proxies: 3, settings: { quorum: 2, finality: { depth: 10 } } })
  })
  beforeEach(() => {
    for (const proxy of scanning.local.proxies) proxy.behave(null)
  })
  afterAll(() => scanning.close())

  it('goes to the next provider when one sends receipts that do not add up', async () => {
    provider(0).behave(
      changing('eth_getBlockReceipts', (receipts) => mapObjects(receipts, { cumulativeGasUsed: '0x1' })),
    )
    await expectDetected()
    expect(scanning.logged).toContainEqual(refusal('proxy-0', 'receipts_root'))
  })

  it('stops before a block of which nobody sends a copy that adds up, and credits nothing of it', async () => {
    const { address, id } = await scanning.ledger.newPayment({})
    await scanning.local.rpc('anvil_setCode', [address, '0x60006000fd'])
    const sent = await scanning.local.payer.sendTransaction({ to: address, value: ETHER, gasLimit: 100_000n })
    await expect(sent.wait()).rejects.toThrow()
    provider(0).behave(changing('eth_getBlockReceipts', (receipts) => mapObjects(receipts, { status: '0x1' })))
    provider(1).behave(changing('eth_getBlockByNumber', (block) => withTransactions(block, { value: '0x1' })))
    provider(2).behave(
      changing('eth_getBlockByNumber', (block) => withTransactions(block, {}, { transactionsRoot: EMPTY_ROOT })),
    )
    await expect(scanning.scan()).rejects.toThrow('unverified')
    expect(scanning.logged).toContainEqual(refusal('proxy-0', 'receipts_root'))
    expect(scanning.logged).toContainEqual(refusal('proxy-1', 'transaction_hash'))
    expect(scanning.logged).toContainEqual(refusal('proxy-2', 'header_hash'))
    for (const proxy of scanning.local.proxies) proxy.behave(null)
    await scanning.scan()
    expect(await scanning.payment(id)).toMatchObject({ status: 'pending', amountReceived: 0n })
  })

  it('waits when nobody has the block yet, and skips nothing', async () => {
    const { address, id } = await scanning.ledger.newPayment({})
    await scanning.pay({ address }, ETHER)
    await scanning.local.mine(2)
    const { cursor } = await scanning.state()
    for (const proxy of scanning.local.proxies) proxy.behave(nullFor(`0x${(cursor.number + 1).toString(16)}`))
    await scanning.scan()
    expect((await scanning.state()).cursor).toEqual(cursor)
    for (const proxy of scanning.local.proxies) proxy.behave(null)
    await scanning.scan()
    expect((await scanning.payment(id)).status).toBe('confirmed')
  })

  it('asks the next where one lags, has no such method, hangs up or answers nonsense', async () => {
    provider(0).behave(lagging(2))
    provider(1).behave(
      failing('eth_getBlockReceipts', { error: { code: -32601, message: 'the method does not exist' } }),
    )
    await expectDetected()
    provider(0).behave(() => ({ status: 503 }))
    provider(1).behave(() => ({ result: '<html>' }))
    const { cursor } = await scanning.state()
    await scanning.local.mine()
    await scanning.scan() // two of three must tell of a head
    expect((await scanning.state()).cursor).toEqual(cursor)
    provider(1).behave(null)
    await expectDetected()
  })

  it('leaves a provider alone that limits its rate, and goes on with the others', async () => {
    provider(0).behave(() => ({ status: 429, headers: { 'retry-after': '1' } }))
    provider(1).behave(
      failing(/^eth_/, { error: { code: -32005, message: 'daily request count exceeded, request rate limited' } }),
    )
    await expect(scanning.cycle()).resolves.toBe('idle')
    const asked = provider(0).asked.length
    await scanning.cycle()
    expect(provider(0).asked.length).toBe(asked)
    for (const proxy of scanning.local.proxies) proxy.behave(null)
    await sleep(PAUSE_MS)
    await expectDetected()
  })

  it('confirms nothing until enough providers have the block', async () => {
    const { address, id } = await scanning.ledger.newPayment({})
    await scanning.pay({ address }, ETHER)
    await scanning.local.mine(2)
    for (const proxy of scanning.local.proxies.slice(1)) proxy.behave(foreignHashes())
    await scanning.scan()
    expect((await scanning.payment(id)).status).toBe('detected')
    expect(scanning.logged).toContainEqual(
      expect.objectContaining({ msg: 'scanner.no_quorum', agreeing: 1, quorum: 2 }),
    )
    provider(1).behave(null)
    await scanning.scan()
    expect((await scanning.payment(id)).status).toBe('confirmed')
  })

  it('closes no payment and makes no block final until enough providers have the block', async () => {
    await scanning.local.mine(15)
    await scanning.scan()
    const { finalizedNumber, cursorTime: expiresAt } = await scanning.state()
    const createdAt = new Date(expiresAt.getTime() - 60_000)
    const late = await scanning.ledger.newPayment({ createdAt, expiresAt })
    const canceled = await scanning.ledger.newPayment({})
    const change = { kind: 'cancel_asked', at: expiresAt } as const
    await transaction(scanning.ledger.db, 'test.cancel', async (tx) => {
      await lockPayments(tx, [canceled.id])
      await changePayments(tx, [canceled.id], () => change, { actor: 'key_1' })
    })
    await scanning.local.rpc('evm_increaseTime', [2])
    await scanning.local.mine(2)
    for (const proxy of scanning.local.proxies.slice(1)) proxy.behave(foreignHashes())
    await scanning.scan()
    const statuses = async () => [
      (await scanning.payment(late.id)).status,
      (await scanning.payment(canceled.id)).status,
    ]
    expect(await statuses()).toEqual(['pending', 'pending'])
    expect((await scanning.state()).finalizedNumber).toBe(finalizedNumber)
    provider(1).behave(null)
    await scanning.scan()
    expect(await statuses()).toEqual(['expired', 'canceled'])
    expect((await scanning.state()).finalizedNumber).toBe(finalizedNumber + 2)
  })

  it('is not turned round by one provider with a branch of its own', async () => {
    const { address, id } = await scanning.ledger.newPayment({})
    await scanning.pay({ address }, ETHER)
    await scanning.scan()
    const { cursor } = await scanning.state()
    await scanning.local.mine()
    provider(0).behave(otherParent())
    await scanning.scan()
    expect((await scanning.payment(id)).status).toBe('detected')
    expect((await scanning.state()).cursor.number).toBe(cursor.number + 1)
  })

  it('is not turned round by one provider with another head, while the provider that has ours is a block ahead', async () => {
    await scanning.scan()
    const { cursor } = await scanning.state()
    await scanning.local.mine()
    provider(0).behave(both(lagging(1), foreignHashes()))
    provider(2).behave(nullFor('latest'))
    await scanning.scan()
    expect((await scanning.state()).cursor).toEqual(cursor)
    provider(0).behave(null)
    await scanning.scan()
    expect((await scanning.state()).cursor.number).toBe(cursor.number + 1)
  })

  it('says openly that it does not see what contracts pay, where no provider traces', async () => {
    const methodMissing = { error: { code: -32601, message: 'the method debug_traceBlockByHash does not exist' } }
    for (const proxy of scanning.local.proxies) proxy.behave(failing('debug_traceBlockByHash', methodMissing))
    await expectDetected()
    expect((await scanning.state()).internalTransfers).toBe('none')
    expect(scanning.logged).toContainEqual(
      expect.objectContaining({ msg: 'scanner.trust_changed', internal_transfers: 'none' }),
    )
  })

  it('names a kind of block that it cannot prove', async () => {
    for (const proxy of scanning.local.proxies)
      proxy.behave(
        changing('eth_getBlockByNumber', (block) => ({
          ...z.looseObject({}).parse(block),
          futureField: '0x1',
          extraData: '0x11',
        })),
      )
    await scanning.local.mine()
    await scanning.scan()
    const { trust, trustReason } = await scanning.state()
    expect({ trust, trustReason }).toEqual({ trust: 'agreed', trustReason: 'unknown header fields: futureField' })
    expect(scanning.logged).toContainEqual(
      expect.objectContaining({ msg: 'scanner.trust_changed', trust: 'agreed', trust_reason: trustReason }),
    )
    expect(await registry.metrics()).toMatch(/^ctrip_block_verification_failures_total\{[^}]*check="not_provable"/m)
  })

  async function expectDetected(): Promise<void> {
    const { address, id } = await scanning.ledger.newPayment({})
    await scanning.pay({ address }, ETHER)
    await scanning.scan()
    expect(await scanning.payment(id)).toMatchObject({ status: 'detected', amountReceived: ETHER })
  }

  function provider(at: number) {
    const proxy = scanning.local.proxies[at]
    if (proxy === undefined) throw new Error(`no provider ${at}`)
    return proxy
  }
})

function refusal(provider: string, check: string): unknown {
  return expect.objectContaining({ msg: 'scanner.block_refused', provider, check })
}
