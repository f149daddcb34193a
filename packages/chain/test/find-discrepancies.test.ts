import { type Amount, amount } from '@ctrip/domain/amount'
import type { LedgerEntry } from '@ctrip/domain/reconcile'
import { deployToken } from '@ctrip/local-stack/test-token'
import { readBalances } from '../src/balances'
import { findDiscrepancies } from '../src/find-discrepancies'
import type { RpcPool } from '../src/rpc/rpc-pool'
import { addressOf, hashOf, newAddress } from './helpers/known'
import { type Lab, openLab, poolOf } from './helpers/lab'
import { HONEST, type StandIn, startProxy } from './helpers/proxy'

describe('what the chain holds, beside what the ledger says', () => {
  let lab: Lab
  let first: StandIn
  let second: StandIn
  let pool: RpcPool
  const holder = newAddress()
  let token: ReturnType<typeof newAddress>
  let blockHash: ReturnType<typeof hashOf>

  beforeAll(async () => {
    lab = await openLab()
    first = await startProxy(lab.anvil.url)
    second = await startProxy(lab.anvil.url)
    await lab.provider.send('evm_setAutomine', [true])
    const { url: rpcUrl, fundedPrivateKey: privateKey } = lab.anvil
    token = addressOf(await deployToken({ rpcUrl, privateKey }))
    await lab.funder.sendTransaction({ to: holder, value: 70n })
    blockHash = hashOf((await lab.provider.getBlock('latest'))?.hash ?? '')
  })

  beforeEach(() => {
    first.behave(HONEST)
    second.behave(HONEST)
    pool = poolOf([
      { name: 'first', url: first.url },
      { name: 'second', url: second.url },
    ])
  })

  afterEach(() => pool.close())
  afterAll(async () => {
    await Promise.all([first.close(), second.close(), lab.close()])
  })

  it('reads coin and tokens of many addresses in the order asked for', async () => {
    const holdings = Array.from({ length: 10 }, (_, n) => ({
      address: n === 7 ? holder : newAddress(),
      contract: null,
    }))
    const balances = await readBalances(pool, blockHash, [...holdings, { address: holder, contract: token }])
    expect(balances).toEqual([0n, 0n, 0n, 0n, 0n, 0n, 0n, 70n, 0n, 0n, 0n])
  })

  it('reads as of the block, whatever has happened since', async () => {
    await lab.funder.sendTransaction({ to: holder, value: 1n })
    expect(await readBalances(pool, blockHash, [{ address: holder, contract: null }])).toEqual([70n])
  })

  it('agrees with a ledger that is right', async () => {
    expect(await find(70n)).toEqual([])
  })

  it('finds a ledger that is wrong', async () => {
    expect(await find(71n)).toEqual([
      { address: holder, contract: null, kind: 'missing', expected: 71n, actual: 70n as Amount },
    ])
  })

  it('does not believe a provider alone that contradicts the ledger', async () => {
    first.behave(async ({ method }, honest) => ({ result: method === 'eth_getBalance' ? '0x1' : await honest() }))
    expect(await find(70n)).toEqual([])
  })

  function find(received: bigint) {
    const entry: LedgerEntry = {
      address: holder,
      contract: null,
      received: amount(received),
      collected: amount(0n),
      fees: amount(0n),
    }
    const tokens = [{ symbol: 'USDC', contract: token, decimals: 6, minSweep: amount(0n), nativePrice: null }]
    return findDiscrepancies(pool, { tokens }, { block: { hash: blockHash }, addresses: [holder], entries: [entry] })
  }
})
