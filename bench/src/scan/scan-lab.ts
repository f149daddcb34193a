import { type Keccak256, loadKeccak256 } from '@ctrip/chain/blocks/keccak'
import { migrate } from '@ctrip/db/schema/migrate'
import { startNats } from '@ctrip/local-stack/nats'
import { startPostgres } from '@ctrip/local-stack/postgres'
import { Client } from 'pg'
import { type Content, makeChain, makeContent, type ReplayBlock } from './mainnet-like'
import { type ReplayServer, startReplay } from './replay-server'
import { type Scanner, startScanner } from './scanner-process'
import { addPayments } from './watched-addresses'

const CHAIN_ID = 31337
const TOKEN = `0x${'1'.repeat(40)}`
const CONTENTS = 12
/** One block in so many pays an address of ours, in coin and in tokens. */
const PAYS_EVERY = 10

/** A chain like mainnet, replayed to a real scanner with a real database. */
export interface ScanLab {
  readonly databaseUrl: string
  readonly keccak256: Keccak256
  readonly blocks: readonly ReplayBlock[]
  readonly replay: ReplayServer
  readonly scanner: Scanner
  /** The newest block committed; -1 before the first. */
  cursor(): Promise<number>
  stop(): Promise<void>
}

export async function openScanLab(
  length: number,
  environment: Readonly<Record<string, string>> = {},
): Promise<ScanLab> {
  const [postgres, nats, keccak256] = await Promise.all([
    startPostgres({ durable: true }),
    startNats(),
    loadKeccak256(),
  ])
  await migrate(postgres.url)
  const [ours = ''] = await addPayments(postgres.url, { name: 'replay', id: CHAIN_ID }, 1)
  const contents = Array.from({ length: CONTENTS }, () => makeContent({ keccak256, token: TOKEN, pays: null }))
  const blocks = makeChain(keccak256, length, (number) =>
    contentAt(contents, number, () => makeContent({ keccak256, token: TOKEN, pays: ours })),
  )
  const replay = await startReplay(blocks)
  const scanner = await startScanner({
    ...{ databaseUrl: postgres.url, natsUrl: nats.url, chain: chainOf(replay.url) },
    environment,
  })
  const client = new Client({ connectionString: postgres.url })
  await client.connect()
  return {
    async cursor() {
      const { rows } = await client.query<{ cursor: number }>('SELECT cursor_number::int AS cursor FROM chain_state')
      return rows[0]?.cursor ?? -1
    },
    ...{ databaseUrl: postgres.url, keccak256, blocks, replay, scanner },
    async stop() {
      await client.end()
      await scanner.stop()
      await Promise.all([replay.stop(), postgres.stop(), nats.stop()])
    },
  }
}

/** Contents come round and round; what pays us is new each time, since a transaction is in a chain once. */
function contentAt(contents: readonly Content[], number: number, paying: () => Content): Content {
  const content = contents[number % contents.length]
  return number % PAYS_EVERY === PAYS_EVERY - 1 || content === undefined ? paying() : content
}

function chainOf(url: string) {
  return {
    ...{
      name: 'replay',
      chain_id: CHAIN_ID,
      start_block: 1,
      block_time_ms: 1_000,
      verify: 'proof',
      internal_transfers: 'none',
    },
    providers: [{ name: 'replay', http: url }],
    ...{ confirmations: { depth: 3 }, finality: { depth: 64 }, treasury: `0x${'2'.repeat(40)}` },
    native: { symbol: 'ETH', decimals: 18, min_sweep: '0' },
    tokens: [{ symbol: 'USDC', contract: TOKEN, decimals: 6, min_sweep: '0' }],
  }
}
