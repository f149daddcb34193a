/** The aim of a benchmark: a figure of its result, by its path, and a bound. */
export interface Aim {
  readonly bench: string
  readonly figure: string
  readonly atLeast?: number
  readonly atMost?: number
}

const AIMS: readonly Aim[] = [
  { bench: 'api', figure: 'ratio', atLeast: 0.5 },
  { bench: 'scan', figure: 'blocks_per_second', atLeast: 40 },
  { bench: 'scan', figure: 'cpu_ms_per_block', atMost: 25 },
  { bench: 'scan', figure: 'rpc_calls_per_block', atMost: 2 },
  { bench: 'match', figure: 'ratio_10m_to_1k', atMost: 2 },
  { bench: 'detection', figure: 'p50_ms', atMost: 50 },
  { bench: 'detection', figure: 'p95_ms', atMost: 150 },
  { bench: 'webhooks', figure: 'deliveries_per_second', atLeast: 2_000 },
  { bench: 'webhooks', figure: 'ratio_to_bare', atLeast: 0.35 },
  { bench: 'webhooks', figure: 'commit_to_first_attempt_ms.p99', atMost: 250 },
  { bench: 'webhooks', figure: 'with_one_hanging_ms.p99_ratio', atMost: 1.2 },
  { bench: 'webhooks', figure: 'connection_reuse', atLeast: 0.99 },
  { bench: 'webhooks', figure: 'peak_memory_mb', atMost: 250 },
  { bench: 'sweep-gas', figure: 'token_at_100.first_to_floor', atMost: 1.08 },
  { bench: 'sweep-gas', figure: 'token_at_100.again_to_floor', atMost: 1.2 },
  { bench: 'sweep-gas', figure: 'token_at_100.first_to_top_up', atMost: 0.6 },
  { bench: 'sweep-gas', figure: 'token_at_100.again_to_top_up', atMost: 0.2 },
  { bench: 'sweep-gas', figure: 'many.failures', atMost: 0 },
  { bench: 'telemetry', figure: 'api_request.overhead', atMost: 0.1 },
  { bench: 'telemetry', figure: 'webhook_delivery.overhead', atMost: 0.1 },
  { bench: 'telemetry', figure: 'scanned_block.overhead', atMost: 0.1 },
  { bench: 'load', figure: 'payments_per_second', atLeast: 100 },
  { bench: 'load', figure: 'block_to_webhook_p95_ms_at_half_load', atMost: 1_000 },
  { bench: 'load', figure: 'cpu_ms_per_payment', atMost: 20 },
]

export interface Verdict {
  readonly figure: string
  readonly aim: string
  /** Null if it was not measured; then the aim does not hold. */
  readonly measured: number | null
  readonly holds: boolean
}

/** The verdict on one benchmark's aims. */
export function judge(bench: string, result: object | undefined, aims: readonly Aim[] = AIMS): Verdict[] {
  const own = aims.filter((aim) => aim.bench === bench)
  return own.map((aim) => {
    const measured = figureOf(result, aim.figure)
    return { figure: aim.figure, aim: boundOf(aim), measured, holds: holds(aim, measured) }
  })
}

/** One line per aim: the bound, the measured figure, and whether it holds. */
export function renderTable(results: Readonly<Record<string, object>>, aims: readonly Aim[] = AIMS): string {
  const benches = [...new Set(aims.map(({ bench }) => bench))]
  const rows = benches.flatMap((bench) =>
    judge(bench, results[bench], aims).map(({ figure, aim, measured, holds }) => [
      ...[bench, figure, aim, String(measured ?? 'not measured')],
      holds ? 'holds' : 'MISSED',
    ]),
  )
  const widths = [0, 1, 2, 3].map((column) => Math.max(...rows.map((row) => (row[column] ?? '').length)))
  return rows.map((row) => row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')).join('\n')
}

function holds({ atLeast = -Infinity, atMost = Infinity }: Aim, value: number | null): boolean {
  return value !== null && value >= atLeast && value <= atMost
}

function boundOf({ atLeast, atMost }: Aim): string {
  return atLeast === undefined ? `≤ ${atMost}` : `≥ ${atLeast}`
}

function figureOf(result: unknown, path: string): number | null {
  const found = path
    .split('.')
    .reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], result)
  return typeof found === 'number' ? found : null
}
