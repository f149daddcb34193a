import { depositAddress, parseAccountXpub, walletFingerprint } from '@ctrip/chain/addresses'
import { readAssignedIndexes } from '@ctrip/db/payments/restored-addresses'
import { toChecksum } from '@ctrip/domain/address'
import { registry } from '@ctrip/telemetry/metrics'
import { reportAddressSupply } from '../src/address-supply'
import { TEST_XPUB } from './support/fixtures'
import { startTestApi, type TestApi } from './support/test-api'

const BRANCH = 2 ** 31
const ORDER = { chain: 'anvil', asset: 'USDC', amount: '1500000' }

let api: TestApi
beforeAll(async () => {
  api = await startTestApi()
}, 60_000)
afterAll(() => api?.close())

const setNext = (number: number) => api.db.prisma.$executeRaw`SELECT setval('address_index', ${number}::bigint, false)`

/** The gauge's values by label, as a scrape sees them. */
async function gauges(): Promise<Record<string, number>> {
  const text = await registry.getSingleMetricAsString('ctrip_deposit_addresses_remaining')
  return Object.fromEntries([...text.matchAll(/of="(\w+)"\} (\S+)/g)].map(([, of = '', value]) => [of, Number(value)]))
}

it('continues in the next branch when a branch of addresses is used up', async () => {
  const merchant = await api.newMerchant()
  await setNext(BRANCH - 300)
  const payments: { id: string; address: string }[] = []
  for (let n = 0; n < 700; n++)
    payments.push((await merchant.post<{ id: string; address: string }>('/api/v1/payments', ORDER)).body)
  expect(new Set(payments.map(({ address }) => address)).size).toBe(700)

  const parsed = parseAccountXpub(TEST_XPUB)
  if (!parsed.ok) throw new Error(parsed.problem)
  const rows = await api.db.prisma.deposit_addresses.findMany({ where: { branch: 1 }, orderBy: { index: 'asc' } })
  expect(rows.length).toBeGreaterThan(50)
  for (const { branch, index, address } of rows)
    expect(toChecksum(depositAddress(parsed.xpub, branch * BRANCH + index)).toLowerCase()).toBe(
      `0x${Buffer.from(address).toString('hex')}`,
    )
  const range = { from: BRANCH - 10, below: BRANCH + 10 }
  const assigned = await readAssignedIndexes(api.db.prisma, walletFingerprint(parsed.xpub), range)
  expect([...assigned].sort((a, b) => a - b)).toEqual(Array.from({ length: 20 }, (_, n) => BRANCH - 10 + n))
}, 60_000)

it('reports what is left of the branch and of the wallet', async () => {
  await setNext(BRANCH - 3)
  await api.db.prisma.$queryRaw`SELECT nextval('address_index')`
  await reportAddressSupply(api.db)
  expect(await gauges()).toEqual({ branch: 2, wallet: 2 ** 51 - BRANCH + 2 })
})
