import fc from 'fast-check'
import type { Payment, Transfer } from '../../src/payment/payment'
import { counts, wasIncludedBy } from '../../src/payment/received'
import { STAGE_EVENTS } from '../../src/payment/stages'
import { transition } from '../../src/payment/transition'
import { AFTER_EXPIRY, type AT_EXPIRY, BEFORE_EXPIRY, ETH, NOW, somePayment, someTransfer } from './fixtures'
import { type Act, canonicalSum, type Step, World } from './world'

const units = fc.constantFrom(1n, 39n, 40n, 60n, 95n, 100n, 106n, 250n)
const terms = fc.record({
  toleranceBps: fc.constantFrom(0, 500, 1000),
  latePolicy: fc.constantFrom('accept' as const, 'review' as const),
})
const act: fc.Arbitrary<Act> = fc.oneof(
  fc.record({ kind: fc.constant('blocks' as const), count: fc.integer({ min: 1, max: 8 }) }),
  fc.record({
    kind: fc.constant('money' as const),
    units,
    asset: fc.constantFrom('right' as const, 'right' as const, 'wrong' as const),
    funding: fc.integer({ min: 0, max: 5 }).map((n) => n === 0),
  }),
  fc.record({
    kind: fc.constant('reorg' as const),
    depth: fc.integer({ min: 1, max: 12 }),
    includesAgain: fc.boolean(),
  }),
  fc.record({
    kind: fc.constantFrom(
      'confirm' as const,
      'collect' as const,
      'accept' as const,
      'cancel' as const,
      'extend' as const,
    ),
  }),
)

/** Lives a payment's life, and asks `check` about each of its steps. */
function always(check: (step: Step, world: World) => void): void {
  fc.assert(
    fc.property(terms, fc.array(act, { maxLength: 25 }), (given, acts) => {
      const world = new World(somePayment(given))
      for (const next of acts) for (const step of world.apply(next)) check(step, world)
    }),
    { numRuns: 1_000 },
  )
}

describe('in any life of a payment', () => {
  it('every step is a row of the table, and begins where the last one ended', () => {
    always(({ before, after, outcome }) => {
      let at = before.status
      for (const { from, to } of outcome.kind === 'changed' ? outcome.steps : []) {
        expect(from).toBe(at)
        expect(STAGE_EVENTS[from][to]).toBeDefined()
        at = to
      }
      expect(after.status).toBe(at)
    })
  })

  it('events are numbered without gaps', () => {
    always(({ before, after, outcome }) => {
      const events = outcome.kind === 'changed' ? outcome.events : []
      expect(events.map(({ sequence }) => sequence)).toEqual(events.map((_, n) => before.sequence + 1 + n))
      expect(after.sequence).toBe(before.sequence + events.length)
    })
  })

  it('what is received never exceeds what is on the chain, nor confirmed what is received', () => {
    always(({ after, transfers }) => {
      expect(after.amountConfirmed >= 0n).toBe(true)
      expect(after.amountReceived >= after.amountConfirmed).toBe(true)
      expect(canonicalSum(transfers) >= after.amountReceived).toBe(true)
    })
  })

  it('canceled is left only by money that the merchant accepts, or that was in time after all', () => {
    always(({ act, before, after, transfers }) => {
      if (before.status !== 'canceled' || after.status === 'canceled') return
      expect(act.kind === 'accept' || cameInTimeForCancel(after, transfers).length > 0).toBe(true)
    })
  })

  it('no payment is canceled that holds money from before its cancellation was asked for', () => {
    always(({ after, transfers }) => {
      if (after.status === 'canceled') expect(cameInTimeForCancel(after, transfers)).toEqual([])
    })
  })

  it('what the merchant accepted carries the payment on, as long as it is there', () => {
    always(({ after }) => {
      if (after.amountAccepted === null || after.amountReceived < after.amountAccepted) return
      expect(['detected', 'confirmed', 'settled']).toContain(after.status)
    })
  })

  it('each inclusion of a transfer is told by itself at most as unmatched, then confirmed, then gone', () => {
    fc.assert(
      fc.property(terms, fc.array(act, { maxLength: 25 }), (given, acts) => {
        const stories = new Map<string, string>()
        const world = new World(somePayment(given))
        for (const { outcome } of acts.flatMap((next) => world.apply(next)))
          for (const { type, data } of outcome.kind === 'changed' ? outcome.events : []) {
            if (!type.startsWith('transfer.')) continue
            const { id } = data['transfer'] as { id: string }
            stories.set(id, `${stories.get(id) ?? ''}${type.slice('transfer.'.length)} `)
          }
        for (const story of stories.values()) expect(story).toMatch(/^(unmatched )?(confirmed )?(reorged )?$/)
      }),
      { numRuns: 1_000 },
    )
  })

  it('what was told as unmatched is told again once it is confirmed, or has left the chain', () => {
    fc.assert(
      fc.property(terms, fc.array(act, { maxLength: 25 }), (given, acts) => {
        const open = new Set<string>()
        const world = new World(somePayment(given))
        const end: Act[] = [{ kind: 'confirm' }]
        for (const { outcome } of [...acts, ...end].flatMap((next) => world.apply(next)))
          for (const { type, data } of outcome.kind === 'changed' ? outcome.events : []) {
            if (type === 'transfer.unmatched') open.add((data['transfer'] as { id: string }).id)
            // A payment that goes on after all tells of its money by its own stages.
            else if (type.startsWith('transfer.')) open.delete((data['transfer'] as { id: string }).id)
            else if (type === 'payment.detected') open.clear()
          }
        expect([...open]).toEqual([])
      }),
      { numRuns: 1_000 },
    )
  })

  it('settled is left only by a reorg, which is told', () => {
    always(({ before, after, outcome }) => {
      if (before.status !== 'settled' || after.status === 'settled') return
      const events = outcome.kind === 'changed' ? outcome.events : []
      expect(events.map(({ type }) => type)).toContain('payment.reorged')
      expect(after.flags).toContain('reorged')
    })
  })

  it('the same fact told again changes nothing', () => {
    always((step, world) => {
      const again = world.tell(step.act, { kind: 'chain_advanced' })
      expect(again.outcome).toEqual({ kind: 'unchanged' })
    })
  })

  it('a stage has a time exactly while the payment has reached it', () => {
    always(({ after: { status, detectedAt, confirmedAt, settledAt } }) => {
      expect(detectedAt !== null).toBe(['detected', 'confirmed', 'settled'].includes(status))
      expect(confirmedAt !== null).toBe(['confirmed', 'settled'].includes(status))
      expect(settledAt !== null).toBe(status === 'settled')
    })
  })

  it('every step forward is told by its own event, and a step back by one `payment.reorged`', () => {
    always(({ outcome }) => {
      if (outcome.kind !== 'changed') return
      const due = outcome.steps.map(({ from, to }) => STAGE_EVENTS[from][to])
      const told = outcome.events.map(({ type }) => type).filter((type) => type !== 'payment.reorged')
      expect(told).toEqual(expect.arrayContaining(due.filter((type) => type !== 'payment.reorged')))
      const reorged = outcome.events.filter(({ type }) => type === 'payment.reorged').length
      expect(reorged).toBeLessThanOrEqual(1)
      if (due.includes('payment.reorged')) expect(reorged).toBe(1)
    })
  })
})

