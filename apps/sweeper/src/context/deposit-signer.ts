import type { AuthorizationSigner } from '@ctrip/chain/transactions/transaction-signer'
import type { Address } from '@ctrip/domain/address'
import type { SweepContext } from './sweep-context'

/**
 * The signer of a deposit address, derived anew and compared: null where our mnemonic does not lead to it. That is never
 * signed for, and wakes somebody: it is money that cannot be collected.
 */
export async function depositSigner(
  { conditions, keys }: SweepContext,
  deposit: { readonly address: Address; readonly wallet: string; readonly addressIndex: number },
): Promise<AuthorizationSigner | null> {
  const signer = await keys.deposits.signer(deposit.addressIndex)
  if (deposit.wallet === keys.walletFingerprint && signer.address === deposit.address) return signer
  const { address, wallet, addressIndex: index } = deposit
  conditions.note({ level: 'error', msg: 'sweep.address_mismatch', kind: wallet, fields: { address, index } })
  return null
}
