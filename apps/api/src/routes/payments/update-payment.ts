import type { Executor } from '@ctrip/db/database/database'
import { findPayment } from '@ctrip/db/payments/payment-lists'
import { databaseTime, editNotes, recordRequest } from '@ctrip/db/payments/payment-requests'
import type { PaymentId } from '@ctrip/domain/ids'
import type { Payment } from '@ctrip/domain/payment/payment'
import { renderPayment } from '@ctrip/domain/payment/view'
import { z } from 'zod'
import { endpoint, type MerchantCaller } from '../../http/endpoint'
import { invalid, notFound, Problem } from '../../http/problem'
import { noQuery } from '../../schemas/list'
import { metadata } from '../../schemas/metadata'
import { paymentSchema } from '../../schemas/payment'
import { moment, text } from '../../schemas/text'
import { type ChangePaymentDeps, changePayment } from './change-payment'
import { paymentParams } from './payment-params'

const EXPIRES_IN_DAYS_MAX = 7
const DAY_MS = 86_400_000

const body = z
  .strictObject({
    metadata: metadata
      .optional()
      .meta({ description: 'These keys are set, others stay; a key with an empty value is removed.' }),
    reference: text(255).nullish(),
    expires_at: moment()
      .optional()
      .meta({ description: 'Later than before, at most 7 days from now; while `pending` or `partially_paid`.' }),
  })
  .meta({ id: 'UpdatePayment' })

export const updatePayment = endpoint(
  {
    operation: 'updatePayment',
    method: 'patch',
    path: '/api/v1/payments/:id',
    access: 'merchant',
    scope: 'payments:write',
    audited: true,
    tag: 'Payments',
    summary: 'Change your notes on a payment, or move its expiry',
    subject: 'payment',
    params: paymentParams,
    query: noQuery,
    body,
    status: 200,
    result: paymentSchema,
    refusals: [404, 409],
  },
  async (deps: ChangePaymentDeps, { caller, params: { id }, body: changes, db }) => {
    const found = await findPayment(db, caller.merchantId, id)
    if (found === null) return notFound('payment')
    const notes = notesOf(found.payment, changes)
    if (notes instanceof Problem) return notes
    const extended = await extend(deps, { db, caller, id, until: changes.expires_at })
    if (extended instanceof Problem) return extended
    if (notes !== null) {
      await editNotes(db, id, notes)
      await recordRequest(db, id, { kind: 'edit' }, caller.keyId)
    }
    const after = (await findPayment(db, caller.merchantId, id)) ?? found
    const view = renderPayment(after.payment, after.transfers, after.chain.headNumber)
    return { ...extended, body: view, log: { payment_id: id } }
  },
)

interface Extension {
  readonly db: Executor
  readonly caller: MerchantCaller
  readonly id: PaymentId
  readonly until: Date | undefined
}

async function extend(deps: ChangePaymentDeps, { db, caller, id, until }: Extension) {
  if (until === undefined) return null
  const objection = await objectionTo(db, until)
  if (objection !== null) return invalid('expires_at', 'validation_failed', objection)
  return changePayment(deps, {
    ...{ db, caller, id },
    fact: () => ({ kind: 'extension_asked', expiresAt: until }),
    request: { kind: 'extend', expiresAt: until },
  })
}

/** The columns to write; null if there are none. */
function notesOf(
  { metadata: before }: Payment,
  { metadata: given, reference }: z.output<typeof body>,
): { metadata?: Record<string, string>; reference?: string | null } | Problem | null {
  if (given === undefined && reference === undefined) return null
  const merged = Object.entries({ ...before, ...given }).filter(([key]) => given?.[key] !== '')
  const checked = metadata.safeParse(Object.fromEntries(merged))
  if (!checked.success)
    return invalid('metadata', 'validation_failed', checked.error.issues[0]?.message ?? 'Too many keys.')
  return {
    ...(given === undefined ? {} : { metadata: checked.data }),
    ...(reference === undefined ? {} : { reference }),
  }
}

async function objectionTo(db: Executor, until: Date): Promise<string | null> {
  const now = await databaseTime(db)
  if (until <= now) return 'Must be in the future.'
  return until.getTime() > now.getTime() + EXPIRES_IN_DAYS_MAX * DAY_MS ? 'Must be at most 7 days from now.' : null
}
