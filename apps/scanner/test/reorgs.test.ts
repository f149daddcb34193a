import { resumeChain } from '@ctrip/db/chains/chain-state'
import { deepestRecentReorg } from '@ctrip/db/chains/scanned-blocks'
import { hashFromBytes } from '@ctrip/domain/hash'
import type { Payment } from '@ctrip/domain/payment/payment'
import { openScanning, type Scanning } from './support/scanning'

const ETHER = 10n ** 18n

describe('reorgs', () => {
  let scanning: Scanning

  beforeAll(async () => {
    scanning = await openScanning({ settings: { finality: { depth: 10 } } })
    await scanning.local.mine(3)
  })
  afterAll(() => scanning.close())

  it('takes a confirmed payment back when its block leaves the chain, and tells it once', async () => {
    const { id, address } = await scanning.ledger.newPayment({})
    await scanning.pay({ address }, ETHER)
    await scanning.local.mine(2)
    await scanning.scan()
    expect((await scanning.payment(id)).status).toBe('confirmed')
    await reorg(3)
    expect(await scanning.payment(id)).toMatchObject({
      ...{ status: 'pending', flags: ['reorged'], amountReceived: 0n, amountConfirmed: 0n },
      ...{ detectedAt: null, confirmedAt: null },
    })
    expect(await story(id)).toEqual(['created', 'detected', 'confirmed', 'reorged'])
  })

  it('credits once what another block includes at another place', async () => {
    const first = await scanning.ledger.newPayment({})
    const second = await scanning.ledger.newPayment({})
    const { rpc, payer } = scanning.local
    await rpc('evm_setAutomine', [false])
    await scanning.submit(first, ETHER)
    const raw = await rawOf(await scanning.submit(second, ETHER))
    await scanning.local.mine()
    await rpc('evm_setAutomine', [true])
    await scanning.scan()
    const before = await transfersOf(second.id)
    // The first is lost, its nonce used by another; the second comes alone.
    const self = await payer.getAddress()
    await rpc('anvil_reorg', [
      2,
      [
        [{ from: self, to: self, value: '0x1' }, 0],
        [raw, 1],
      ],
    ])
    payer.reset()
    await scanning.local.mine()
    await scanning.scan()
    const after = await transfersOf(second.id)
    expect(before).toMatchObject([{ status: 'included', position: 1 }])
    expect(after.map(({ status }) => status)).toEqual(['orphaned', 'included'])
    expect(after[1]).toMatchObject({ position: 0, tx_hash: before[0]?.tx_hash })
    expect(after[1]?.block_hash).not.toEqual(before[0]?.block_hash)
    expect(await scanning.payment(first.id)).toMatchObject({ status: 'pending', amountReceived: 0n })
    expect(await scanning.payment(second.id)).toMatchObject({ status: 'detected', amountReceived: ETHER })
    expect(await story(second.id)).toEqual(['created', 'detected', 'reorged', 'detected'])
  })

  it('follows the chain from a branch to another and back', async () => {
    const { id, address } = await scanning.ledger.newPayment({})
    const raw = await rawOf(await scanning.pay({ address }, ETHER))
    await scanning.scan()
    const branchA = await scanning.state()
    const { timestamp, baseFeePerGas } = await latestBlock()
    await reorg(1)
    expect((await scanning.payment(id)).status).toBe('pending')

    const { rpc, mine } = scanning.local
    await rpc('anvil_rollback', [2])
    await rpc('evm_setNextBlockTimestamp', [timestamp])
    await rpc('anvil_setNextBlockBaseFeePerGas', [`0x${baseFeePerGas?.toString(16)}`])
    await rpc('eth_sendRawTransaction', [raw])
    await mine(2)
    await scanning.scan()
    const rows = await transfersOf(id)
    expect(rows.map(({ status, block_hash }) => [status, hashFromBytes(block_hash)])).toEqual([
      ['confirmed', branchA.cursor.hash],
    ])
    expect(await scanning.payment(id)).toMatchObject({ status: 'confirmed', amountReceived: ETHER })
    expect(await story(id)).toEqual(['created', 'detected', 'reorged', 'detected', 'confirmed'])
  })

  it('turns round at once when a branch of the same height takes the place of the head', async () => {
    const { id, address } = await scanning.ledger.newPayment({})
    await scanning.pay({ address }, ETHER)
    await scanning.scan()
    const { cursor } = await scanning.state()
    await scanning.local.rpc('anvil_reorg', [1, []])
    await scanning.scan()
    const after = await scanning.state()
    expect(after.cursor.number).toBe(cursor.number)
    expect(after.cursor.hash).not.toBe(cursor.hash)
    expect((await scanning.payment(id)).status).toBe('pending')
    scanning.local.payer.reset()
  })

  it('waits when the head goes backwards, and goes on when it is back', async () => {
    await scanning.local.mine(3)
    await scanning.scan()
    const { cursor } = await scanning.state()
    await scanning.local.rpc('anvil_rollback', [2])
    await scanning.scan()
    expect((await scanning.state()).cursor).toEqual(cursor)
    await scanning.local.mine(4)
    await scanning.scan()
    expect((await scanning.state()).cursor.number).toBe(cursor.number + 2)
  })

  it('confirms nothing on blocks that the chain has left for a shorter branch', async () => {
    const { id, address } = await scanning.ledger.newPayment({})
    await scanning.local.mine(1)
    await scanning.pay({ address }, ETHER)
    await scanning.local.mine(1)
    await scanning.scan()
    expect((await scanning.payment(id)).status).toBe('detected')
    // Deep enough now for whoever looks at the cursor alone.
    await scanning.ledger.db.prisma.payments.updateMany({ data: { confirmations_required: 2 } })
    await scanning.local.rpc('anvil_rollback', [2])
    await scanning.scan()
    expect((await scanning.payment(id)).status).toBe('detected')
    scanning.local.payer.reset()
    await scanning.local.mine(3)
    await scanning.scan()
    expect((await scanning.payment(id)).status).toBe('pending')
  })

  it('keeps a transfer in time that was in time before the reorg', async () => {
    const { timestamp } = await latestBlock()
    const expiresAt = new Date((timestamp + 100) * 1000)
    const { id, address } = await scanning.ledger.newPayment({ latePolicy: 'review', expiresAt })
    const raw = await rawOf(await scanning.pay({ address }, ETHER))
    await scanning.scan()
    scanning.local.payer.reset()
    await scanning.local.rpc('anvil_rollback', [1])
    await scanning.local.rpc('evm_setNextBlockTimestamp', [timestamp + 200])
    await scanning.local.rpc('eth_sendRawTransaction', [raw])
    await scanning.local.mine()
    await scanning.scan()
    const { payment, transfers } = await scanning.ledger.read(id)
    expect(payment).toMatchObject({ status: 'detected', amountReceived: ETHER })
    expect(transfers.map(({ status, inTime }) => [status, inTime])).toEqual([
      ['orphaned', true],
      ['included', true],
    ])
  })

  it('remembers how deep the deepest was', async () => {
    const { db } = scanning.ledger
    expect(await deepestRecentReorg(db.prisma, scanning.local.chain.chainId)).toBeGreaterThanOrEqual(3)
  })

  it('halts below finality, says so, and goes on when an operator lets it', async () => {
    const { id, address } = await scanning.ledger.newPayment({})
    await scanning.pay({ address }, ETHER)
    await scanning.local.mine(15)
    await scanning.scan()
    expect((await transfersOf(id)).map(({ status }) => status)).toEqual(['final'])
    const { cursor } = await scanning.state()
    await reorg(16)
    const halted = await scanning.state()
    expect(halted.haltedReason).toMatch(/a reorg goes below block \d+, which was final/)
    expect(halted.cursor).toEqual(cursor)
    expect(scanning.logged).toContainEqual(expect.objectContaining({ msg: 'scanner.chain_halted', level: 'fatal' }))
    expect(await deepestRecentReorg(scanning.ledger.db.prisma, scanning.local.chain.chainId)).toBe(11)
    await scanning.local.mine(2)
    await scanning.scan()
    expect((await scanning.state()).cursor).toEqual(cursor)
    expect(await resumeChain(scanning.ledger.db.prisma, scanning.local.chain.chainId)).toBe(true)
    await scanning.scan()
    expect((await scanning.state()).cursor.number).toBeGreaterThan(cursor.number)
    expect(await scanning.payment(id)).toMatchObject({ status: 'pending', flags: ['reorged'], amountReceived: 0n })
  })

  async function reorg(depth: number): Promise<void> {
    await scanning.local.rpc('anvil_reorg', [depth, []])
    await scanning.local.mine()
    scanning.local.payer.reset()
    await scanning.scan()
  }

  async function story(id: Payment['id']): Promise<string[]> {
    return (await scanning.ledger.eventTypes(id)).map((type) => type.replace('payment.', ''))
  }

  function transfersOf(id: Payment['id']) {
    return scanning.ledger.transferRows(id)
  }

  async function rawOf(hash: string): Promise<string> {
    return String(await scanning.local.rpc('eth_getRawTransactionByHash', [hash]))
  }

  async function latestBlock() {
    const block = await scanning.local.provider.getBlock('latest')
    if (block === null) throw new Error('no block')
    return block
  }
})