function cameInTimeForCancel(payment: Payment, transfers: readonly Transfer[]): readonly Transfer[] {
  const { cancelRequestedAt } = payment
  if (cancelRequestedAt === null) return []
  return transfers.filter(
    (transfer) => counts(payment, transfer) && transfer.inTime && wasIncludedBy(transfer, transfers, cancelRequestedAt),
  )
}

/** A transfer as it stands in the end; late ones come only after expiry. */
const transfer = fc
  .record({
    units,
    late: fc.boolean(),
    asset: fc.constantFrom('right' as const, 'right' as const, 'wrong' as const),
    state: fc.constantFrom('included' as const, 'confirmed' as const, 'collected' as const, 'orphaned' as const),
  })
  .map(({ units, late, asset, state }) =>
    someTransfer(units, {
      inTime: !late,
      status: state === 'collected' ? 'final' : state,
      collected: state === 'collected',
      ...(asset === 'wrong' ? { asset: ETH } : {}),
    }),
  )

it('where a payment ends depends on its transfers and the chain, not on the order in which they were told', () => {
  const scenario = fc.array(transfer, { maxLength: 6 }).chain((transfers) =>
    fc.record({
      transfers: fc.constant(transfers),
      oneOrder: fc.shuffledSubarray(transfers, { minLength: transfers.length }),
      otherOrder: fc.shuffledSubarray(transfers, { minLength: transfers.length }),
      given: terms,
    }),
  )
  fc.assert(
    fc.property(scenario, ({ oneOrder, otherOrder, given }) => {
      const payment = somePayment(given)
      expect(endOf(payment, oneOrder)).toEqual(endOf(payment, otherOrder))
    }),
    { numRuns: 2_000 },
  )
})

/** Tells the transfers one by one: those in time before expiry as long as no late one came, and the end of time at last. */
function endOf(start: Payment, order: readonly Transfer[]) {
  let payment = start
  const known: Transfer[] = []
  for (const next of order) {
    known.push(next)
    const view = known.every(({ inTime }) => inTime) ? BEFORE_EXPIRY : AFTER_EXPIRY
    payment = told(
      payment,
      known,
      { kind: 'transfers_changed', appeared: [next.id], reappeared: [], orphaned: [] },
      view,
    )
  }
  const { status, flags, amountReceived, amountConfirmed } = told(
    payment,
    known,
    { kind: 'chain_advanced' },
    AFTER_EXPIRY,
  )
  return { status, flags, amountReceived, amountConfirmed }
}

function told(
  payment: Payment,
  transfers: readonly Transfer[],
  fact: Parameters<typeof transition>[1],
  view: typeof AT_EXPIRY,
): Payment {
  const outcome = transition({ payment, transfers }, fact, view, NOW)
  return outcome.kind === 'changed' ? outcome.payment : payment
}
