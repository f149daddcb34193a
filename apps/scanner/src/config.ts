import { chainsFile } from '@ctrip/chain/chains-setting'
import { integer, url } from '@ctrip/settings/settings'
import { z } from 'zod'

export const schema = z.object({
  DATABASE_URL: url('postgresql', 'postgres'),
  NATS_URL: url('nats', 'tls'),
  CHAINS_FILE: chainsFile(),
  DATABASE_POOL_SIZE: integer({ min: 2, max: 200 }).default(10),
  SLOW_QUERY_MS: integer({ min: 1, max: 60_000 }).default(500),
})

export type ScannerConfig = z.output<typeof schema>
