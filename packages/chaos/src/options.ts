import { parseArgs } from 'node:util'

export interface ChaosOptions {
  readonly minutes: number
  readonly seed: string
  /** Payments created a second. */
  readonly rate: number
  readonly replicas: number
  /** Keep the data folder, with the logs of every process. */
  readonly keep: boolean
}

export const USAGE =
  'usage: npm run chaos -- [--minutes M] [--seed N] [--rate PAYMENTS_PER_SECOND] [--replicas R] [--keep]'

/** Reads the command line. Returns null if it is invalid. */
export function readOptions(args: readonly string[]): ChaosOptions | null {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        minutes: { type: 'string', default: '3' },
        seed: { type: 'string', default: String(Date.now() % 1_000_000) },
        rate: { type: 'string', default: '3' },
        replicas: { type: 'string', default: '2' },
        keep: { type: 'boolean', default: false },
      },
    })
    const numbers = { minutes: Number(values.minutes), rate: Number(values.rate), replicas: Number(values.replicas) }
    const positive = Object.values(numbers).every((number) => number > 0)
    return positive ? { ...numbers, seed: values.seed, keep: values.keep } : null
  } catch {
    return null // parseArgs throws on unknown options
  }
}
