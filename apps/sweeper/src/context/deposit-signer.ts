import type { AuthorizationSigner } from '@ctrip/chain/transactions/transaction-signer'
import type { Address } from '@ctrip/domain/address'
import type { SweepContext } from './sweep-context'

/**
 * The signer of a deposit address, derived anew and compared: null where our mnemonic does not lead to it. That is never
 * signed for, and wakes somebody: it is money that cannot be collected.
 */
export async function depositSigner(
  { config, keys, log }: SweepContext,
  deposit: { readonly address: Address; readonly wallet: string; readonly addressIndex: number },
): Promise<AuthorizationSigner | null> {
  const signer = await keys.deposits.signer(deposit.addressIndex)
  if (deposit.wallet === keys.walletFingerprint && signer.address === deposit.address) return signer
  log.error(
    { chain: config.name, address: deposit.address, wallet: deposit.wallet, index: deposit.addressIndex },
    'sweep.address_mismatch',
  )
  return null
}
