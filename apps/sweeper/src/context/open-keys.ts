import { walletFingerprint } from '@ctrip/chain/addresses'
import { openDepositWallet } from '@ctrip/chain/signer/deposit-wallet'
import { openGasWallet } from '@ctrip/chain/signer/gas-wallet'
import { StartupError } from '@ctrip/service/startup-error'
import type { SweepKeys } from './sweep-context'

/** Opens the wallets; throws StartupError that names what is wrong with them, and never what they are. */
export function openKeys(secrets: {
  readonly DEPOSIT_MNEMONIC: string
  readonly GAS_WALLET_PRIVATE_KEY: string
}): SweepKeys {
  const deposits = openDepositWallet(secrets.DEPOSIT_MNEMONIC)
  const gasWallet = openGasWallet(secrets.GAS_WALLET_PRIVATE_KEY)
  const problems = [
    ...(deposits === null ? ['DEPOSIT_MNEMONIC is no BIP-39 mnemonic: a word or the checksum is wrong'] : []),
    ...(gasWallet === null ? ['GAS_WALLET_PRIVATE_KEY is no private key: 32 bytes of hex are'] : []),
  ]
  if (deposits === null || gasWallet === null) throw new StartupError(problems)
  const { signer } = deposits
  return {
    deposits: { signer: async (index) => signer(index) },
    walletFingerprint: walletFingerprint(deposits.xpub),
    gasWallet,
  }
}
