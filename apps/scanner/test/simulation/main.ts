import { parseArgs } from 'node:util'
import { openLedger } from '../support/ledger'
import { stopServers } from '../support/servers'
import { simulate } from './simulate'

/** `npm run simulate -- --seconds S --seed N`: prints what it reached, and exits 1 with the seed of an episode that failed. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } } })
  const seconds = Number(values.seconds)
  const seed = values.seed === undefined ? Date.now() % 1_000_000_000 : Number(values.seed)
  if (!(seconds > 0) || !Number.isSafeInteger(seed)) {
    process.stderr.write('usage: simulate --seconds S --seed N\n')
    return 2
  }
  const ledger = await openLedger()
  try {
    const report = await simulate(ledger, { seed, seconds })
    process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
    return report.failures.length === 0 ? 0 : 1
  } finally {
    await ledger.close()
    await stopServers()
  }
}

// npm's process passes signals, and its own end, on over IPC.
for (const event of ['message', 'disconnect']) process.once(event, () => process.exit(130))

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${String(error instanceof Error ? error.stack : error)}\n`)
    process.exit(1)
  },
)
