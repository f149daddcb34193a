import { RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import type { Address } from '@ctrip/domain/address'
import { parseAddress } from '@ctrip/domain/address'
import { Wallet } from 'ethers'
import { Memory } from '../src/context/round-memory'
import type { SweepContext } from '../src/context/sweep-context'
import { sweepRound } from '../src/sweep-round'
import { followChain } from './support/follow-chain'
import { openFollowedChain } from './support/followed-chain'
import type { Ledger } from './support/ledger'
import type { LocalChain } from './support/local-chain'
import { tokenPayment, USDC } from './support/payments'
import { stopServers } from './support/servers'
import { contextOf, leased, swept } from './support/sweeping'

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
