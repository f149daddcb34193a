import { STRATEGIES, SWEEP_STATUSES } from '@ctrip/domain/sweep/sweep'
import { z } from 'zod'
import { idOf } from './ids'
import { addressView, assetSchema, hashView, money, traceIdView } from './payment'
import { timestamp } from './text'

export const sweepSchema = z
  .object({
    id: idOf('sweep'),
    object: z.literal('sweep'),
    status: z.enum(SWEEP_STATUSES),
    reason: z.string().nullable().meta({ description: 'Why it failed.' }),
    chain: z.string(),
    chain_id: z.number().int(),
    asset: assetSchema,
    strategy: z.enum(STRATEGIES),
    treasury: addressView(),
    tx_hash: hashView().nullable(),
    amount_collected: money(),
    amount_collected_display: z.string(),
    items: z
      .array(
        z.object({
          payment_id: idOf('payment'),
          address: addressView(),
          amount_planned: money(),
          amount_collected: money().nullable().meta({ description: 'What reached the treasury.' }),
          gas_used: money().nullable(),
          fee: money().nullable().meta({ description: "This payment's part of the fees, in `fee_unit`." }),
          fee_unit: z.literal('wei').meta({ description: "10⁻¹⁸ of the chain's native coin." }),
          token_fee: money().nullable().meta({
            description:
              'What left the address and never reached the treasury: some tokens keep a part of each transfer.',
          }),
          reason: z.string().nullable(),
        }),
      )
      .meta({ description: 'Your own part of it.' }),
    trace_id: traceIdView(),
    created_at: timestamp(),
    completed_at: timestamp().nullable(),
  })
  .meta({ id: 'Sweep' })
