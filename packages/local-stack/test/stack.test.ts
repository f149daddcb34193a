import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { type Anvil, startAnvil } from '@ctrip/local-stack/anvil'
import { readDescriptor, type StackDescriptor } from '@ctrip/local-stack/stack-descriptor'
import { type Stack, startStack } from '@ctrip/local-stack/start-stack'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { portBase, removeTemporaryFolders, stubApps, temporaryFolder } from './stub-apps'

const appsFolder = stubApps()
afterAll(removeTemporaryFolders)
let dataFolder: string
let stack: Stack

function start(options: { portBase: number; replicas?: number; fresh?: boolean }): Promise<Stack> {
  return startStack({ dataFolder, appsFolder, blockTimeSeconds: 0.5, ...options })
}

async function code(descriptor: StackDescriptor, address: string): Promise<string> {
  const body = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_getCode', params: [address, 'latest'] })
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(descriptor.chains[0]?.rpc_url ?? '', { method: 'POST', headers, body })
  return ((await response.json()) as { result: string }).result
}

describe('a running stack', () => {
  beforeAll(async () => {
    dataFolder = temporaryFolder()
    stack = await start({ portBase: portBase(), replicas: 2 })
  })
  afterAll(() => stack.stop())

  test('describes itself in stack.json, readable by its owner only', () => {
    const descriptor = readDescriptor(dataFolder)
    expect(descriptor).toEqual(stack.descriptor())
    expect(descriptor).toMatchObject({ ready: true, merchant: { id: 'mer_stub', api_key: 'sk_stub' } })
    expect(descriptor.services.scanner.replicas).toHaveLength(2)
    expect(descriptor.services.api.replicas[1]?.url).not.toBe(descriptor.api.url)
  })

  test.each(['scanner', 'api'] as const)('starts a killed %s again and records its new pid', async (name) => {
    const { pid } = stack.descriptor().services[name]
    process.kill(pid, 'SIGKILL')
    await waitUntil('the new pid', 10_000, async () => readDescriptor(dataFolder).services[name].pid !== pid)
    const { ops_url } = readDescriptor(dataFolder).services[name]
    await waitUntil('the new process', 10_000, async () => (await fetch(`${ops_url}/readyz`)).ok)
  })

  test.each(['postgres', 'nats'] as const)('starts a killed %s again', async (name) => {
    const { pid } = stack.descriptor()[name]
    process.kill(pid ?? 0, 'SIGKILL')
    await waitUntil('the new pid', 20_000, async () => readDescriptor(dataFolder)[name].pid !== pid)
  })

  test('starts a killed Anvil again, with the chain it had', async () => {
    const [before] = stack.descriptor().chains
    process.kill(before?.pid ?? 0, 'SIGKILL')
    await waitUntil('the new pid', 20_000, async () => readDescriptor(dataFolder).chains[0]?.pid !== before?.pid)
    expect(await code(readDescriptor(dataFolder), before?.tokens[0]?.contract ?? '')).not.toBe('0x')
  })

  test('refuses a second stack on the same folder', async () => {
    await expect(start({ portBase: portBase() })).rejects.toThrow('Another stack')
  })
})

test('keeps the keys, the chain and the token of a folder after a stop', async () => {
  dataFolder = temporaryFolder()
  const base = portBase()
  const first = await start({ portBase: base })
  const before = first.descriptor()
  await first.stop()
  expect(() => readDescriptor(dataFolder)).toThrow('No stack runs')
  const second = await start({ portBase: base })
  const after = second.descriptor()
  const tokenCode = await code(after, after.chains[0]?.tokens[0]?.contract ?? '')
  await second.stop()
  const withoutPids = ({ chains, admin_api_key, merchant }: StackDescriptor) => ({
    chains: chains.map((chain) => ({ ...chain, pid: null })),
    admin_api_key,
    merchant,
  })
  expect(withoutPids(after)).toEqual(withoutPids(before))
  expect(tokenCode).not.toBe('0x')
})

test('makes new keys with a fresh start', async () => {
  dataFolder = temporaryFolder()
  const first = await start({ portBase: portBase() })
  await first.stop()
  const second = await start({ portBase: portBase(), fresh: true })
  await second.stop()
  expect(second.descriptor().admin_api_key).not.toBe(first.descriptor().admin_api_key)
})

test('names a taken port and its purpose', async () => {
  dataFolder = temporaryFolder()
  const base = portBase()
  const squatter = createServer().listen(base + 5, '127.0.0.1')
  await expect(start({ portBase: base })).rejects.toThrow(`port ${base + 5} (for postgres)`)
  squatter.close()
})

test('a service that does not start fails the start with the end of its log', async () => {
  dataFolder = temporaryFolder()
  writeFileSync(join(appsFolder, 'sweeper', 'fails'), '')
  const starting = start({ portBase: portBase() })
  await expect(starting).rejects.toThrow(/exit code 2[\s\S]*DEPOSIT_XPUB: not set/)
  rmSync(join(appsFolder, 'sweeper', 'fails'))
})

describe("a stack on the user's chains", () => {
  let anvil: Anvil
  let file: string
  beforeAll(async () => {
    anvil = await startAnvil()
    file = join(temporaryFolder(), 'mine.yaml')
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of chains.yaml
    const providers = [{ name: 'first', http: '${STACK_TEST_RPC_URL}' }]
    const chain = { name: 'mine', chain_id: 31337, providers, treasury: '0x00000000000000000000000000000000000000A1' }
    writeFileSync(file, JSON.stringify({ chains: [chain] }))
    process.env['STACK_TEST_RPC_URL'] = anvil.url
  })
  afterAll(async () => {
    delete process.env['STACK_TEST_RPC_URL']
    await anvil.stop()
  })

  test('starts no chain of its own, fills the variables of the file in, and keeps a copy in the data folder', async () => {
    const folder = temporaryFolder()
    writeFileSync(join(folder, 'chains.yaml'), 'chains: [] # of an earlier start without CHAINS_FILE')
    const foreign = { chainsFile: file, gasWalletPrivateKey: `0x${'1'.padStart(64, '0')}` }
    const running = await startStack({ dataFolder: folder, appsFolder, portBase: portBase(), foreign })
    const [chain, ...others] = readDescriptor(folder).chains
    await running.stop()
    expect(others).toEqual([])
    expect(chain).toMatchObject({ name: 'mine', rpc_url: anvil.url, pid: null, funded_private_key: null })
    expect(chain?.gas_wallet).toBe('0x7E5F4552091A69125d5DfCb7b8C2659029395Bdf')
    expect(readFileSync(join(folder, 'chains.yaml'), 'utf8')).toBe(readFileSync(file, 'utf8'))
  })
})

test('chains.yaml is written for the services', async () => {
  expect(readFileSync(join(dataFolder, 'chains.yaml'), 'utf8')).toContain('chain_id: 31337')
})
