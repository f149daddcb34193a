import { migrationSchema } from '@ctrip/db/schema/migration-config'
import { commonSchema } from '@ctrip/service/run-service'
import type { z } from 'zod'
import { schema as api } from '../../../../apps/api/src/config'
import { schema as scanner } from '../../../../apps/scanner/src/config'
import { configSchema as sweeper } from '../../../../apps/sweeper/src/config'
import { dispatcherConfig as dispatcher } from '../../../../apps/webhook-dispatcher/src/config'

/** The deployed programs by the name of their image, with all settings that they read. */
export const PROGRAMS: Readonly<Record<string, readonly z.ZodObject[]>> = {
  api: [commonSchema, api],
  scanner: [commonSchema, scanner],
  sweeper: [commonSchema, sweeper],
  'webhook-dispatcher': [commonSchema, dispatcher],
  migrate: [migrationSchema],
}

/** Settings of the image, and settings that a container should not change. */
const NOT_FOR_OPERATORS = ['BUILD_VERSION', 'BUILD_COMMIT', 'HOST']

/** Every variable that an operator may set for this program. */
export function settingsOf(program: string): string[] {
  const names = (PROGRAMS[program] ?? []).flatMap((schema) => Object.keys(schema.shape))
  return [...new Set(names)].filter((name) => !NOT_FOR_OPERATORS.includes(name)).sort()
}

/** The variables' own names, sorted: `NAME_FILE` is another way to give NAME, OTEL_* is the SDK's. */
export function settingNames(environment: Readonly<Record<string, unknown>>, chainsFile: string): string[] {
  const ofChains = [...chainsFile.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name)
  return Object.keys(environment)
    .filter((name) => !name.startsWith('OTEL_') && !ofChains.includes(name))
    .map((name) => name.replace(/_FILE$/, (suffix) => (name === 'CHAINS_FILE' ? suffix : '')))
    .sort()
}
