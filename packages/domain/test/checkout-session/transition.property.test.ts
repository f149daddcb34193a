import fc from 'fast-check'
import { SESSION_EVENTS, valueEnough } from '../../src/checkout-session/session'
import { isOpenPayment } from '../../src/checkout-session/transition'
import { amountDue, type SessionPayment } from '../../src/checkout-session/value'
import type { Transfer } from '../../src/payment/payment'
import { rateAt, someSession } from './fixtures'
import { type Act, decideAgain, END, type Step, World } from './world'

const payment = fc.nat(19)
const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('choose' as const),
      asset: fc.constantFrom('USDC' as const, 'ETH' as const),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('minutes' as const), count: fc.integer({ min: 1, max: 30 }) }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('pay' as const),
      payment,
      percent: fc.constantFrom(1n, 33n, 50n, 90n, 99n, 100n, 101n, 300n),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('reorg' as const),
      depth: fc.integer({ min: 1, max: 30 }),
      includesAgain: fc.boolean(),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        'confirm' as const,
        'confirm' as const,
        'pass' as const,
        'accept' as const,
        'cancel' as const,
        'expire' as const,
      ),
      payment,
    }),
  },
)
const terms = fc.record({
  toleranceBps: fc.constantFrom(0, 100, 1000),
  latePolicy: fc.constantFrom('accept' as const, 'review' as const),
})

/** Runs random histories of a session to their end, and checks each step. */
function always(check: (step: Step) => void): void {
  fc.assert(
    fc.property(terms, fc.array(act, { maxLength: 30 }), (given, acts) => {
      const world = new World(someSession(given))
      for (const next of [...acts, ...END]) for (const step of world.apply(next)) check(step)
    }),
    { numRuns: 500 },
  )
}

/** Minor units times 10^40, so that parts of a unit count: the value told in another way than the code does. */
const SCALE = 10n ** 40n

function scaledValue(payments: readonly SessionPayment[], which: (transfer: Transfer) => boolean): bigint {
  let total = 0n
  for (const { payment, transfers } of payments) {
    for (const transfer of transfers) {
      const accepted = payment.latePolicy === 'accept' || payment.amountAccepted !== null
      const credited = transfer.status !== 'orphaned' && (transfer.inTime || accepted) && payment.status !== 'canceled'
      const { quote } = payment
      if (!credited || !which(transfer) || quote === null) continue
      const wasInTime = transfers.some((one) => one.txHash === transfer.txHash && one.blockTime <= quote.expiresAt)
      const rate = rateAt(payment.asset, transfer.blockTime)
      const units = 10n ** BigInt(payment.asset.decimals)
      total += wasInTime
        ? (transfer.amount * quote.amount * SCALE) / payment.amount
        : (transfer.amount * rate.numerator * 100n * SCALE) / (rate.denominator * units)
    }
  }
  return total
}

const isConfirmed = ({ status }: Transfer): boolean => status === 'confirmed' || status === 'final'
/** Rounding of the scaled value, far below what a base unit of any asset is worth. */
const CLOSE = 10n ** 6n

describe('in any history of a checkout session', () => {
  it('shows the value of canonical transfers at their quotes, or at the rates of their blocks', () => {
    always(({ after, payments }) => {
      const confirmed = scaledValue(payments, isConfirmed)
      const received = scaledValue(payments, () => true)
      expect(after.amountPaid).toBe((confirmed + CLOSE) / SCALE)
      expect(after.amountPaid + after.amountPending).toBe((received + CLOSE) / SCALE)
    })
  })

  it('is complete exactly while confirmed money is worth the price less its tolerance', () => {
    always(({ after, payments }) => {
      const isPaid = scaledValue(payments, isConfirmed) + CLOSE >= valueEnough(after) * SCALE
      expect(after.status === 'complete').toBe(isPaid)
      expect(after.completedAt !== null).toBe(isPaid)
    })
  })

  it('conserves value: paid, pending and due add up to the price, unless more was received', () => {
    always(({ after }) => {
      const received = after.amountPaid + after.amountPending
      const due = amountDue(after)
      const isOver = received > after.price.amount
      expect(received + due).toBe(isOver ? received : after.price.amount)
    })
  })

  it('moves along the table alone, and emits each move once, numbered without gaps', () => {
    always(({ before, after, outcome }) => {
      const { steps, events } = outcome.kind === 'changed' ? outcome : { steps: [], events: [] }
      let status = before.status
      for (const [n, { from, to }] of steps.entries()) {
        expect(from).toBe(status)
        expect(events[n]).toMatchObject({ type: SESSION_EVENTS[from][to], sequence: before.sequence + n + 1 })
        status = to
      }
      expect(after.status).toBe(status)
      expect(events).toHaveLength(steps.length)
      expect(after.sequence).toBe(before.sequence + steps.length)
    })
  })

  it('expires only after its end, while no payment is open', () => {
    always(({ before, after, payments, now }) => {
      if (before.status === 'expired' || after.status !== 'expired') return
      expect(now >= after.expiresAt).toBe(true)
      expect(payments.filter(isOpenPayment)).toEqual([])
    })
  })

  it('is reopened by a reorg alone', () => {
    always(({ act: { kind }, before, after }) => {
      if (before.status === 'complete' && after.status !== 'complete') expect(kind).toBe('reorg')
    })
  })

  it('is never open at the end of its time', () => {
    fc.assert(
      fc.property(terms, fc.array(act, { maxLength: 30 }), (given, acts) => {
        const world = new World(someSession(given))
        for (const next of [...acts, ...END]) world.apply(next)
        expect(world.session.status).not.toBe('open')
      }),
      { numRuns: 500 },
    )
  })

  it('changes nothing when it is decided again on the same payments', () => {
    always((step) => {
      if (step.now < step.after.expiresAt) expect(decideAgain(step)).toEqual({ kind: 'unchanged' })
    })
  })
})
