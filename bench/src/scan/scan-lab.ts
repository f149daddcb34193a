import { type Keccak256, loadKeccak256 } from '@ctrip/chain/blocks/keccak'
import { migrate } from '@ctrip/db/schema/migrate'
import { createTestDatabase } from '@ctrip/local-stack/test-database'
import { Client } from 'pg'
import { type Servers, startServers } from '../lab/servers'
import { type BlockSize, MAINNET_LIKE, makeChain, makeContent, type ReplayBlock } from './mainnet-like'
import { type ReplayServer, startReplay } from './replay-server'
import { type Scanner, startScanner } from './scanner-process'
import { addPayments } from './watched-addresses'

const CHAIN_ID = 31337
const TOKEN = `0x${'1'.repeat(40)}`
const TREASURY = '0x059c59067AA3981662840F624020395C5220fEd2'
const CONTENTS = 12
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

export interface ScanLabOptions {
  /** The chain's maximum length. */
  readonly blocks: number
  /** Default: like mainnet. */
  readonly size?: BlockSize
  /** Every n-th block pays an address of ours, in coin and in tokens. Its contents are unique and stay in memory. */
  readonly paysEvery?: number
  /** Additional settings of the scanner. */
  readonly environment?: Readonly<Record<string, string>>
  /** Servers shared with other labs. Default: the lab starts its own. */
  readonly servers?: Servers
}

export async function openScanLab(options: ScanLabOptions): Promise<ScanLab> {
  const servers = options.servers ?? (await startServers())
  const [database, keccak256] = await Promise.all([createTestDatabase(servers.postgresUrl), loadKeccak256()])
  await migrate(database.url)
  const [ours = ''] = await addPayments(database.url, { name: 'replay', id: CHAIN_ID }, 1)
  const blocks = replayChain(options, keccak256, ours)
  const replay = await startReplay(blocks, CHAIN_ID)
  const scanner = await startScanner({
    ...{ databaseUrl: database.url, natsUrl: servers.natsUrl, chain: chainOf(replay.url) },
    environment: options.environment ?? {},
  })
  const client = new Client({ connectionString: database.url })
  await client.connect()
  return {
    async cursor() {
      const { rows } = await client.query<{ cursor: number }>('SELECT cursor_number::int AS cursor FROM chain_state')
      return rows[0]?.cursor ?? -1
    },
    ...{ databaseUrl: database.url, keccak256, blocks, replay, scanner },
    async stop() {
      await client.end()
      await scanner.stop()
      await replay.stop()
      if (options.servers === undefined) await servers.stop()
    },
  }
}

/** Contents repeat, but payments to us are new each time, since a transaction is in a chain only once. */
function replayChain(options: ScanLabOptions, keccak256: Keccak256, ours: string): ReplayBlock[] {
  const { size = MAINNET_LIKE, paysEvery = PAYS_EVERY } = options
  const content = (pays: string | null) => makeContent({ keccak256, size, token: TOKEN, pays })
  const contents = Array.from({ length: CONTENTS }, () => content(null))
  return makeChain(keccak256, options.blocks, (number) => {
    const usual = contents[number % contents.length]
    return number % paysEvery === paysEvery - 1 || usual === undefined ? content(ours) : usual
  })
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
    ...{ confirmations: { depth: 3 }, finality: { depth: 64 }, treasury: TREASURY },
    native: { symbol: 'ETH', decimals: 18, min_sweep: '0' },
    tokens: [{ symbol: 'USDC', contract: TOKEN, decimals: 6, min_sweep: '0' }],
  }
}
