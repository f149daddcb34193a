import type { ChainConfig } from '@ctrip/chain/chain-config'
import type { NewPayment } from '@ctrip/db/payments/create-payments'
import { checkoutUrl } from '@ctrip/db/payments/payment-rows'
import { confirmationsRequired } from '@ctrip/domain/confirmations'
import { type MerchantId, newId } from '@ctrip/domain/ids'
import { INITIAL_STATE } from '@ctrip/domain/payment/initial-state'
import { type Asset, LATE_POLICIES, type Payment } from '@ctrip/domain/payment/payment'
import { renderPayment } from '@ctrip/domain/payment/view'
import type { Logger } from '@ctrip/telemetry/logger'
import { type Anchor, currentTraceparent, startAnchor, traceFields } from '@ctrip/telemetry/spans'
import { z } from 'zod'
import type { AssetGate } from '../../asset-gate'
import { findAsset, findChain } from '../../chains'
import type { DepositAddress, DepositWallet } from '../../deposit-wallet'
import { decidedEndpoint } from '../../http/endpoint'
import { invalid, type Problem, unchecked } from '../../http/problem'
import { paymentsCreated } from '../../metrics'
import type { PaymentWriter } from '../../payment-writer'
import type { QuotaGate } from '../../quota-gate'
import { amountInput } from '../../schemas/amount-input'
import { chainName } from '../../schemas/chain'
import { noParams, noQuery } from '../../schemas/list'
import { metadata } from '../../schemas/metadata'
import { paymentSchema } from '../../schemas/payment'
import { returnUrl } from '../../schemas/return-url'
import { text } from '../../schemas/text'

export interface CreatePaymentDeps {
  readonly chains: readonly ChainConfig[]
  readonly wallet: DepositWallet
  readonly assetGate: AssetGate
  readonly quotaGate: QuotaGate
  readonly paymentWriter: PaymentWriter
  readonly publicUrl: string
  readonly wakeRelay: () => void
  readonly log: Logger
}

const EXPIRES_IN_DEFAULT_SECONDS = 1_800

const body = z
  .strictObject({
    chain: chainName().meta({ description: 'Name or chain id.', example: 'anvil' }),
    asset: text(64, 1).meta({ description: 'Symbol or contract address.', example: 'USDC' }),
    amount: amountInput.meta({ description: 'In base units.', example: '1500000' }),
    expires_in: z
      .number()
      .int()
      .min(60)
      .max(604_800)
      .default(EXPIRES_IN_DEFAULT_SECONDS)
      .meta({ description: 'Seconds.' }),
    metadata: metadata.default({}),
    reference: text(255).nullish(),
    tolerance_bps: z.number().int().min(0).max(1000).default(0),
    late_policy: z.enum(LATE_POLICIES).default('accept'),
    success_url: returnUrl().meta({ description: 'Where the payer goes once it is paid.' }),
    cancel_url: returnUrl().meta({ description: 'Where the payer goes who does not pay.' }),
  })
  .meta({ id: 'CreatePayment' })

type Terms = z.output<typeof body>

export const createPayment = decidedEndpoint(
  {
    operation: 'createPayment',
    method: 'post',
    path: '/api/v1/payments',
    access: 'merchant',
    scope: 'payments:write',
    tag: 'Payments',
    summary: 'Ask for a payment',
    description: 'Answers with a deposit address of its own.',
    params: noParams,
    query: noQuery,
    body,
    status: 201,
    result: paymentSchema,
    refusals: [409],
  },
  async (deps: CreatePaymentDeps, { caller, body: terms }) => {
    const chain = findChain(deps.chains, terms.chain)
    if (chain === null)
      return invalid('chain', 'unknown_chain', 'There is no such chain; GET /api/v1/chains lists them.')
    const asset = findAsset(chain, terms.asset)
    if (asset === null) return invalid('asset', 'unknown_asset', `There is no such asset on ${chain.name}.`)
    const refusal = await refusalOf(deps.assetGate, chain, asset)
    if (refusal !== null) return refusal
    const overQuota = await deps.quotaGate.admit(caller.merchantId)
    if (overQuota !== null) return overQuota
    const deposit = await deps.wallet.take()
    const { merchantId, keyId: actor } = caller
    const { payment, anchor } = newPayment({ terms, chain, asset, deposit, merchantId, publicUrl: deps.publicUrl })
    const view = renderPayment(payment, [], null)
    const created = { draft: createdEvent(payment, view), traceparent: currentTraceparent() ?? payment.traceAnchor }
    return {
      body: view,
      log: { payment_id: payment.id },
      committed: () => tellCreated(deps, payment),
      write: (answer) => write(deps, { payment, address: deposit, actor, created, answer }, { anchor, deposit }),
    }
  },
)

