import { chainsFile } from '@ctrip/chain/chains-setting'
import { integer, secret, url } from '@ctrip/service/settings'
import { z } from 'zod'

export const configSchema = z.object({
  DATABASE_URL: url('postgresql', 'postgres'),
  NATS_URL: url('nats', 'tls'),
  CHAINS_FILE: chainsFile(),
  DEPOSIT_MNEMONIC: secret(),
  GAS_WALLET_PRIVATE_KEY: secret(),
  DATABASE_POOL_SIZE: integer({ min: 2, max: 200 }).default(10),
  SLOW_QUERY_MS: integer({ min: 1, max: 60_000 }).default(500),
})

export type SweeperConfig = z.infer<typeof configSchema>
