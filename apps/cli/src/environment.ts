import { loadConfig } from '@ctrip/settings/config'
import { hexBytes, list, secret } from '@ctrip/settings/settings'
import { z } from 'zod'
import { UsageError } from './answer'
import { opsAddress } from './doctor/ops-address'

const variables = z.object({
  CTRIP_API_URL: z.string().optional(),
  CTRIP_API_KEY: z.string().optional(),
  ADMIN_API_KEY: z.string().optional(),
  DATABASE_URL: z.string().optional(),
  NATS_URL: z.string().optional(),
  CHAINS_FILE: z.string().optional(),
  CTRIP_OPS_URLS: list(opsAddress).optional(),
  DEPOSIT_XPUB: z.string().optional(),
  DEPOSIT_MNEMONIC: z.string().optional(),
  GAS_WALLET_PRIVATE_KEY: z.string().optional(),
})

/** What the command line reads from the environment, each from `NAME` or the file that `NAME_FILE` names, as services do; nothing else of it reads it. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env) {
  const loaded = loadConfig(variables, env)
  if (!loaded.ok) throw new UsageError(loaded.problems.join('\n'))
  const { config } = loaded
  return {
    apiUrl: config.CTRIP_API_URL,
    apiKey: config.CTRIP_API_KEY,
    adminApiKey: config.ADMIN_API_KEY,
    databaseUrl: config.DATABASE_URL,
    natsUrl: config.NATS_URL,
    chainsFile: config.CHAINS_FILE,
    opsAddresses: config.CTRIP_OPS_URLS,
    depositXpub: config.DEPOSIT_XPUB,
    depositMnemonic: config.DEPOSIT_MNEMONIC,
    gasWalletPrivateKey: config.GAS_WALLET_PRIVATE_KEY,
    /** For `${NAME}` in chains.yaml, whatever the names are. */
    all: env,
  }
}

/** The keys that sealed what is stored, the newest first; from SECRETS_KEY or the file that SECRETS_KEY_FILE names, as services read it. */
export function readSecretsKeys(env: NodeJS.ProcessEnv = process.env): readonly string[] {
  const loaded = loadConfig(z.object({ SECRETS_KEY: list(hexBytes(32)) }), env)
  if (!loaded.ok) throw new UsageError(loaded.problems.join('\n'))
  return loaded.config.SECRETS_KEY
}

/** The deposit wallet's account xpub, from DEPOSIT_XPUB or the file that DEPOSIT_XPUB_FILE names. */
export function readXpub(env: NodeJS.ProcessEnv = process.env): string {
  const loaded = loadConfig(z.object({ DEPOSIT_XPUB: secret() }), env)
  if (!loaded.ok) throw new UsageError(loaded.problems.join('\n'))
  return loaded.config.DEPOSIT_XPUB
}
