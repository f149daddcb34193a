import { type AssetCheck, recordAssetCheck } from '@ctrip/db/chains/asset-checks'
import { parseAddress } from '@ctrip/domain/address'
import { assert } from '@ctrip/domain/assert'
import { judgeAsset } from '../src/asset-gate'
import { USDC } from './support/fixtures'
import { startTestApi, type TestApi } from './support/test-api'

const contract = parseAddress(USDC)
assert(contract !== null, 'the fixture is an address')
const PASSED: AssetCheck = { contract, decimals: 6, verdict: 'ok', reason: null }
const TOKEN = { symbol: 'USDC', contract, decimals: 6 }

describe('judgeAsset', () => {
  it.each<[string, readonly AssetCheck[], string]>([
    ['opens an asset that was compared', [PASSED], 'open'],
    ['opens an asset that could only be compared in part', [{ ...PASSED, verdict: 'warning' }], 'open'],
    ['refuses an asset whose contract differs', [{ ...PASSED, verdict: 'fault' }], 'refused'],
    ['waits for an asset that nobody compared', [], 'unchecked'],
    ['waits for an asset that was compared with other decimals', [{ ...PASSED, decimals: 18 }], 'unchecked'],
  ])('%s', (_, checks, kind) => {
    expect(judgeAsset(TOKEN, checks).kind).toBe(kind)
  })
})

describe('a payment in a token', () => {
  let api: TestApi
  beforeAll(async () => {
    api = await startTestApi()
  }, 60_000)
  afterAll(() => api?.close())

  const order = (asset: string) => ({ chain: 'anvil', asset, amount: '1500000' })

  it('waits for the first comparison of a new configuration, and asks to try again', async () => {
    const merchant = await api.newMerchant()
    await recordAssetCheck(api.db, 31_337, { ...PASSED, decimals: 18 })
    const waiting = merchant.post('/api/v1/payments', order('USDC'))
    expect((await waiting).status).toBe(503)
    expect((await waiting).body).toMatchObject({ code: 'asset_unchecked' })
  })

  it('is refused with the reason while its contract is not what is configured, and other assets stay open', async () => {
    const merchant = await api.newMerchant()
    const reason = 'the contract has 18 decimals, but chains.yaml says 6'
    await recordAssetCheck(api.db, 31_337, { ...PASSED, verdict: 'fault', reason })
    const refused = await merchant.post('/api/v1/payments', order('USDC'))
    expect(refused.status).toBe(422)
    expect(refused.body).toMatchObject({
      code: 'asset_refused',
      param: 'asset',
      detail: expect.stringContaining(reason) as string,
    })
    expect((await merchant.post('/api/v1/payments', order('ETH'))).status).toBe(201)
  })
})
