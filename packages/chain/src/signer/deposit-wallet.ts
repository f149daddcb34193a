import { assert } from '@ctrip/domain/assert'
import { HDNodeWallet } from 'ethers'
import { ACCOUNT_PATH, type AccountXpub, parseAccountXpub } from '../addresses'
import type { AuthorizationSigner } from '../transactions/transaction-signer'
import { walletSigner } from './wallet-signer'

/** The wallet of all deposit addresses. */
export interface DepositWallet {
  /** Whose addresses the API issues: must be the wallet's that this process is meant to collect from. */
  readonly xpub: AccountXpub
  /** The signer of the deposit address /0/index. Whoever signs compares its address with the one on record first. */
  signer(index: number): AuthorizationSigner
}

/**
 * Opens the wallet of a BIP-39 mnemonic, or returns null where it is none (a word or the checksum is wrong). Seeding takes
 * some 100 ms: open it once.
 */
export function openDepositWallet(mnemonic: string): DepositWallet | null {
  const account = accountNode(mnemonic)
  if (account === null) return null
  const externalChain = account.deriveChild(0)
  const parsed = parseAccountXpub(account.neuter().extendedKey)
  assert(parsed.ok, 'an account has an xpub')
  return { xpub: parsed.xpub, signer: (index) => walletSigner(externalChain.deriveChild(index)) }
}

function accountNode(mnemonic: string): HDNodeWallet | null {
  try {
    return HDNodeWallet.fromPhrase(mnemonic.trim(), undefined, ACCOUNT_PATH)
  } catch {
    // Without the cause: ethers quotes the phrase.
    return null
  }
}
