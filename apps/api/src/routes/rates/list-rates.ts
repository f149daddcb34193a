import type { ChainConfig } from '@ctrip/chain/chain-config'
import { rateBookOf } from '@ctrip/chain/rate-book'
import { currentRates } from '@ctrip/db/rates/rates'
import { renderAsset } from '@ctrip/domain/payment/view'
import { formatRate } from '@ctrip/domain/rates'
import { RATE_REFUSALS } from '@ctrip/domain/rates/judge-round'
import type { AssetRate } from '@ctrip/domain/rates/rate-book'
import { z } from 'zod'
import { endpoint } from '../../http/endpoint'
import { listOf, noParams, noQuery, renderList } from '../../schemas/list'
import { assetSchema, currencyView, rateView } from '../../schemas/payment'
import { timestamp } from '../../schemas/text'

const rateSchema = z
  .object({
    object: z.literal('rate'),
    chain: z.string(),
    asset: assetSchema,
    currency: currencyView(),
    rate: rateView().nullable().meta({ description: 'Null while the rate is not available.' }),
    source: z.string().meta({
      description:
        '`fixed`, or the feed that the rate is read from, as CAIP-10; where two rates are crossed, both, with ` / ` between them.',
    }),
    round_id: z.string().nullable().meta({ description: "The feed's own number of the round." }),
    updated_at: timestamp()
      .nullable()
      .meta({ description: 'When the feed was last updated, by its own word; the older of two.' }),
    available: z.boolean(),
    reason: z.enum(RATE_REFUSALS).nullable().meta({ description: 'Why the rate is not used; null while it is.' }),
  })
  .meta({ id: 'Rate' })

export const listRates = endpoint(
  {
    operation: 'listRates',
    method: 'get',
    path: '/api/v1/rates',
    access: 'merchant',
    scope: 'chains:read',
    tag: 'Chains',
    summary: 'The rate of every priced asset in every configured currency',
    params: noParams,
    query: noQuery,
    body: null,
    status: 200,
    result: listOf(rateSchema),
    refusals: [],
  },
  async ({ chains }: { readonly chains: readonly ChainConfig[] }, { db }) => {
    const rates = await currentRates(db, rateBookOf(chains))
    return { body: renderList({ items: rates, hasMore: false }, renderRate) }
  },
)

function renderRate(found: AssetRate): z.output<typeof rateSchema> {
  const { asset, currency, rate, reason, source, roundId, updatedAt } = found
  return {
    object: 'rate',
    chain: asset.chain,
    asset: renderAsset(asset.chainId, asset),
    currency,
    rate: rate === null ? null : formatRate(rate),
    source,
    round_id: roundId?.toString() ?? null,
    updated_at: updatedAt?.toISOString() ?? null,
    available: rate !== null,
    reason,
  }
}
