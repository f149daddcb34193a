import { median, round } from '../lab/statistics'

/** CPU milliseconds per unit of work, with telemetry and without, of one round. */
export interface Round {
  readonly on: number
  readonly off: number
}

export interface Comparison {
  readonly cpu_ms_on: number
  readonly cpu_ms_off: number
  /** The median of the rounds' ratios, because other load affects both halves of a round. */
  readonly overhead: number
  readonly rounds: readonly Round[]
}

/** Measures in turns, each time in the other order, so that neither half always comes second. */
export async function compare(rounds: number, measure: (which: keyof Round) => Promise<number>): Promise<Comparison> {
  const measured: Round[] = []
  for (let turn = 0; turn < rounds; turn++) {
    const order = turn % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const)
    const values = { on: Number.NaN, off: Number.NaN }
    for (const which of order) values[which] = await measure(which)
    measured.push({ on: round(values.on, 3), off: round(values.off, 3) })
  }
  return {
    cpu_ms_on: median(measured.map(({ on }) => on)),
    cpu_ms_off: median(measured.map(({ off }) => off)),
    overhead: round(median(measured.map(({ on, off }) => on / off)) - 1, 3),
    rounds: measured,
  }
}
