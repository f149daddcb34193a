import { amountOf } from '../src/hex'
import { readAgreed } from '../src/read-agreed'
import { RetryableRpcError } from '../src/rpc/rpc-error'
import type { RpcPool } from '../src/rpc/rpc-pool'
import { newAddress } from './helpers/known'
import { poolOf } from './helpers/lab'
import { type Behaviour, type StandIn, startProxy } from './helpers/proxy'

const QUESTION = { method: 'eth_getBalance', params: [newAddress(), 'latest'], read: amountOf }
/** Each provider's statement about its chain: it shows no first block. */
const IDENTITY: Readonly<Record<string, unknown>> = { eth_chainId: '0x7a69', eth_getBlockByNumber: null }
const says =
  (balance: string): Behaviour =>
  ({ method }) => ({ result: method in IDENTITY ? IDENTITY[method] : balance })
const fails: Behaviour = () => ({ status: 500 })

describe('what providers agree on', () => {
  let providers: StandIn[]
  let pool: RpcPool

  beforeEach(async () => {
    providers = await Promise.all(Array.from({ length: 3 }, () => startProxy('http://127.0.0.1:1')))
    pool = poolOf(providers.map(({ url }, n) => ({ name: `provider-${n}`, url })))
  })

  afterEach(async () => {
    await pool.close()
    await Promise.all(providers.map((provider) => provider.close()))
  })

  it('is what two of three say, whoever lies', async () => {
    expect(await read(says('0x1'), says('0x64'), says('0x64'))).toBe(100n)
  })

  it('is what two of three say, whoever is away', async () => {
    expect(await read(says('0x64'), fails, says('0x64'))).toBe(100n)
  })

  it('is not known while one alone answers', async () => {
    await expect(read(says('0x64'), fails, fails)).rejects.toThrow(RetryableRpcError)
  })

  it('is not known while each says something else', async () => {
    await expect(read(says('0x1'), says('0x2'), says('0x3'))).rejects.toMatchObject({ kind: 'unverified' })
  })

  it('is any one provider’s word where a quorum of one is configured', async () => {
    for (const provider of providers) provider.behave(says('0x64'))
    expect(await readAgreed(pool, 1, QUESTION)).toBe(100n)
  })

  function read(...behaviours: Behaviour[]): Promise<bigint> {
    for (const [n, behaviour] of behaviours.entries()) providers[n]?.behave(behaviour)
    return readAgreed(pool, 2, QUESTION)
  }
})
