import type { Address } from '@ctrip/domain/address'
import type { Holding } from '@ctrip/domain/reconcile'
import { readAgreedBalances } from '../src/agreed-balances'
import { readBalances } from '../src/balances'
import type { RpcPool } from '../src/rpc/rpc-pool'
import { hashOf, newAddress } from './helpers/known'
import { type Lab, openLab, poolOf } from './helpers/lab'
import { HONEST, type StandIn, startProxy } from './helpers/proxy'

/** Runtime codes of tokens whose `balanceOf` misbehaves, in place of contracts. */
const SEVEN = '0x600760005260206000f3'
const BROKEN: readonly (readonly [string, string])[] = [
  ['reverts', '0x60006000fd'],
  ['burns all gas', '0x5b600056'],
  ['returns nothing', '0x00'],
  ['returns too little', '0x6007600052601f6000f3'],
  ['runs an invalid opcode', '0xfe'],
]
/** Returns as many zeroes as its gas allows. */
const BOMB = '0x61c3506000f3'

describe('reading many balances', () => {
  let lab: Lab
  let first: StandIn
  let second: StandIn
  let pool: RpcPool
  let blockHash: ReturnType<typeof hashOf>
  const holder = newAddress()
  const good = newAddress()
  const tokens = new Map<string, Address>(BROKEN.map(([name]) => [name, newAddress()]))
  const bomb = newAddress()

  beforeAll(async () => {
    lab = await openLab()
    first = await startProxy(lab.anvil.url)
    second = await startProxy(lab.anvil.url)
    const codes = [[good, SEVEN], [bomb, BOMB], ...BROKEN.map(([name, code]) => [tokens.get(name), code])]
    for (const [address, code] of codes) await lab.provider.send('anvil_setCode', [address, code])
    await lab.mine()
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

  it.each(BROKEN)('reads all others where a token %s', async (name) => {
    const broken = at(tokens.get(name))
    expect(await readBalances(pool, blockHash, [at(good), broken, at(null), at(good)])).toEqual([7n, null, 0n, 7n])
  })

  it('copies no more than a word of what a token returns', async () => {
    expect(await readBalances(pool, blockHash, [at(bomb), at(good)])).toEqual([0n, 7n])
  })

  it('reads a thousand balances, a hundred of which burn all gas that they get', async () => {
    const burner = at(tokens.get('burns all gas'))
    const holdings = Array.from({ length: 1_000 }, (_, n) => (n % 10 === 0 ? burner : at(good)))
    const readings = await readBalances(pool, blockHash, holdings)
    expect(readings.filter((reading) => reading === null)).toHaveLength(100)
    expect(readings.filter((reading) => reading === 7n)).toHaveLength(900)
  })

  it('reads one by one at a node that takes no call without a recipient', async () => {
    const refusing = async (
      request: { readonly method: string; readonly params?: unknown },
      honest: () => Promise<unknown>,
    ) => (isDeployless(request) ? { error: { code: -32602, message: 'missing field to' } } : { result: await honest() })
    first.behave(refusing)
    second.behave(refusing)
    const broken = BROKEN.map(([name]) => at(tokens.get(name)))
    expect(await readBalances(pool, blockHash, [at(good), ...broken, at(null)])).toEqual([
      7n,
      ...broken.map(() => null),
      0n,
    ])
  })

  it('believes what enough providers tell alike, and no other', async () => {
    expect(await readAgreedBalances(pool, 2, blockHash, [at(good), at(tokens.get('reverts'))])).toEqual([7n, null])
    second.behave(async ({ method }, honest) => ({ result: method === 'eth_call' ? '0x' : await honest() }))
    await expect(readAgreedBalances(pool, 2, blockHash, [at(null)])).resolves.toEqual([0n])
    second.behave(async (request, honest) => ({ result: isDeployless(request) ? answer(8n) : await honest() }))
    await expect(readAgreedBalances(pool, 2, blockHash, [at(good)])).rejects.toMatchObject({ kind: 'unverified' })
  })

  it('knows no balance where too few providers still have the state', async () => {
    second.behave(async () => ({ error: { code: -32000, message: 'missing trie node' } }))
    expect(await readAgreedBalances(pool, 2, blockHash, [at(good)])).toEqual([null])
    expect(await readAgreedBalances(pool, 1, blockHash, [at(good)])).toEqual([7n])
  })

  it('waits for a provider that does not answer for now', async () => {
    second.behave(async () => ({ error: { code: -32000, message: 'header not found' } }))
    await expect(readAgreedBalances(pool, 2, blockHash, [at(good)])).rejects.toMatchObject({ kind: 'unverified' })
  })

  function at(contract: Address | null | undefined): Holding {
    if (contract === undefined) throw new Error('no such token')
    return { address: holder, contract }
  }
})

function isDeployless({ method, params }: { readonly method: string; readonly params?: unknown }): boolean {
  const [call] = Array.isArray(params) ? (params as unknown[]) : []
  return method === 'eth_call' && typeof call === 'object' && call !== null && !('to' in call)
}

/** As the reader's contract answers of one balance. */
function answer(balance: bigint): string {
  return `0x${[1n, 1n, balance].map((word) => word.toString(16).padStart(64, '0')).join('')}`
}
