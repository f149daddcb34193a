import { amount } from '@ctrip/domain/amount'
import type { Payment } from '@ctrip/domain/payment/payment'
import { followChain } from './support/follow-chain'
import { openFollowedChain } from './support/followed-chain'
import type { Ledger } from './support/ledger'
import { type LocalChain, startLocalChain } from './support/local-chain'
import { ETHER, USDC } from './support/payments'
import { stopServers } from './support/servers'
import { confirmed, contextOf, swept } from './support/sweeping'

const SECOND = 31338

describe('two chains with one gas wallet', () => {
  let ledger: Ledger
  let first: LocalChain
  let second: LocalChain
  let close: () => Promise<void>

  beforeEach(async () => {
    ;({ ledger, local: first, close } = await openFollowedChain())
    second = await startLocalChain({ beside: { chainId: SECOND, gasWalletKey: first.gasWalletKey } })
    await followChain(ledger.db, second.chain, second)
  })

  afterEach(async () => {
    await second.stop()
    await close()
  })

  afterAll(stopServers)

  it('have a line of nonces each, and are swept side by side', async () => {
    const payments = [...(await pay(first)), ...(await pay(second))]
    await Promise.all([swept(ledger, first), swept(ledger, second)])
    expect(await ledger.statuses(payments.map(({ id }) => id))).toEqual(payments.map(() => 'settled'))
    const sent = await ledger.db.prisma.sweep_transactions.findMany({ where: { purpose: 'top_up' } })
    expect(sent.map(({ chain_id: chain, nonce }) => [Number(chain), Number(nonce)]).toSorted()).toEqual([
      [first.chain.chainId, 0],
      [SECOND, 0],
    ])
  })

  it('have limits of their own: an empty wallet or a spent day on one delays nothing on the other', async () => {
    await first.rpc('anvil_setBalance', [first.gasWallet.address, '0x0'])
    const [token] = await pay(first)
    const payments = await pay(second)
    const sweep = { ...first.chain.sweep, maxFeePerDay: amount(1n) }
    await swept(ledger, first, { ...contextOf(ledger, first), config: { ...first.chain, sweep } })
    await swept(ledger, second)
    expect(await ledger.statuses(payments.map(({ id }) => id))).toEqual(['settled', 'settled'])
    expect(token && (await ledger.statuses([token.id]))).toEqual(['confirmed'])
    const waits = await ledger.db.prisma.sweep_waits.findMany()
    expect(new Set(waits.map(({ chain_id: chain }) => Number(chain)))).toEqual(new Set([first.chain.chainId]))
    await first.rpc('anvil_setBalance', [first.gasWallet.address, `0x${ETHER.toString(16)}`])
    await swept(ledger, first)
    expect(token && (await ledger.statuses([token.id]))).toEqual(['settled'])
  })

  /** A payment of USDC and one of coin, confirmed. */
  async function pay(local: LocalChain): Promise<Payment[]> {
    const { name: chain, chainId } = local.chain
    const token = await ledger.newPayment({ chain, chainId, asset: local.usdcAsset, amount: amount(USDC) })
    const coin = await ledger.newPayment({ chain, chainId, amount: amount(ETHER) })
    await (await local.usdc.transfer(token.address, USDC)).wait()
    await (await local.payer.sendTransaction({ to: coin.address, value: ETHER })).wait()
    await confirmed(ledger, local)
    return [token, coin]
  }
})
