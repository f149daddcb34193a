import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { localProvider } from '@ctrip/local-stack/local-provider'
import { freePortBase } from '@ctrip/local-stack/ports'
import { readDescriptor } from '@ctrip/local-stack/stack-descriptor'
import { testToken } from '@ctrip/local-stack/test-token'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { NonceManager, Wallet } from 'ethers'
import { openApi } from './support/api'
import { CTRIP } from './support/ctrip'

const DELEGATED = /^0xef0100[0-9a-f]{40}$/

describe('the local stack, as npm start runs it', () => {
  const dataFolder = mkdtempSync(path.join(tmpdir(), 'ctrip-e2e-'))
  let up: ChildProcess

  beforeAll(async () => {
    const portBase = String(await freePortBase())
    const args = [CTRIP, 'up', '--no-demo', '--data', dataFolder, '--port-base', portBase]
    up = spawn(process.execPath, args, { stdio: 'ignore' })
    await waitUntil('the stack', 100_000, async () => readDescriptor(dataFolder).ready)
  }, 120_000)

  afterAll(async () => {
    const ended = once(up, 'exit')
    up.kill('SIGTERM')
    await ended
    rmSync(dataFolder, { recursive: true, force: true })
  }, 60_000)

  it('sweeps token payments that arrive together in one batch by itself', async () => {
    const { api: at, merchant, chains } = readDescriptor(dataFolder)
    const [chain] = chains
    if (chain === undefined) throw new Error('no chain')
    const api = openApi(at.url, merchant.api_key)
    const provider = localProvider(chain.rpc_url)
    const customer = new NonceManager(new Wallet(chain.funded_private_key ?? '', provider))
    const usdc = testToken(chain.tokens[0]?.contract ?? '', customer)
    await waitUntil('the deployment', 60_000, async () => (await provider.getTransactionCount(chain.gas_wallet)) > 0)
    const order = { chain: chain.name, asset: 'USDC', amount: '1000000' }
    const payments = await Promise.all(Array.from({ length: 5 }, () => api.createPayment(order)))
    for (const { address } of payments) await usdc.transfer(address, 1_000_000n)
    await waitUntil('settlement', 90_000, async () => {
      const now = await Promise.all(payments.map(({ id }) => api.payment(id)))
      return now.every(({ status }) => status === 'settled')
    })
    const codes = await Promise.all(payments.map(({ address }) => provider.getCode(address)))
    provider.destroy()
    expect(codes.filter((code) => DELEGATED.test(code)).length).toBeGreaterThanOrEqual(2)
    expect(Math.max(...(await api.sweeps()).map(({ items }) => items.length))).toBeGreaterThanOrEqual(2)
  }, 180_000)
})
