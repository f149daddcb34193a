/** CPU milliseconds per unit of work, with telemetry and without, of one round. */
export interface Round {
  readonly on: number
  readonly off: number
}

export interface Comparison {
  readonly cpu_ms_on: number
  readonly cpu_ms_off: number
  /** The median over the rounds of each round's own ratio: what disturbs the machine disturbs both halves of a round. */
  readonly overhead: number
  readonly rounds: readonly Round[]
}

/** Measures in turns, each time in the other order, so that neither half always comes second. */
export async function compare(rounds: number, measure: (which: keyof Round) => Promise<number>): Promise<Comparison> {
  const measured: Round[] = []
  for (let round = 0; round < rounds; round++) {
    const order = round % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const)
    const values = { on: Number.NaN, off: Number.NaN }
    for (const which of order) values[which] = await measure(which)
    measured.push({ on: rounded(values.on), off: rounded(values.off) })
  }
  return {
    cpu_ms_on: median(measured.map(({ on }) => on)),
    cpu_ms_off: median(measured.map(({ off }) => off)),
    overhead: rounded(median(measured.map(({ on, off }) => on / off)) - 1),
    rounds: measured,
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  return rounded(sorted[Math.floor(sorted.length / 2)] ?? Number.NaN)
}

function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000
}
