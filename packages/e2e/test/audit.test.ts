import { spawn } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { type Gateway, startGateway } from './support/gateway'

const CTRIP = path.join(__dirname, '..', '..', '..', 'apps', 'cli', 'dist', 'main.js')

interface ChainAudit {
  readonly addresses: number
  readonly under_way: number
  readonly discrepancies: { address: string; kind: string; expected: string; actual: string }[]
}

describe('the audit', () => {
  let gateway: Gateway

  beforeAll(async () => {
    gateway = await startGateway()
  }, 120_000)

  afterAll(() => gateway.stop(), 60_000)

  it('agrees, to the wei, with what was paid, topped up, swept and burnt as fees', async () => {
    const ids = [(await gateway.pay('ETH', 10n ** 16n)).id, (await gateway.pay('USDC', 1_500_000n)).id]
    for (const id of ids) await gateway.untilStatus(id, 'settled')
    const { code, chains } = await audit()
    expect(chains).toMatchObject([{ addresses: 2, discrepancies: [] }])
    expect(code).toBe(0)
  }, 180_000)

  it('finds money that came by no transaction, tells where, and fails', async () => {
    const { address } = await gateway.create('ETH', 10n ** 16n)
    await gateway.provider.send('anvil_setBalance', [address, '0x7'])
    const block = await gateway.provider.getBlockNumber()
    await waitUntil(
      'a block with it is scanned',
      20_000,
      async () => (await gateway.provider.getBlockNumber()) > block + 2,
    )
    const { code, chains } = await audit()
    expect(chains).toMatchObject([{ discrepancies: [{ address, kind: 'unrecorded', expected: '0', actual: '7' }] }])
    expect(code).toBe(1)
  }, 60_000)

  it('has the scanner say so too, as a metric', async () => {
    await waitUntil('the metric', 100_000, async () => {
      const answer = await fetch(`${gateway.descriptor().services.scanner.ops_url}/metrics`)
      return (await answer.text()).includes('ctrip_reconciliation_discrepancies{chain="anvil"} 1')
    })
  }, 120_000)

  async function audit(): Promise<{ code: number | null; chains: ChainAudit[] }> {
    const child = spawn(process.execPath, [CTRIP, 'audit', '--json', '--data', gateway.dataFolder])
    const chunks: Buffer[] = []
    child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
    const [code] = (await once(child, 'close')) as [number | null]
    return { code, chains: JSON.parse(Buffer.concat(chunks).toString()) as ChainAudit[] }
  }
})