/** Why no payment is asked for in the asset; null where it may be. */
async function refusalOf(gate: AssetGate, chain: ChainConfig, asset: Asset): Promise<Problem | null> {
  const standing = await gate.standing(chain.chainId, asset)
  switch (standing.kind) {
    case 'open':
      return null
    case 'refused':
      return invalid(
        'asset',
        'asset_refused',
        `${asset.symbol} on ${chain.name} is not to be trusted: ${standing.reason}.`,
      )
    case 'unchecked':
      return unchecked(asset.symbol)
  }
}

/** False if the key is taken. Then the anchor is never ended: a repeated request leaves no span of a payment that never was. */
async function write(
  { paymentWriter, wallet }: CreatePaymentDeps,
  payment: NewPayment,
  { anchor, deposit }: { readonly anchor: Anchor; readonly deposit: DepositAddress },
): Promise<boolean> {
  const written = await paymentWriter.write(payment).catch((error: unknown) => {
    count(payment, 'failed')
    throw error
  })
  count(payment, written ? 'created' : 'repeated')
  if (written) anchor.end()
  else wallet.giveBack(deposit)
  return written
}

function count({ payment: { chain, asset } }: NewPayment, outcome: 'created' | 'repeated' | 'failed'): void {
  paymentsCreated.inc({ chain, asset: asset.symbol, outcome })
}

interface Ingredients {
  readonly terms: Terms
  readonly chain: ChainConfig
  readonly asset: Asset
  readonly deposit: DepositAddress
  readonly merchantId: MerchantId
  readonly publicUrl: string
}

function newPayment({ terms, chain, asset, deposit, merchantId, publicUrl }: Ingredients) {
  const createdAt = new Date()
  const id = newId('payment', createdAt.getTime())
  const anchor = startAnchor('payment.created', { 'ctrip.payment.id': id, 'ctrip.chain': chain.name })
  const payment: Payment = {
    id,
    merchantId,
    chain: chain.name,
    chainId: chain.chainId,
    asset,
    amount: terms.amount,
    toleranceBps: terms.tolerance_bps,
    latePolicy: terms.late_policy,
    address: deposit.address,
    confirmationsRequired: confirmationsRequired(chain.confirmations, terms.amount),
    reference: terms.reference ?? null,
    metadata: terms.metadata,
    checkoutUrl: checkoutUrl(publicUrl, id),
    successUrl: terms.success_url ?? null,
    cancelUrl: terms.cancel_url ?? null,
    quote: null,
    traceAnchor: anchor.traceparent,
    createdAt,
    expiresAt: new Date(createdAt.getTime() + terms.expires_in * 1000),
    ...INITIAL_STATE,
  }
  return { payment, anchor }
}

function createdEvent(payment: Payment, view: ReturnType<typeof renderPayment>) {
  return {
    type: 'payment.created' as const,
    merchantId: payment.merchantId,
    subject: payment.id,
    sequence: payment.sequence,
    traceAnchor: payment.traceAnchor,
    data: { payment: view },
  }
}

function tellCreated({ log, wakeRelay }: CreatePaymentDeps, { id, chain, traceAnchor, sequence }: Payment): void {
  log.info({ payment_id: id, chain, ...traceFields(traceAnchor), sequence }, 'payment.created')
  wakeRelay()
}
