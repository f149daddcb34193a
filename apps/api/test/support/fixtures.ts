import { parseChains } from '@ctrip/chain/chains-config'
import { rateBookOf } from '@ctrip/chain/rate-book'
import { recordAssetCheck } from '@ctrip/db/chains/asset-checks'
import { openDatabase } from '@ctrip/db/database/database'
import type { RateBook } from '@ctrip/domain/rates/rate-book'

/** The account m/44'/60'/0' of a mnemonic made for these tests. */
export const TEST_XPUB =
  'xpub6CWpsNYcY783umEkoLbgNkXrak9KBHoqB35Z4Bbr2VWGvDjGBocyrTN8YLgYNCugUW9oXcrfig9pkhhYiiUoN8RqBJrMAtAiqsn9ZXEPLRP'

/** Of another mnemonic. */
export const OTHER_XPUB =
  'xpub6CW9tvrxEs9SNZbirRwnqtjnLDaUcsWK95JivAVMEzf71pV7SELerUjotm95pBQ4MG9ZnZA4e6srgzYGwu1M18y1eU6DR1JJBWTi3MX9aVk'

/** What an API needs to be told in a test, whatever its servers are. */
export const TEST_SETTINGS = {
  DEPOSIT_XPUB: TEST_XPUB,
  SECRETS_KEY: 'ab'.repeat(32),
  ADMIN_API_KEY: 'admin_0123456789abcdef',
  HOST: '127.0.0.1',
  RATE_LIMIT_PER_MINUTE: '0',
  WEBHOOK_ALLOWED_CIDRS: '127.0.0.0/8',
}

export const USDC = '0x5FbDB2315678afecb367f032d93F642f64180aa3'

const ETH_FEED = '0x00000000000000000000000000000000000000f1'
const EUR_FEED = '0x00000000000000000000000000000000000000F2'
const JPY_FEED = '0x00000000000000000000000000000000000000f3'

/** One chain with coins of 0, 6, 18 and 36 decimals, and one that confirms by a tag. */
export const CHAINS_YAML = `
chains:
  - name: anvil
    chain_id: 31337
    providers: [{name: local, http: "http://127.0.0.1:1"}]
    confirmations: [{below: "1000000000", depth: 3}, {depth: 12}]
    native: {symbol: ETH, decimals: 18, price: {currency: USD, feed: "${ETH_FEED}", max_age_seconds: 3600}}
    tokens:
      - {symbol: USDC, contract: "${USDC}", decimals: 6, price: {currency: USD, fixed: "1"}}
      - {symbol: WHOLE, contract: "0x00000000000000000000000000000000000000A1", decimals: 0}
      - {symbol: FINE, contract: "0x00000000000000000000000000000000000000A2", decimals: 36}
    treasury: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8"
  - name: tagged
    chain_id: 10
    display_name: Tagged Testnet
    testnet: true
    providers: [{name: local, http: "http://127.0.0.1:1"}]
    confirmations: {tag: safe}
    verify: structural
    native: {symbol: ETH}
    treasury: "0x059c59067AA3981662840F624020395C5220fEd2"
currencies:
  - {code: EUR, chain: anvil, feed: "${EUR_FEED}", max_age_seconds: 3600}
  - {code: JPY, chain: anvil, feed: "${JPY_FEED}", max_age_seconds: 3600}
`

/** The tokens of CHAINS_YAML, as the scanner would have found them. */
export async function passAssetChecks(databaseUrl: string): Promise<void> {
  const db = openDatabase({ url: databaseUrl, applicationName: 'test', poolSize: 1, slowQueryMs: 10_000 })
  const parsed = parseChains(CHAINS_YAML, {})
  if (!parsed.ok) throw new Error(parsed.problems.join('; '))
  for (const { chainId, tokens } of parsed.chains)
    for (const { contract, decimals } of tokens)
      await recordAssetCheck(db, chainId, { contract, decimals, verdict: 'ok', reason: null })
  await db.close()
}

/** The prices of CHAINS_YAML. */
export function testRates(): RateBook {
  const parsed = parseChains(CHAINS_YAML, {})
  if (!parsed.ok) throw new Error(parsed.problems.join('; '))
  return rateBookOf(parsed.chains)
}
