import { DatabaseUnavailableError } from '@ctrip/db/database/errors'
import type { NewPayment } from '@ctrip/db/payments/create-payments'
import { addressFromBytes } from '@ctrip/domain/address'
import { paymentWriter } from '../src/payment-writer'
import { somePayment } from './support/some-payment'

function some(reference: string): NewPayment {
  const payment = somePayment({ reference, address: addressFromBytes(new Uint8Array(20)) })
  const { merchantId, id, sequence, traceAnchor } = payment
  const draft = { type: 'payment.created' as const, merchantId, subject: id, sequence, traceAnchor, data: {} }
  const created = { draft, traceparent: traceAnchor }
  return { payment, address: { wallet: 'w', index: 0 }, actor: 'key', created, answer: null }
}

const references = (batch: readonly NewPayment[]) => batch.map(({ payment }) => payment.reference)

it('writes together what is asked for at the same time', async () => {
  const batches: unknown[] = []
  const writer = paymentWriter(async (batch) => {
    batches.push(references(batch))
    return batch.map(({ payment }) => payment.reference !== 'b')
  })
  const written = await Promise.all(['a', 'b', 'c'].map((reference) => writer.write(some(reference))))
  expect(written).toEqual([true, false, true])
  expect(batches).toEqual([['a', 'b', 'c']])
})

it('never has more than 64 in a batch, nor more than two batches on their way', async () => {
  let inFlight = 0
  const sizes: number[] = []
  const writer = paymentWriter(async (batch) => {
    expect(++inFlight).toBeLessThanOrEqual(2)
    sizes.push(batch.length)
    await new Promise((resolve) => setTimeout(resolve, 5))
    inFlight--
    return batch.map(() => true)
  })
  await Promise.all(Array.from({ length: 300 }, (_, n) => writer.write(some(String(n)))))
  expect(sizes).toEqual([64, 64, 64, 64, 44])
})

it('fails the one that cannot be written, and not its neighbours', async () => {
  const writer = paymentWriter(async (batch) => {
    if (references(batch).includes('bad')) throw new Error('refused')
    return batch.map(() => true)
  })
  const results = await Promise.allSettled(['a', 'bad', 'c'].map((reference) => writer.write(some(reference))))
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
})

it('tries nothing twice while Postgres is away, and keeps nobody waiting for a turn', async () => {
  let tries = 0
  const writer = paymentWriter(async () => {
    tries++
    throw new DatabaseUnavailableError('away')
  })
  const results = await Promise.allSettled(Array.from({ length: 300 }, (_, n) => writer.write(some(String(n)))))
  expect([new Set(results.map(({ status }) => status)), tries]).toEqual([new Set(['rejected']), 2])
})
