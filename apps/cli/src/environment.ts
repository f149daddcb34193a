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
