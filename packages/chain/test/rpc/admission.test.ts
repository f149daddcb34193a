import { type Hash, parseHash } from '@ctrip/domain/hash'
import { registry } from '@ctrip/telemetry/metrics'
import type { Admission } from '../../src/checks/identity'
import type { AdmissionOptions } from '../../src/rpc/admission'
import type { RpcPool } from '../../src/rpc/rpc-pool'
import { type Lab, openLab, poolOf } from '../helpers/lab'
import { type Behaviour, HONEST, type StandIn, startProxy } from '../helpers/proxy'

let lab: Lab
let first: StandIn
let second: StandIn
let pool: RpcPool | null = null

beforeAll(async () => {
  lab = await openLab()
  await lab.mine()
})
afterAll(() => lab.close())

beforeEach(async () => {
  first = await startProxy(lab.anvil.url)
  second = await startProxy(lab.anvil.url)
})
afterEach(async () => {
  await pool?.close()
  await Promise.all([first.close(), second.close()])
})

function open(options: AdmissionOptions = {}, names: readonly ('first' | 'second')[] = ['first', 'second']): RpcPool {
  const urls = { first: first.url, second: second.url }
  pool = poolOf(
    names.map((name) => ({ name, url: urls[name] })),
    options,
  )
  return pool
}

const ofChain =
  (chainId: number): Behaviour =>
  (request, honest) =>
    request.method === 'eth_chainId' ? { result: `0x${chainId.toString(16)}` } : HONEST(request, honest)

const withGenesis =
  (genesis: string): Behaviour =>
  async (request, honest) => {
    const result = await honest()
    const isFirst = request.method === 'eth_getBlockByNumber' && request.params[0] === '0x1'
    return { result: isFirst ? { ...(result as object), parentHash: genesis } : result }
  }

const OTHER = `0x${'ab'.repeat(32)}`
const balance = (of: RpcPool) => of.call('eth_getBalance', [lab.funder.address, 'latest'])

function hashOf(text: string): Hash {
  const parsed = parseHash(text)
  if (parsed === null) throw new Error('no hash')
  return parsed
}

describe('a provider of another chain', () => {
  it('is asked nothing but for its chain, and the other provider answers', async () => {
    first.behave(ofChain(1))
    const told: [string, Admission][] = []
    const asked = open({ onAdmission: (...admission) => told.push(admission) })
    await expect(balance(asked)).resolves.toMatchObject({ provider: 'second' })
    expect(first.asked).not.toContain('eth_getBalance')
    expect(asked.ranking()).toEqual(['second'])
    const sentence = 'it answers for chain 1, but chains.yaml says chain 31337'
    expect(told).toEqual([['first', { kind: 'excluded', sentence }]])
    expect(asked.status()[0]).toMatchObject({ name: 'first', up: false, excluded: sentence })
    expect(await registry.metrics()).toContain('ctrip_rpc_provider_up{chain="anvil",provider="first"} 0')
  })

  it('makes the chain wait with its sentence where there is no other', async () => {
    first.behave(ofChain(1))
    const asked = open({}, ['first'])
    await expect(balance(asked)).rejects.toMatchObject({ kind: 'unchecked' })
    await expect(balance(asked)).rejects.toThrow('first: it answers for chain 1, but chains.yaml says chain 31337')
    expect(first.asked).not.toContain('eth_getBalance')
  })

  it('answers for itself alone in each, and no other provider with it', async () => {
    first.behave(ofChain(1))
    const answers = await open().each('eth_blockNumber', [])
    expect(answers).toMatchObject([{ ok: false, error: { kind: 'unchecked' } }, { ok: true }])
    expect(first.asked).not.toContain('eth_blockNumber')
  })

  it('is noticed when it takes the place of the right one behind one URL', async () => {
    const asked = open({}, ['first'])
    await balance(asked)
    first.behave(() => 'hang up')
    await expect(balance(asked)).rejects.toMatchObject({ kind: 'network' })
    first.behave(ofChain(1))
    first.asked.splice(0)
    await expect(balance(asked)).rejects.toMatchObject({ kind: 'unchecked' })
    expect(first.asked).not.toContain('eth_getBalance')
  })
})

describe('a provider whose first block differs', () => {
  it('is excluded where the record says another', async () => {
    const read = async () => hashOf(OTHER)
    const asked = open({ genesis: { read, remember: async (hash) => hash } }, ['first'])
    await expect(balance(asked)).rejects.toThrow(`this chain began with ${OTHER}`)
  })

  it('excludes both where nothing says which is right', async () => {
    first.behave(withGenesis(OTHER))
    await expect(balance(open())).rejects.toThrow('no record says which is right')
  })

  it('is remembered the first time that enough providers tell it', async () => {
    const remembered: string[] = []
    const remember = async (hash: Hash) => {
      remembered.push(hash)
      return hash
    }
    const asked = open({ genesis: { read: async () => null, remember } })
    await asked.each('eth_blockNumber', [])
    const block = (await lab.provider.send('eth_getBlockByNumber', ['0x0', false])) as { hash: string }
    expect(remembered).toEqual([block.hash])
  })
})

describe('a provider that cannot be asked', () => {
  it('is not admitted, and is checked before its first response', async () => {
    first.behave(() => ({ status: 503 }))
    const asked = open()
    await expect(balance(asked)).resolves.toMatchObject({ provider: 'second' })
    first.behave(HONEST)
    first.asked.splice(0)
    await expect(balance(asked)).resolves.toMatchObject({ provider: 'first' })
    expect(first.asked).toEqual(['eth_chainId', 'eth_getBlockByNumber', 'eth_getBalance'])
  })

  it('is used with a warning where it does not show old blocks', async () => {
    first.behave((request, honest) =>
      request.method === 'eth_getBlockByNumber'
        ? {
            error: {
              code: -32002,
              message: 'Archive, Debug and Trace requests are not available on your current plan.',
            },
          }
        : HONEST(request, honest),
    )
    const told: Admission[] = []
    const asked = open({ onAdmission: (_, admission) => told.push(admission) }, ['first'])
    await expect(balance(asked)).resolves.toMatchObject({ provider: 'first' })
    expect(told).toMatchObject([{ kind: 'warning' }])
  })
})
