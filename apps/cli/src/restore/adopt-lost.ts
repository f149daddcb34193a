import { assetOf } from '@ctrip/chain/asset-of'
import type { ChainConfig } from '@ctrip/chain/chain-config'
import { feeCap } from '@ctrip/chain/transactions/fees'
import { minedAttempt } from '@ctrip/chain/transactions/read-receipt'
import type { Database } from '@ctrip/db/database/database'
import { transaction } from '@ctrip/db/database/transaction'
import { adoptTransaction, type LostTransaction } from '@ctrip/db/sweeps/adopt-transaction'
import { readRescuable } from '@ctrip/db/sweeps/rescuable'
import type { NewSweep } from '@ctrip/db/sweeps/sweeps'
import { assert } from '@ctrip/domain/assert'
import { newId } from '@ctrip/domain/ids'
import { anchorNewTrace } from '@ctrip/telemetry/spans'
import type { SentTransaction } from './read-lost-transactions'
import type { Recognized } from './recognize-transaction'

/** Writes what the sweeper knew of these transactions, each in a commit of its own. Returns how many were not known. */
export async function adoptLost(db: Database, chain: ChainConfig, sent: readonly SentTransaction[]): Promise<number> {
  let adopted = 0
  for (const one of sent) {
    if (one.recognized === null) continue
    const lost = await toLost(db, chain, one, one.recognized)
    if (await transaction(db, 'restore.adopt', (tx) => adoptTransaction(tx, lost))) adopted++
  }
  return adopted
}

async function toLost(
  db: Database,
  chain: ChainConfig,
  { hash, raw, sender, transaction, receipt }: SentTransaction,
  { purpose, collects, takes }: Recognized,
): Promise<LostTransaction> {
  const { fees, nonce, authorizations } = transaction
  const maxPriorityFeePerGas = fees.kind === 'legacy' ? fees.gasPrice : fees.maxPriorityFeePerGas
  return {
    chainId: chain.chainId,
    sender,
    nonce,
    purpose,
    attempt: { hash, raw, maxFeePerGas: feeCap(fees), maxPriorityFeePerGas, takes, cancels: purpose === 'cancel' },
    authorized: authorizations.map((by) => ({ sender: by.sender, nonce: by.authorization.nonce })),
    sweep: collects === null ? null : await sweepOf(db, chain, collects),
    mined: minedAttempt(receipt),
  }
}

async function sweepOf(
  db: Database,
  chain: ChainConfig,
  { strategy, contract, items }: NonNullable<Recognized['collects']>,
): Promise<NewSweep> {
  const addresses = items.map(({ address }) => address)
  const known = new Map(
    (await readRescuable(db.prisma, chain.chainId, addresses)).map((one) => [one.address, one] as const),
  )
  const id = newId('sweep')
  return {
    id,
    chain: chain.name,
    chainId: chain.chainId,
    asset: assetOf(chain, contract, 0),
    treasury: chain.treasury,
    strategy,
    traceAnchor: anchorNewTrace('sweep.planned', { 'ctrip.sweep.id': id, 'ctrip.chain': chain.name }),
    items: items.map(({ address, amount: amountPlanned }) => {
      const owner = known.get(address)
      assert(owner !== undefined, 'lost addresses are written before the sweeps that took from them')
      return { address, paymentId: owner.paymentId, merchantId: owner.merchantId, amountPlanned }
    }),
  }
}
