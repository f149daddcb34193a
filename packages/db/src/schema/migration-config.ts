import { secret, url } from '@ctrip/settings/settings'
import { z } from 'zod'

const password = () => secret(16).optional()

/** What the migration job reads from its environment. A role whose password is not given keeps the one it has. */
export const migrationSchema = z.object({
  DATABASE_URL: url('postgresql', 'postgres'),
  API_DATABASE_PASSWORD: password(),
  SCANNER_DATABASE_PASSWORD: password(),
  SWEEPER_DATABASE_PASSWORD: password(),
  WEBHOOK_DISPATCHER_DATABASE_PASSWORD: password(),
})
