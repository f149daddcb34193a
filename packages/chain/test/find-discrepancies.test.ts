import { type Amount, amount } from '@ctrip/domain/amount'
import type { LedgerEntry } from '@ctrip/domain/reconcile'
import { deployToken } from '@ctrip/local-stack/test-token'
import { readBalances } from '../src/balances'
import { findDiscrepancies } from '../src/find-discrepancies'
import type { RpcPool } from '../src/rpc/rpc-pool'
import { addressOf, hashOf, newAddress } from './helpers/known'
import { type Lab, openLab, poolOf } from './helpers/lab'
import { type Behaviour, HONEST, type StandIn, startProxy } from './helpers/proxy'

/** Tells 1 wherever the truth is 70. */
const lying: Behaviour = async (_request, honest) => ({
  result: JSON.parse(
    JSON.stringify(await honest()).replaceAll(/0{62}46|(?<=")0x46(?=")/g, (truth) => truth.replace('46', '01')),
  ),
})

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

  it('neither accuses nor clears the ledger by one provider against another', async () => {
    first.behave(lying)
    expect(await find(70n)).toEqual([expect.objectContaining({ kind: 'missing', actual: 1n })])
    first.behave(HONEST)
    second.behave(lying)
    expect(await find(1n)).toEqual([expect.objectContaining({ kind: 'unrecorded', actual: 70n })])
  })

  it('does not believe a provider alone that contradicts the ledger and two others', async () => {
    first.behave(lying)
    await pool.close()
    pool = poolOf([first, second, lab.anvil].map(({ url }, at) => ({ name: `provider-${at}`, url })))
    expect(await find(70n)).toEqual([])
    expect(await find(1n)).toEqual([expect.objectContaining({ kind: 'unrecorded', actual: 70n })])
  })

  it('finds nothing while the other provider cannot be asked, and fails while none can', async () => {
    second.behave(() => ({ status: 503 }))
    expect(await find(70n)).toEqual([])
    first.behave(() => ({ status: 503 }))
    await expect(find(70n)).rejects.toMatchObject({ name: 'RetryableRpcError' })
  })

  function find(received: bigint) {
    const entry: LedgerEntry = {
      address: holder,
      contract: null,
      received: amount(received),
      collected: amount(0n),
      fees: amount(0n),
    }
    const tokens = [
      { symbol: 'USDC', contract: token, decimals: 6, minSweep: amount(0n), nativePrice: null, price: null },
    ]
    return findDiscrepancies(
      pool,
      { tokens, quorum: 1 },
      { block: { hash: blockHash }, addresses: [holder], entries: [entry] },
    )
  }
})
