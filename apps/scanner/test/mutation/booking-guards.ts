import type { Guard } from './guards'

const MOVEMENTS = 'packages/domain/src/sweep/movements.ts'
const COMMON = { file: MOVEMENTS, test: 'sweep/movements', in: 'packages/domain' } as const

/** Of what the books say that a token moved. */
export const BOOKING_GUARDS: readonly Guard[] = [
  {
    ...COMMON,
    name: 'what left is by balance',
    present: 'return clamped(there - (total(gone) - own) - after, there)',
    absent: 'return clamped(own, there)',
  },
  {
    ...COMMON,
    name: 'no more left than was asked for',
    present: 'if (before === null || after === null) return clamped(own, requested)',
    absent: 'if (before === null || after === null) return clamped(own, own)',
  },
  {
    ...COMMON,
    name: 'what arrived is by the treasury',
    present: 'if (explains) return inProportion(came, left)',
    absent: '',
  },
  {
    ...COMMON,
    name: 'no more arrived than left',
    present: 'return left.map((most, at) => clamped(told[at] ?? 0n, most))',
    absent: 'return left.map((_, at) => clamped(told[at] ?? 0n, AMOUNT_MAX))',
  },
]
