import { decodeCollection, decodeTransferCall } from '@ctrip/chain/sweep-contracts/decode-calls'
import { deploymentCode } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import type { DecodedTransaction } from '@ctrip/chain/transactions/decode-transaction'
import { feeCap } from '@ctrip/chain/transactions/fees'
import type { Address } from '@ctrip/domain/address'
import { type Amount, amount, ZERO } from '@ctrip/domain/amount'
import type { Purpose, StrategyName } from '@ctrip/domain/sweep/sweep'

/** What a transaction of one of our accounts was for, by its shape. */
export interface Recognized {
  readonly purpose: Purpose
  readonly collects: Collects | null
  readonly takes: Amount | null
}

interface Collects {
  readonly strategy: StrategyName
  readonly contract: Address | null
  readonly items: readonly { readonly address: Address; readonly amount: Amount }[]
}

interface Accounts {
  readonly gasWallet: Address
  readonly treasury: Address
  readonly isDeposit: (address: Address) => boolean
}

/** Null for what our sweeper does not send: then somebody else has the key. */
export function recognizeTransaction(
  sender: Address,
  transaction: DecodedTransaction,
  accounts: Accounts,
): Recognized | null {
  const { to, value, data } = transaction
  if (to === sender && value === ZERO && data === '0x') return { purpose: 'cancel', collects: null, takes: null }
  return sender === accounts.gasWallet
    ? fromGasWallet(transaction, accounts)
    : fromDeposit(sender, transaction, accounts.treasury)
}

function fromGasWallet({ to, value, data }: DecodedTransaction, accounts: Accounts): Recognized | null {
  if (to === null) {
    const isOurs = data === deploymentCode(accounts.treasury)
    return isOurs ? { purpose: 'deploy', collects: null, takes: null } : null
  }
  if (data === '0x') return accounts.isDeposit(to) ? { purpose: 'top_up', collects: null, takes: null } : null
  const batch = decodeCollection(data)
  if (batch === null || value !== ZERO || !batch.items.every(({ address }) => accounts.isDeposit(address))) return null
  const collects = { strategy: 'delegated_batch' as const, contract: batch.token, items: batch.items }
  return { purpose: 'collect', collects, takes: null }
}

function fromDeposit(
  sender: Address,
  { to, value, data, gasLimit, fees }: DecodedTransaction,
  treasury: Address,
): Recognized | null {
  if (to === treasury && data === '0x') {
    const items = [{ address: sender, amount: value }]
    const takes = amount(value + gasLimit * feeCap(fees)) // signed to leave nothing: its fee is part of the balance
    return { purpose: 'collect', collects: { strategy: 'native', contract: null, items }, takes }
  }
  const transfer = decodeTransferCall(data)
  if (to === null || transfer?.to !== treasury || value !== ZERO) return null
  const items = [{ address: sender, amount: transfer.amount }]
  return {
    purpose: 'collect',
    collects: { strategy: 'token_top_up', contract: to, items },
    takes: transfer.amount,
  }
}
