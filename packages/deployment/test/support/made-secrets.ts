import { execFileSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { newMnemonic } from '@ctrip/local-stack/anvil'
import { accountXpub } from '@ctrip/local-stack/secrets'
import { inRepository } from './repository'

/** A folder of secrets as an operator makes it: a new wallet, and the script for all others. */
export function makeSecrets(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-secrets-'))
  const mnemonic = newMnemonic()
  writeFileSync(join(folder, 'deposit_mnemonic'), mnemonic)
  writeFileSync(join(folder, 'deposit_xpub'), accountXpub(mnemonic))
  writeFileSync(join(folder, 'gas_wallet_private_key'), `0x${'1'.repeat(64)}`)
  makeTheRest(folder)
  return folder
}

export function makeTheRest(folder: string): void {
  execFileSync('sh', [inRepository('deploy', 'docker', 'make-secrets.sh'), folder])
}
