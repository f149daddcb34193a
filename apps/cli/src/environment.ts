import { loadConfig } from '@ctrip/service/config'
import { hexBytes, list, secret } from '@ctrip/service/settings'
import { z } from 'zod'
import { UsageError } from './answer'

/** What the command line reads from the environment; nothing else of it does. */
export function readEnvironment(env: NodeJS.ProcessEnv = process.env) {
  return {
    apiUrl: env['CTRIP_API_URL'] || undefined,
    apiKey: env['CTRIP_API_KEY'] || undefined,
    adminApiKey: env['ADMIN_API_KEY'] || undefined,
    databaseUrl: env['DATABASE_URL'] || undefined,
    natsUrl: env['NATS_URL'] || undefined,
    chainsFile: env['CHAINS_FILE'] || undefined,
    depositXpub: env['DEPOSIT_XPUB'] || undefined,
    depositMnemonic: env['DEPOSIT_MNEMONIC'] || undefined,
    gasWalletPrivateKey: env['GAS_WALLET_PRIVATE_KEY'] || undefined,
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
