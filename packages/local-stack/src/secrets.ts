import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { HDNodeWallet, Wallet } from 'ethers'
import { newMnemonic } from './anvil'

export const SECRETS_FILE = 'secrets.json'
const ACCOUNT_PATH = "m/44'/60'/0'"

export interface Secrets {
  readonly deposit_mnemonic: string
  readonly gas_wallet_private_key: string
  readonly treasury_private_key: string
  readonly chain_mnemonic: string
  readonly secrets_key: string
  readonly admin_api_key: string
}

/** The keys of this data folder, made on its first use and kept in it (0600): addresses given out must stay spendable. */
export function loadSecrets(dataFolder: string): Secrets {
  const file = join(dataFolder, SECRETS_FILE)
  if (existsSync(file)) return JSON.parse(readFileSync(file, 'utf8')) as Secrets
  const secrets: Secrets = {
    deposit_mnemonic: newMnemonic(),
    gas_wallet_private_key: Wallet.createRandom().privateKey,
    treasury_private_key: Wallet.createRandom().privateKey,
    chain_mnemonic: newMnemonic(),
    secrets_key: randomBytes(32).toString('hex'),
    admin_api_key: `admin_${randomBytes(24).toString('base64url')}`,
  }
  writeFileSync(file, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
  return secrets
}

/** The account's extended public key, from which deposit addresses are derived (BIP-44, m/44'/60'/0'). */
export function accountXpub(mnemonic: string): string {
  return HDNodeWallet.fromPhrase(mnemonic, '', ACCOUNT_PATH).neuter().extendedKey
}
