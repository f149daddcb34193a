import { randomBytes } from 'node:crypto'
import { parseArgs } from 'node:util'
import { stopServers } from '../support/servers'
import { runSimulation, type SimulationResult } from './run-simulation'

/** `npm run simulate -- --sweeper --seconds S`: prints what it lived through, and exits 1 with the seed of each life that went wrong; `--seed` lives one again. */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { seconds: { type: 'string', default: '60' }, seed: { type: 'string' } } })
  const seconds = Number(values.seconds)
  if (!(seconds > 0)) {
    process.stderr.write('usage: simulate --sweeper --seconds S --seed TEXT\n')
    return 2
  }
  try {
    const lives = values.seed === undefined ? await livesFor(seconds) : [await runSimulation(values.seed)]
    const failures = lives.filter(({ discrepancies }) => discrepancies.length > 0)
    process.stdout.write(`${JSON.stringify({ ...sumUp(lives), failures }, null, 2)}\n`)
    return failures.length === 0 ? 0 : 1
  } finally {
    await stopServers()
  }
}

async function livesFor(seconds: number): Promise<SimulationResult[]> {
  const lives: SimulationResult[] = []
  const until = Date.now() + seconds * 1_000
  while (Date.now() < until) {
    const seed = randomBytes(6).toString('hex')
    process.stderr.write(`seed ${seed}\n`)
    lives.push(await runSimulation(seed))
  }
  return lives
}

function sumUp(lives: readonly SimulationResult[]) {
  const total = (what: 'payments' | 'takenBack' | 'batches' | 'crashes' | 'reorgs') =>
    lives.reduce((sum, life) => sum + life[what], 0)
  const [payments, takenBack, batches] = [total('payments'), total('takenBack'), total('batches')]
  return { lives: lives.length, payments, takenBack, batches, crashes: total('crashes'), reorgs: total('reorgs') }
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
