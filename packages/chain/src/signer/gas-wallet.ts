import { Wallet } from 'ethers'
import type { AuthorizationSigner } from '../transactions/transaction-signer'
import { walletSigner } from './wallet-signer'

const PRIVATE_KEY = /^(0x)?[0-9a-fA-F]{64}$/

/** The signer of the wallet that pays for gas; null where the text is no private key. */
export function openGasWallet(privateKey: string): AuthorizationSigner | null {
  if (!PRIVATE_KEY.test(privateKey)) return null
  try {
    return walletSigner(new Wallet(privateKey))
  } catch {
    // Zero, or beyond the curve's order. Without the cause: it might quote the key.
    return null
  }
}
