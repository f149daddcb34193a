import { createHash } from 'node:crypto'
import { HDKey } from '@scure/bip32'
import { mnemonicToSeedSync, validateMnemonic } from '@scure/bip39'
import { wordlist } from '@scure/bip39/wordlists/english'
import { type DigestSigner, privateKeySigner } from './digest-signer'

/** The account that the API issues addresses of: BIP-44, coin 60. */
const ACCOUNT_PATH = "m/44'/60'/0'"
/** Addresses in one branch: when it is used up, the next one begins. */
const BRANCH_SIZE = 2 ** 31

/** The wallet of all deposit addresses. */
export interface DepositWallet {
  /** The wallet's name in the database: the start of SHA-256 over the account's chain code and public key. */
  readonly fingerprint: string
  /** The signer of the n-th deposit address of the wallet: branch n / 2³¹, index n mod 2³¹. */
  signer(index: number): DigestSigner
}

/** Opens the wallet of a BIP-39 mnemonic; null where a word or the checksum is wrong. */
export function openDepositWallet(mnemonic: string): DepositWallet | null {
  const phrase = mnemonic.trim().split(/\s+/).join(' ')
  if (!validateMnemonic(phrase, wordlist)) return null
  const account = HDKey.fromMasterSeed(mnemonicToSeedSync(phrase)).derive(ACCOUNT_PATH)
  return {
    fingerprint: fingerprintOf(account),
    signer(index) {
      const branch = account.deriveChild(Math.floor(index / BRANCH_SIZE))
      const { privateKey } = branch.deriveChild(index % BRANCH_SIZE)
      if (privateKey === null) throw new Error('a wallet of a mnemonic has private keys')
      return privateKeySigner(privateKey)
    },
  }
}

function fingerprintOf({ chainCode, publicKey }: HDKey): string {
  if (chainCode === null || publicKey === null) throw new Error('a wallet of a mnemonic has a public key')
  return createHash('sha256').update(chainCode).update(publicKey).digest('hex').slice(0, 16)
}
