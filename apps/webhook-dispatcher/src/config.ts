import { cidr, hexBytes, integer, list, url } from '@ctrip/settings/settings'
import { z } from 'zod'

/** Pause before each attempt: at once, then 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 14 h, 20 h, 24 h. */
export const RETRY_SCHEDULE_SECONDS = [0, 5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400] as const

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
