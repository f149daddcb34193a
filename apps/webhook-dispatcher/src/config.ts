import { cidr, hexBytes, integer, list, url } from '@ctrip/service/settings'
import { z } from 'zod'
import { RETRY_SCHEDULE_SECONDS } from './retry-schedule'

const DAY_SECONDS = 86_400

export const dispatcherConfig = z.object({
  DATABASE_URL: url('postgresql', 'postgres'),
  DATABASE_POOL_SIZE: integer({ min: 1, max: 100 }).default(10),
  SLOW_QUERY_MS: integer({ min: 1, max: 60_000 }).default(500),
  NATS_URL: url('nats', 'tls'),
  // Two while one is being rotated, the new one first: the first seals, any opens.
  SECRETS_KEY: list(hexBytes(32)),
  WEBHOOK_ALLOWED_CIDRS: list(cidr()).optional(),
  WEBHOOK_RETRY_SCHEDULE_SECONDS: list(integer({ min: 0, max: DAY_SECONDS })).default([...RETRY_SCHEDULE_SECONDS]),
})

export type DispatcherConfig = z.output<typeof dispatcherConfig>
