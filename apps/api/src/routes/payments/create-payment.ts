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
import { invalid, Problem, unchecked } from '../../http/problem'
import { paymentsCreated } from '../../metrics'
import type { PaymentWriter } from '../../payment-writer'
import type { QuotaGate } from '../../quota-gate'
import type { AmountAsked, RateDesk } from '../../rate-desk'
import { amountInput } from '../../schemas/amount-input'
import { chainName } from '../../schemas/chain'
import { noParams, noQuery } from '../../schemas/list'
import { metadata } from '../../schemas/metadata'
import { paymentSchema } from '../../schemas/payment'
import { priceInput } from '../../schemas/price-input'
import { returnUrl } from '../../schemas/return-url'
import { text } from '../../schemas/text'

export interface CreatePaymentDeps {
  readonly chains: readonly ChainConfig[]
  readonly wallet: DepositWallet
  readonly assetGate: AssetGate
  readonly quotaGate: QuotaGate
  readonly paymentWriter: PaymentWriter
  readonly rateDesk: RateDesk
  readonly publicUrl: string
  readonly wakeRelay: () => void
  readonly log: Logger
}

const EXPIRES_IN_DEFAULT_SECONDS = 1_800

const body = z
  .strictObject({
    chain: chainName().meta({ description: 'Name or chain id.', example: 'anvil' }),
    asset: text(64, 1).meta({ description: 'Symbol or contract address.', example: 'USDC' }),
    amount: amountInput
      .optional()
      .meta({ description: 'In base units. Either this or `price` must be given.', example: '1500000' }),
    price: priceInput.optional().meta({
      description:
        "A price in a currency, in place of `amount`: the amount is worked out at the asset's rate, rounded up, and holds until `expires_at`.",
    }),
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
  .superRefine(({ amount, price }, context) => {
    if ((amount === undefined) === (price === undefined))
      context.addIssue({ code: 'custom', path: ['amount'], message: 'Give either `amount` or `price`.' })
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
    description:
      'Answers with a deposit address of its own. 409 `rate_unavailable`: there is no usable rate for the price now.',
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
    const asked = await amountAsked(deps, terms, chain, asset)
    if (asked instanceof Problem) return asked
    const overQuota = await deps.quotaGate.admit(caller.merchantId)
    if (overQuota !== null) return overQuota
    const deposit = await deps.wallet.take()
    const { merchantId, keyId: actor } = caller
    const { publicUrl } = deps
    const { payment, anchor } = newPayment({ terms, asked, chain, asset, deposit, merchantId, publicUrl })
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

/** The amount that the merchant gave, or the one that its price comes to. */
async function amountAsked(
  { rateDesk }: CreatePaymentDeps,
  { amount, price }: Terms,
  { chainId }: ChainConfig,
  asset: Asset,
): Promise<AmountAsked | Problem> {
  if (price !== undefined) return rateDesk.quote({ chainId, asset }, price)
  if (amount === undefined) return invalid('amount', 'validation_failed', 'Give either `amount` or `price`.')
  return { amount, rate: null }
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
  readonly asked: AmountAsked
  readonly chain: ChainConfig
  readonly asset: Asset
  readonly deposit: DepositAddress
  readonly merchantId: MerchantId
  readonly publicUrl: string
}

function newPayment({ terms, asked, chain, asset, deposit, merchantId, publicUrl }: Ingredients) {
  const createdAt = new Date()
  const expiresAt = new Date(createdAt.getTime() + terms.expires_in * 1000)
  const id = newId('payment', createdAt.getTime())
  const anchor = startAnchor('payment.created', { 'ctrip.payment.id': id, 'ctrip.chain': chain.name })
  const payment: Payment = {
    id,
    merchantId,
    chain: chain.name,
    chainId: chain.chainId,
    asset,
    amount: asked.amount,
    toleranceBps: terms.tolerance_bps,
    latePolicy: terms.late_policy,
    address: deposit.address,
    confirmationsRequired: confirmationsRequired(chain.confirmations, asked.amount),
    reference: terms.reference ?? null,
    metadata: terms.metadata,
    checkoutUrl: checkoutUrl(publicUrl, id),
    successUrl: terms.success_url ?? null,
    cancelUrl: terms.cancel_url ?? null,
    quote: asked.rate === null ? null : { ...asked.rate, quotedAt: createdAt, expiresAt },
    checkoutSession: null,
    traceAnchor: anchor.traceparent,
    createdAt,
    expiresAt,
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
