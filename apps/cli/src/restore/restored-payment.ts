import type { ChainConfig } from '@ctrip/chain/chain-config'
import type { Address } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import { type MerchantId, newId } from '@ctrip/domain/ids'
import { INITIAL_STATE } from '@ctrip/domain/payment/initial-state'
import type { Payment } from '@ctrip/domain/payment/payment'
import { anchorNewTrace } from '@ctrip/telemetry/spans'

/**
 * Stands for a payment that a restore has lost, so that its address is watched: canceled, so that whatever arrives is recorded,
 * shown and collected as money without a payment (`transfer.unmatched`), until a person says whose it was.
 */
export function restoredPayment(chain: ChainConfig, merchantId: MerchantId, address: Address, index: number): Payment {
  const id = newId('payment')
  const now = new Date()
  return {
    id,
    merchantId,
    chain: chain.name,
    chainId: chain.chainId,
    asset: { symbol: chain.native.symbol, decimals: chain.native.decimals, contract: null },
    amount: amount(1n),
    toleranceBps: 0,
    latePolicy: 'review',
    address,
    confirmationsRequired: null,
    reference: null,
    metadata: { restored_address_index: String(index) },
    checkoutUrl: '',
    traceAnchor: anchorNewTrace('payment.restored', { 'ctrip.payment.id': id, 'ctrip.chain': chain.name }),
    successUrl: null,
    cancelUrl: null,
    quote: null,
    checkoutSession: null,
    createdAt: now,
    expiresAt: new Date(now.getTime() + 1),
    ...INITIAL_STATE,
    status: 'canceled',
  }
}
