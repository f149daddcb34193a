import { waitUntil } from '@ctrip/local-stack/wait-until'
import { runCtrip } from './support/ctrip'
import { type Gateway, startGateway } from './support/gateway'

interface ChainAudit {
  readonly addresses: number
  readonly under_way: number
  readonly unsupported_claims: { subject: string; contradiction: string }[]
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
    const { code, chains } = audit()
    expect(chains).toMatchObject([{ addresses: 2, discrepancies: [], unsupported_claims: [] }])
    expect(code).toBe(0)
  }, 180_000)

  it('finds money without a transaction, names its address, and fails', async () => {
    const { address } = await gateway.create('ETH', 10n ** 16n)
    await gateway.setBalance(address, 7n)
    const block = await gateway.provider.getBlockNumber()
    await waitUntil(
      'a block with it is scanned',
      20_000,
      async () => (await gateway.provider.getBlockNumber()) > block + 2,
    )
    const { code, chains } = audit()
    expect(chains).toMatchObject([{ discrepancies: [{ address, kind: 'unrecorded', expected: '0', actual: '7' }] }])
    expect(code).toBe(1)
  }, 60_000)

  it('agrees with the metric of the scanner', async () => {
    await waitUntil('the metric', 100_000, async () => {
      const answer = await fetch(`${gateway.descriptor().services.scanner.ops_url}/metrics`)
      return (await answer.text()).includes('ctrip_reconciliation_discrepancies{chain="anvil"} 1')
    })
  }, 120_000)

  function audit(): { code: number | null; chains: ChainAudit[] } {
    const { status, stdout } = runCtrip(['audit', '--json', '--data', gateway.dataFolder])
    return { code: status, chains: JSON.parse(stdout) as ChainAudit[] }
  }
})
