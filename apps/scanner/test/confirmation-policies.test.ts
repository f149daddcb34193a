import { ROUND_MAX } from '@ctrip/db/chains/progress'
import { amount } from '@ctrip/domain/amount'
import { type ConfirmationPolicy, confirmationsRequired } from '@ctrip/domain/confirmations'
import { idToUuid } from '@ctrip/domain/ids'
import type { Payment } from '@ctrip/domain/payment/payment'
import { openScanning, type Scanning } from './support/scanning'

const GWEI = 10n ** 9n

describe('when a payment is confirmed', () => {
  let scanning: Scanning
  afterEach(() => scanning.close())

  it('is by depth, the block of inclusion counted', async () => {
    scanning = await openScanning({ settings: { confirmations: { depth: 4 } } })
    expect(await statuses(await pay(GWEI), 4)).toEqual(['detected', 'detected', 'detected', 'confirmed'])
  })

  it('is by depth in tiers of amount', async () => {
    const tiers = [{ below: String(10n * GWEI), depth: 1 }, { below: String(100n * GWEI), depth: 2 }, { depth: 4 }]
    scanning = await openScanning({ settings: { confirmations: tiers } })
    expect(await statuses(await pay(GWEI), 1)).toEqual(['confirmed'])
    expect(await statuses(await pay(10n * GWEI), 2)).toEqual(['detected', 'confirmed'])
    expect(await statuses(await pay(100n * GWEI), 4)).toEqual(['detected', 'detected', 'detected', 'confirmed'])
  })

  it('does not wait behind larger ones, however many, and comes to all of these in the end', async () => {
    scanning = await openScanning({
      settings: { confirmations: [{ below: String(10n * GWEI), depth: 1 }, { depth: 4 }] },
    })
    const large = await pay(10n * GWEI)
    await scanning.scan()
    await repeatTransfer(large, 2 * ROUND_MAX)
    expect(await statuses(await pay(GWEI), 1)).toEqual(['confirmed'])
    await scanning.local.mine(2)
    await scanning.scan()
    const { transfers } = await scanning.ledger.read(large)
    expect(new Set(transfers.map(({ status }) => status))).toEqual(new Set(['confirmed']))
  })

  // With one slot an epoch, Anvil's `safe` is one block behind the head, and `finalized` two.
  it.each([
    { tag: 'safe', expected: ['detected', 'confirmed'] },
    { tag: 'finalized', expected: ['detected', 'detected', 'confirmed'] },
  ])('is by the tag $tag of the consensus layer', async ({ tag, expected }) => {
    scanning = await openScanning({
      slotsInAnEpoch: 1,
      settings: { confirmations: { tag }, finality: { tag: 'finalized' } },
    })
    const id = await pay(GWEI)
    expect(await statuses(id, expected.length)).toEqual(expected)
    await scanning.local.mine(3)
    await scanning.scan()
    const { finalizedNumber, cursor } = await scanning.state()
    expect(finalizedNumber).toBe(cursor.number - 2)
    expect((await scanning.ledger.read(id)).transfers.map(({ status }) => status)).toEqual(['final'])
  })

  async function pay(units: bigint): Promise<Payment['id']> {
    const payment = await scanning.ledger.newPayment({
      amount: amount(units),
      confirmationsRequired: required(scanning.local.chain.confirmations, units),
    })
    await scanning.pay(payment, units)
    return payment.id
  }

  /** As if its transaction had held so many more. */
  async function repeatTransfer(id: Payment['id'], times: number): Promise<void> {
    await scanning.ledger.db.prisma.$executeRaw`
      INSERT INTO transfers (id, payment_id, chain, chain_id, block_hash, block_number, block_time, tx_hash, kind, position,
        ordinal, from_address, to_address, asset_symbol, asset_decimals, amount, status, in_time)
      SELECT gen_random_uuid(), payment_id, chain, chain_id, block_hash, block_number, block_time, tx_hash, kind, n, n,
        from_address, to_address, asset_symbol, asset_decimals, amount, status, in_time
      FROM transfers, generate_series(1, ${times}) AS n WHERE payment_id = ${idToUuid(id)}::uuid`
  }

  function required(policy: ConfirmationPolicy, units: bigint): number | null {
    return confirmationsRequired(policy, amount(units))
  }

  /** Its status with each block, beginning with the one that holds it. */
  async function statuses(id: Payment['id'], blocks: number): Promise<string[]> {
    const seen: string[] = []
    for (let block = 0; block < blocks; block++) {
      if (block > 0) await scanning.local.mine()
      await scanning.scan()
      seen.push((await scanning.payment(id)).status)
    }
    return seen
  }
})
