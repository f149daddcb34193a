import { Client } from 'pg'
import { round } from './lab/statistics'
import { untilAt } from './scan/measure-scan'
import { openScanLab, type ScanLab } from './scan/scan-lab'
import { watchAddresses } from './scan/watched-addresses'

const BLOCKS = 10_000
const EARLY_BLOCKS = 1_000
/** Like a busy layer 2, where 10,000 blocks are some hours. */
const SIZE = { transactions: 30, logs: 100 }
const PAYS_EVERY = 100
const ADDRESSES = 100_000

/** Catches up with 10,000 blocks: checks their order, the memory and the scanner's own metrics. */
export async function run(): Promise<object> {
  const options = { blocks: 2 + BLOCKS, size: SIZE, paysEvery: PAYS_EVERY, environment: { LOG_LEVEL: 'info' } }
  const lab = await openScanLab(options)
  try {
    await watchAddresses(lab.databaseUrl, ADDRESSES)
    lab.replay.head = 1
    const begun = await untilAt(lab, 1)
    lab.replay.head += BLOCKS
    const first = await untilAt(lab, begun.cursor + 1)
    const early = await untilAt(lab, begun.cursor + EARLY_BLOCKS)
    const end = await untilAt(lab, begun.cursor + BLOCKS)
    const seconds = (end.at - first.at) / 1_000
    const told = lab.scanner.logged('scanner.catching_up')
    return {
      ...{ blocks: BLOCKS, transactions_per_block: SIZE.transactions, logs_per_block: SIZE.logs },
      ...{ seconds: round(seconds, 2), blocks_per_second: round((end.cursor - first.cursor) / seconds, 2) },
      peak_memory_mb: { first_thousand_blocks: megabytes(early.peakBytes), all: megabytes(end.peakBytes) },
      ...(await recorded(lab)),
      progress: { lines: told.length, third: progress(told[2]), last: progress(told.at(-1)) },
    }
  } finally {
    await lab.stop()
  }
}

/** Each block is committed on top of its parent, by hash: as many commits as blocks without a reorg prove order without gaps. */
async function recorded({ databaseUrl, scanner }: ScanLab): Promise<object> {
  const client = new Client({ connectionString: databaseUrl })
  await client.connect()
  try {
    const { rows } = await client.query<{ count: number }>('SELECT count(*)::int FROM transfers')
    return {
      blocks_committed: await scanner.metric('ctrip_blocks_scanned_total'),
      reorgs: await scanner.metric('ctrip_reorgs_total'),
      transfers: { recorded: rows[0]?.count, paid: 2 * Math.floor((2 + BLOCKS) / PAYS_EVERY) },
    }
  } finally {
    await client.end()
  }
}

function progress(line: Readonly<Record<string, unknown>> = {}): object {
  const { done, total, blocks_per_second, eta_seconds } = line
  return { done, total, blocks_per_second, eta_seconds }
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 2 ** 20)
}
