import type { ChainConfig } from '@ctrip/chain/chain-config'
import type { Hex } from '@ctrip/chain/hex'
import type { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { decodeCollection } from '@ctrip/chain/sweep-contracts/decode-calls'
import { type DecodedTransaction, decodeTransaction, senderOf } from '@ctrip/chain/transactions/decode-transaction'
import { type MinedReceipt, readReceipt } from '@ctrip/chain/transactions/read-receipt'
import { readSignedTransaction } from '@ctrip/chain/transactions/read-transaction'
import type { Address } from '@ctrip/domain/address'
import type { Hash } from '@ctrip/domain/hash'
import { type Recognized, recognizeTransaction } from './recognize-transaction'

/** A transaction that one of our accounts sent, with the bytes that it signed. */
export interface SentTransaction {
  readonly hash: Hash
  readonly raw: Hex
  readonly sender: Address
  readonly transaction: DecodedTransaction
  readonly receipt: MinedReceipt
  /** Null: of no kind that the sweeper sends. */
  readonly recognized: Recognized | null
}

/** Reads what our accounts sent, by its signed bytes: the sender is who signed, whatever a provider says. */
export async function readLostTransactions(
  pool: RpcPool,
  { treasury }: ChainConfig,
  hashes: readonly Hash[],
  gasWallet: Address,
  isOurs: (addresses: readonly Address[]) => Promise<ReadonlySet<Address>>,
): Promise<SentTransaction[]> {
  const found: SentTransaction[] = []
  for (const hash of hashes) {
    const raw = await readSignedTransaction(pool, hash)
    const receipt = await readReceipt(pool, hash)
    const sender = raw === null ? null : senderOf(raw)
    if (raw === null || sender === null) throw new Error(`no provider shows the signed bytes of ${hash}`)
    if (receipt?.canonical !== true) continue // a reorg took it meanwhile
    const transaction = decodeTransaction(raw)
    const deposits = await isOurs(addressesIn(sender, transaction))
    if (!deposits.has(sender)) continue // a provider named one of our accounts as its sender, and it was not
    const isDeposit = (address: Address) => address !== gasWallet && deposits.has(address)
    const recognized = recognizeTransaction(sender, transaction, { gasWallet, treasury, isDeposit })
    found.push({ hash, raw, sender, transaction, receipt, recognized })
  }
  return found
}

function addressesIn(sender: Address, { to, data }: DecodedTransaction): Address[] {
  const items = decodeCollection(data)?.items ?? []
  return [sender, ...(to === null ? [] : [to]), ...items.map(({ address }) => address)]
}
