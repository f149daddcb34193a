import type { ChainConfig } from '@ctrip/chain/chain-config'
import { listPayments as readPayments } from '@ctrip/db/payments/payment-lists'
import { parseAddress } from '@ctrip/domain/address'
import { PAYMENT_STATUSES } from '@ctrip/domain/payment/payment'
import { renderPayment } from '@ctrip/domain/payment/view'
import { z } from 'zod'
import { findChain } from '../../chains'
import { endpoint } from '../../http/endpoint'
import { invalid } from '../../http/problem'
import { listOf, noParams, pageOf, renderList } from '../../schemas/list'
import { paymentSchema } from '../../schemas/payment'
import { moment, text } from '../../schemas/text'

const query = z.strictObject({
  status: z.enum(PAYMENT_STATUSES).optional(),
  chain: text(32, 1).optional().meta({ description: 'Name or chain id.' }),
  asset: text(64, 1).optional().meta({ description: 'Symbol or contract address.' }),
  reference: text(255, 1).optional(),
  created_gte: moment().optional(),
  created_lt: moment().optional(),
  ...pageOf('payment'),
})

export const listPayments = endpoint(
  {
    operation: 'listPayments',
    method: 'get',
    path: '/api/v1/payments',
    access: 'merchant',
    scope: 'payments:read',
    tag: 'Payments',
    summary: 'List payments, newest first',
    params: noParams,
    query,
    body: null,
    status: 200,
    result: listOf(paymentSchema),
    refusals: [],
  },
  async (deps: { readonly chains: readonly ChainConfig[] }, { caller, query, db }) => {
    const chain = query.chain === undefined ? null : findChain(deps.chains, query.chain)
    if (chain === null && query.chain !== undefined) return invalid('chain', 'unknown_chain', 'There is no such chain.')
    const filter = {
      status: query.status ?? null,
      chainId: chain?.chainId ?? null,
      asset: query.asset === undefined ? null : symbolOrContract(query.asset),
      reference: query.reference ?? null,
      createdFrom: query.created_gte ?? null,
      createdBefore: query.created_lt ?? null,
    }
    const page = { limit: query.limit, startingAfter: query.starting_after ?? null }
    const found = await readPayments(db, caller.merchantId, filter, page)
    return { body: renderList(found, (each) => renderPayment(each.payment, each.transfers, each.chain.headNumber)) }
  },
)

function symbolOrContract(value: string) {
  const contract = parseAddress(value)
  return contract === null ? { symbol: value } : { contract }
}
