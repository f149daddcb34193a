import { amount, formatUnits } from '@ctrip/domain/amount'
import { z } from 'zod'

const WEI_DECIMALS = 18

/** The sweeper's responses to operators (apps/sweeper/src/operator/render-answers.ts). Amounts are base units. */
const amountSchema = z.string().regex(/^\d+$/)

const assetSchema = z.object({ symbol: z.string(), contract: z.string().nullable(), decimals: z.number() })
const itemSchema = z.object({ payment_id: z.string(), address: z.string(), asset: assetSchema, amount: amountSchema })
const sweepSchema = z.object({ strategy: z.string(), fee_wei_each: amountSchema, items: z.array(itemSchema) })

const gasWalletSchema = z.object({ address: z.string(), balance_wei: amountSchema, missing_wei: amountSchema })

export const planSchema = z.object({
  // A sweeper of the release before says nothing of these.
  gas_wallet: gasWalletSchema.nullable().default(null),
  unsigned: z.array(z.object({ sweep_id: z.string(), reason: z.string() })).default([]),
  sweeps: z.array(sweepSchema),
  waiting: z.array(
    itemSchema.extend({
      reason: z.string(),
      failures: z.number().default(0),
      mined_failures: z.number().default(0),
      retry_at: z.string().nullable().default(null),
    }),
  ),
})
export type PlanAnswer = z.infer<typeof planSchema>

const refusedSchema = z.array(z.object({ address: z.string(), reason: z.string() }))

export const rescueSchema = z.union([
  z.object({ sweeps: z.null(), reason: z.enum(['no_contract', 'malformed_terms']) }),
  z.object({
    treasury: z.string(),
    asset: assetSchema,
    calls_itself: z.object({ symbol: z.string().nullable(), decimals: z.number().nullable() }).nullable(),
    sweeps: z.array(sweepSchema),
    refused: refusedSchema,
    sweep_ids: z.array(z.string()).default([]),
  }),
])
export type RescueAnswer = Exclude<z.infer<typeof rescueSchema>, { sweeps: null }>

/** An amount of the answers in units of its asset. */
export function inUnits(amountText: string, decimals: number): string {
  return formatUnits(amount(BigInt(amountText)), decimals)
}

/** Wei in units of native coin. */
export function inCoin(wei: string): string {
  return inUnits(wei, WEI_DECIMALS)
}
