import { assert } from '@ctrip/domain/assert'
import { depositPath } from '@ctrip/domain/deposit-path'
import { HDNodeWallet } from 'ethers'
import { ACCOUNT_PATH, type AccountXpub, parseAccountXpub } from '../addresses'
import type { AuthorizationSigner } from '../transactions/transaction-signer'
import { walletSigner } from './wallet-signer'

/** The wallet of all deposit addresses. */
export interface DepositWallet {
  /** Whose addresses the API issues: must be the wallet's that this process is meant to collect from. */
  readonly xpub: AccountXpub
  /** The signer of the deposit address of this number (`depositPath`). Whoever signs compares its address with the one on record first. */
  signer(number: number): AuthorizationSigner
}

/**
 * Opens the wallet of a BIP-39 mnemonic, or returns null where it is none (a word or the checksum is wrong). Seeding takes
 * some 100 ms: open it once.
 */
export function openDepositWallet(mnemonic: string): DepositWallet | null {
  const account = accountNode(mnemonic)
  if (account === null) return null
  const parsed = parseAccountXpub(account.neuter().extendedKey)
  assert(parsed.ok, 'an account has an xpub')
  return {
    xpub: parsed.xpub,
    signer(number) {
      const { branch, index } = depositPath(number)
      return walletSigner(account.deriveChild(branch).deriveChild(index))
    },
  }
}

function accountNode(mnemonic: string): HDNodeWallet | null {
  try {
    return HDNodeWallet.fromPhrase(mnemonic.trim(), undefined, ACCOUNT_PATH)
  } catch {
    // Without the cause: ethers quotes the phrase.
    return null
  }
}
