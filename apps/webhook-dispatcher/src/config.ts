import { cidr, hexBytes, integer, list, url } from '@ctrip/service/settings'
import { z } from 'zod'
import { RETRY_SCHEDULE_SECONDS } from './retry-schedule'

const DAY_SECONDS = 86_400

export const configSchema = z.object({
  DATABASE_URL: url('postgresql', 'postgres'),
  NATS_URL: url('nats', 'tls'),
  // New key first while one is being rotated: any of them opens.
  SECRETS_KEY: list(hexBytes(32)),
  WEBHOOK_ALLOWED_CIDRS: list(cidr()).optional(),
  WEBHOOK_RETRY_SCHEDULE_SECONDS: list(integer({ min: 0, max: DAY_SECONDS })).default([...RETRY_SCHEDULE_SECONDS]),
})

export type Config = z.output<typeof configSchema>
