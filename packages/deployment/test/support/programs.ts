import { migrationSchema } from '@ctrip/db/schema/migration-config'
import { commonSchema } from '@ctrip/service/run-service'
import type { z } from 'zod'
import { schema as api } from '../../../../apps/api/src/config'
import { schema as scanner } from '../../../../apps/scanner/src/config'
import { configSchema as signer } from '../../../../apps/signer/src/config'
import { configSchema as sweeper } from '../../../../apps/sweeper/src/config'
import { dispatcherConfig as dispatcher } from '../../../../apps/webhook-dispatcher/src/config'

/** The deployed programs by the name of their image, with all settings that they read. */
export const PROGRAMS: Readonly<Record<string, readonly z.ZodObject[]>> = {
  api: [commonSchema, api],
  scanner: [commonSchema, scanner],
  sweeper: [commonSchema, sweeper],
  'webhook-dispatcher': [commonSchema, dispatcher],
  signer: [signer],
  migrate: [migrationSchema],
}

/** Settings of the image, and settings that a container should not change. */
const NOT_FOR_OPERATORS = ['BUILD_VERSION', 'BUILD_COMMIT', 'HOST']

/** The sweeper names these only to refuse them. */
const MOVED_TO_SIGNER = ['DEPOSIT_MNEMONIC', 'GAS_WALLET_PRIVATE_KEY']
/** Sweeper and signer meet in one of two ways, and each has settings of its own. */
const OF_TRANSPORT = {
  socket: ['SIGNER_SOCKET'],
  tls: ['SIGNER_PORT', 'SIGNER_URL', 'SIGNER_TLS_CERT', 'SIGNER_TLS_KEY', 'SIGNER_TLS_CA'],
}

/** Every variable that an operator may set for this program. */
export function settingsOf(program: string, transport: keyof typeof OF_TRANSPORT): string[] {
  const others = OF_TRANSPORT[transport === 'tls' ? 'socket' : 'tls']
  const refused = [...NOT_FOR_OPERATORS, ...others, ...(program === 'sweeper' ? MOVED_TO_SIGNER : [])]
  const names = (PROGRAMS[program] ?? []).flatMap((schema) => Object.keys(schema.shape))
  return [...new Set(names)].filter((name) => !refused.includes(name)).sort()
}

/** The variables' own names, sorted: `NAME_FILE` is another way to give NAME, OTEL_* is the SDK's. */
export function settingNames(environment: Readonly<Record<string, unknown>>, chainsFile: string): string[] {
  const ofChains = [...chainsFile.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name)
  return Object.keys(environment)
    .filter((name) => !name.startsWith('OTEL_') && !ofChains.includes(name))
    .map((name) => name.replace(/_FILE$/, (suffix) => (name === 'CHAINS_FILE' ? suffix : '')))
    .sort()
}
