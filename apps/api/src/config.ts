import { parseAccountXpub } from '@ctrip/chain/addresses'
import { chainsFile } from '@ctrip/chain/chains-setting'
import { cidr, hexBytes, integer, list, port, secret, url } from '@ctrip/settings/settings'
import { z } from 'zod'

const accountXpub = z
  .string()
  .transform((text, context) => {
    const parsed = parseAccountXpub(text)
    if (parsed.ok) return parsed.xpub
    context.addIssue({ code: 'custom', message: parsed.problem })
    return z.NEVER
  })
  .describe("the account's extended public key, m/44'/60'/0'")

const HOPS = /^\d{1,2}$/
const HOPS_MAX = 10

/** How many proxies stand before the API, or which networks they are in. */
export type TrustProxy = number | string[]

const trustProxy = z
  .string()
  .transform((text, context): TrustProxy => {
    if (HOPS.test(text) && Number(text) <= HOPS_MAX) return Number(text)
    const networks = list(cidr()).safeParse(text)
    if (networks.success) return networks.data
    context.addIssue({ code: 'custom', message: 'neither a number of proxies nor networks' })
    return z.NEVER
  })
  .describe(`the number of proxies before the API, 0 … ${HOPS_MAX}, or their networks such as 10.0.0.0/8`)

/** Of one merchant; 0 for none. */
function quota() {
  return integer({ min: 0, max: 2_000_000_000 })
}

export const schema = z.object({
  DATABASE_URL: url('postgresql', 'postgres'),
  NATS_URL: url('nats', 'tls'),
  CHAINS_FILE: chainsFile(),
  DEPOSIT_XPUB: accountXpub,
  SECRETS_KEY: list(hexBytes(32)),
  ADMIN_API_KEY: secret(16),
  PUBLIC_URL: url('http', 'https').transform((text) => text.replace(/\/+$/, '')),
  PORT: port(),
  HOST: z.string().optional().describe('the address to listen on; all addresses unless set'),
  WEBHOOK_ALLOWED_CIDRS: list(cidr()).default([]),
  TRUST_PROXY: trustProxy.default(0),
  RATE_LIMIT_PER_MINUTE: integer({ min: 0, max: 10_000_000 }).default(6_000),
  MAX_OPEN_PAYMENTS: quota().default(100_000),
  MAX_PAYMENTS_PER_DAY: quota().default(1_000_000),
  DATABASE_POOL_SIZE: integer({ min: 2, max: 200 }).default(10),
  SLOW_QUERY_MS: integer({ min: 1, max: 60_000 }).default(500),
})

export type ApiConfig = z.output<typeof schema>
