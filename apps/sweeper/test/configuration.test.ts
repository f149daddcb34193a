import { RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import { contractsAt } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import { askSweeper, requestDeployment } from '@ctrip/db/chains/operator-requests'
import { transaction } from '@ctrip/db/database/transaction'
import { countCollectionWaits } from '@ctrip/db/sweeps/collection-waits'
import { readDeployment } from '@ctrip/db/sweeps/sweep-transactions'
import type { Address } from '@ctrip/domain/address'
import { parseAddress } from '@ctrip/domain/address'
import type { Payment } from '@ctrip/domain/payment/payment'
import { Wallet } from 'ethers'
import { Memory } from '../src/context/round-memory'
import type { SweepContext } from '../src/context/sweep-context'
import { sweepRound } from '../src/sweep-round'
import { followChain } from './support/follow-chain'
import { openFollowedChain } from './support/followed-chain'
import type { Ledger } from './support/ledger'
import type { LocalChain } from './support/local-chain'
import { coinPayment, newTokenPayment, tokenPayment, USDC } from './support/payments'
import { steppedSweeper } from './support/rounds'
import { stopServers } from './support/servers'
import { confirmed, contextOf, leased, swept } from './support/sweeping'

/** Each test restarts the sweeper with another chains.yaml, while money is on its way. */
describe('a configuration that changes over a restart', () => {
  let ledger: Ledger
  let local: LocalChain
  let close: () => Promise<void>

  beforeEach(async () => {
    ;({ ledger, local, close } = await openFollowedChain())
  })

  afterEach(() => close())
  afterAll(stopServers)

  it('leaves the money of a token that is taken out where it is, says so, and sweeps it when the token is back', async () => {
    const payment = await tokenPayment(ledger, local)
    await swept(ledger, local, withoutTokens())
    expect(await reasons()).toEqual(['asset_not_configured'])
    expect(await local.usdc.balanceOf(payment.address)).toBe(USDC)
    await due()
    await swept(ledger, local)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
    expect(await reasons()).toEqual([])
  })

  it('signs nothing more for a token that is taken out after its sweep was planned', async () => {
    const payment = await tokenPayment(ledger, local)
    await planOnly()
    await swept(ledger, local, withoutTokens())
    expect(await sweeps()).toEqual(['failed asset_not_configured'])
    expect(await ledger.db.prisma.sweep_transactions.count()).toBe(0)
    await due()
    await swept(ledger, local)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
  })

  it('plans anew for the new treasury what was planned for another, and signed for none', async () => {
    const payment = await tokenPayment(ledger, local)
    await planOnly()
    const treasury = newAddress()
    await swept(ledger, local, withTreasury(treasury))
    expect(await sweeps()).toEqual(['failed treasury_changed'])
    await due()
    await swept(ledger, local, withTreasury(treasury))
    expect(await local.usdc.balanceOf(treasury)).toBe(USDC)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
  })

  it('books what was signed for the old treasury when it arrives there', async () => {
    const payment = await tokenPayment(ledger, local)
    await local.rpc('evm_setAutomine', [false])
    for (let n = 0; n < 2; n++) {
      await round(contextOf(ledger, local)) // the top-up, then the transfer
      await local.mine()
      await followChain(ledger.db, local.chain, local)
      await round(contextOf(ledger, local))
    }
    await local.rpc('evm_setAutomine', [true])
    await swept(ledger, local, withTreasury(newAddress()))
    expect(await local.usdc.balanceOf(local.chain.treasury)).toBe(USDC)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
  })

  it('has the money of a token that was taken out rescued by an operator, and settles its payment', async () => {
    const payment = await tokenPayment(ledger, local)
    await swept(ledger, local, withoutTokens())
    const terms = { contract: local.usdcAsset.contract, addresses: [payment.address] }
    await transaction(ledger.db, 'test.rescue', (tx) =>
      askSweeper(tx, { chainId: local.chain.chainId, kind: 'rescue', terms }),
    )
    await swept(ledger, local, withoutTokens())
    expect(await local.usdc.balanceOf(local.chain.treasury)).toBe(USDC)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
    expect(await countCollectionWaits(ledger.db.prisma, local.chain.chainId)).toEqual(new Map())
  })

  it('makes no signature dearer for a token that was taken out, and lets a no-op give way to others behind it', async () => {
    await tokenPayment(ledger, local)
    await local.rpc('evm_setAutomine', [false])
    const sweeper = steppedSweeper(ledger, local)
    await sweeper.round()
    await local.rpc('anvil_dropAllTransactions')
    sweeper.restart({ config: { ...local.chain, tokens: [] } })
    await sweeper.block(50)
    await sweeper.round(1)
    expect(await sweeper.attempts()).toHaveLength(1)
    expect(await sweeper.waits()).toEqual(['asset_not_configured'])
    await local.rpc('evm_setAutomine', [true])
    await local.rpc('anvil_setNextBlockBaseFeePerGas', ['0x1'])
    await swept(ledger, local, withoutTokens())
    expect(await sweeps()).toEqual(['failed asset_not_configured'])
  })

  it('continues where it stood when a chain that was taken out with sweeps under way is back', async () => {
    const payments = [await tokenPayment(ledger, local), await coinPayment(ledger, local)]
    await round(contextOf(ledger, local)) // a top-up and a transfer of coin are sent
    await local.mine(30) // and mined, while nobody follows the chain
    expect(await ledger.statuses(payments.map(({ id }) => id))).toEqual(['confirmed', 'confirmed'])
    await followChain(ledger.db, local.chain, local)
    await swept(ledger, local)
    expect(await ledger.statuses(payments.map(({ id }) => id))).toEqual(['settled', 'settled'])
    expect(await ledger.db.prisma.sweeps.count()).toBe(2)
  })

  it('sweeps by top-up, also from addresses that delegated, where the contracts are not those of this version', async () => {
    await transaction(ledger.db, 'test.deploy', (tx) => requestDeployment(tx, local.chain.chainId))
    await swept(ledger, local)
    const payments: Payment[] = []
    for (let n = 0; n < 4; n++) payments.push(await newTokenPayment(ledger, local))
    await confirmed(ledger, local)
    await swept(ledger, local)
    const deployment = await readDeployment(ledger.db.prisma, local.chain.chainId)
    if (deployment === null) throw new Error('they are deployed')
    const { batcher } = contractsAt(deployment.sender, deployment.nonce)
    await local.rpc('anvil_setCode', [batcher, '0x5f5ffd'])
    for (const { address } of payments) await (await local.usdc.transfer(address, USDC)).wait()
    await confirmed(ledger, local)
    await swept(ledger, local)
    const strategies = (await ledger.db.prisma.sweeps.findMany({ orderBy: { created_at: 'asc' } })).map(
      ({ strategy, status }) => `${strategy} ${status}`,
    )
    expect(strategies).toEqual(['delegated_batch confirmed', ...payments.map(() => 'token_top_up confirmed')])
    expect(await local.usdc.balanceOf(local.chain.treasury)).toBe(8n * USDC)
  })

  function withoutTokens(): SweepContext {
    return { ...contextOf(ledger, local), config: { ...local.chain, tokens: [] } }
  }

  function withTreasury(treasury: Address): SweepContext {
    return { ...contextOf(ledger, local), config: { ...local.chain, treasury } }
  }

  /** A round that ends after the plan: then nobody answers. */
  async function planOnly(): Promise<void> {
    const context = contextOf(ledger, local)
    let asked = 0
    const tokenBalance: SweepContext['chain']['tokenBalance'] = (contract, holder) =>
      asked++ === 0 ? context.chain.tokenBalance(contract, holder) : Promise.reject(unanswered())
    await round({ ...context, chain: { ...context.chain, tokenBalance } })
    expect(await sweeps()).toEqual(['planned null'])
  }

  async function round(context: SweepContext): Promise<void> {
    await leased(ledger, (lease) => sweepRound({ ...context, lease }, new Memory()))
  }

  async function sweeps(): Promise<string[]> {
    return (await ledger.db.prisma.sweeps.findMany()).map(({ status, reason }) => `${status} ${reason}`)
  }

  async function reasons(): Promise<string[]> {
    return (await ledger.db.prisma.collection_waits.findMany()).map(({ reason }) => reason)
  }

  async function due(): Promise<void> {
    await ledger.db.prisma.collection_waits.updateMany({ data: { retry_at: new Date(0) } })
  }
})

function newAddress(): Address {
  const address = parseAddress(Wallet.createRandom().address.toLowerCase())
  if (address === null) throw new Error('a new wallet has an address')
  return address
}

function unanswered(): RetryableRpcError {
  return new RetryableRpcError('timeout', { chain: 'anvil', provider: 'local', method: 'eth_call', reason: '' })
}
