import { findSession } from '@ctrip/db/checkout-sessions/sessions'
import { renderPayment } from '@ctrip/domain/payment/view'
import { z } from 'zod'
import { findAsset, findChain } from '../../chains'
import { type ChooseAssetDeps, chooseAsset, findOffer } from '../../checkout-sessions/choose-asset'
import { endpoint } from '../../http/endpoint'
import { invalid, notFound, Problem } from '../../http/problem'
import { chainName } from '../../schemas/chain'
import { sessionParams } from '../../schemas/checkout-session'
import { noQuery } from '../../schemas/list'
import { paymentSchema } from '../../schemas/payment'
import { text } from '../../schemas/text'

const body = z
  .strictObject({
    chain: chainName().meta({ description: 'Name or chain id.', example: 'anvil' }),
    asset: text(64, 1).meta({ description: 'Symbol or contract address.', example: 'USDC' }),
  })
  .meta({ id: 'CreateSessionPayment' })

export const createSessionPayment = endpoint(
  {
    operation: 'createCheckoutSessionPayment',
    method: 'post',
    path: '/api/v1/checkout-sessions/:id/payments',
    access: 'merchant',
    scope: 'payments:write',
    tag: 'Checkout sessions',
    summary: 'Choose an asset for what is due now',
    description:
      'A new payment at a new quote. The open payment of the session in the same asset is answered again while its quote holds and what it asks for is what is due.',
    subject: 'checkout session',
    params: sessionParams,
    query: noQuery,
    body,
    status: 201,
    statusFound: 'The open payment in this asset',
    result: paymentSchema,
    refusals: [404, 409],
  },
  async (deps: ChooseAssetDeps, { caller, params: { id }, body: { chain: name, asset: symbol }, db }) => {
    const session = await findSession(db, caller.merchantId, id)
    if (session === null) return notFound('checkout session')
    const chain = findChain(deps.chains, name)
    if (chain === null)
      return invalid('chain', 'unknown_chain', 'There is no such chain; GET /api/v1/chains lists them.')
    const asset = findAsset(chain, symbol)
    if (asset === null) return invalid('asset', 'unknown_asset', `There is no such asset on ${chain.name}.`)
    const offer = findOffer(deps, session, (one) => one.chain === chain && one.asset.contract === asset.contract)
    if (offer instanceof Problem) return offer
    const chosen = await chooseAsset(deps, db, { session: id, offer, actor: caller.keyId })
    if (chosen instanceof Problem) return chosen
    const { payment, transfers, chain: view } = chosen.subject
    return {
      body: renderPayment(payment, transfers, view.headNumber),
      ...(chosen.isNew ? {} : { found: true as const }),
      log: { checkout_session_id: id, payment_id: payment.id },
      committed: chosen.committed,
    }
  },
)
