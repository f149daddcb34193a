import { setTimeout as sleep } from 'node:timers/promises'
import { migrate } from '@ctrip/db/schema/migrate'
import { startAnvil } from '@ctrip/local-stack/anvil'
import { localProvider } from '@ctrip/local-stack/local-provider'
import { NonceManager, Wallet } from 'ethers'
import { connect } from 'nats'
import { startServers } from './lab/servers'
import { percentile, round } from './lab/statistics'
import { startScanner } from './scan/scanner-process'
import { addPayments, watchAddresses } from './scan/watched-addresses'

const PAYMENTS = 200
const PAYMENTS_PER_SECOND = 5
const WAIT_MS_MAX = 30_000
const CHAIN = { name: 'anvil', id: 31337 }
const TREASURY = '0x059c59067AA3981662840F624020395C5220fEd2'

interface Detected {
  readonly at: number
  readonly blockNumber: number
}

/** From a block being mined (Anvil's own `newHeads`) to `payment.detected` on NATS, over 200 payments at 1 s blocks. */
export async function run(): Promise<object> {
  const [servers, anvil] = await Promise.all([startServers(), startAnvil({ blockTime: 1 })])
  const { postgresUrl: databaseUrl, natsUrl } = servers
  await migrate(databaseUrl)
  const addresses = await addPayments(databaseUrl, CHAIN, PAYMENTS)
  await watchAddresses(databaseUrl, PAYMENTS)
  const scanner = await startScanner({ databaseUrl, natsUrl, chain: chainOf(anvil.url) })
  const mined = minedAt(anvil.url)
  const detected = await listen(natsUrl)
  try {
    while ((await scanner.metric('ctrip_scan_cursor_block').catch(() => 0)) === 0) await sleep(100)
    await payAll(anvil, addresses)
    const until = performance.now() + WAIT_MS_MAX
    while (detected.all.length < PAYMENTS && performance.now() < until) await sleep(100)
    const delays = detected.all.map(({ at, blockNumber }) => at - (mined.blocks.get(blockNumber) ?? Number.NaN))
    return figures(delays)
  } finally {
    mined.stop()
    await detected.stop()
    await scanner.stop()
    await Promise.all([servers.stop(), anvil.stop()])
  }
}

async function payAll(anvil: { url: string; fundedPrivateKey: string }, addresses: readonly string[]): Promise<void> {
  const provider = localProvider(anvil.url)
  const payer = new NonceManager(new Wallet(anvil.fundedPrivateKey, provider))
  for (const to of addresses) {
    await payer.sendTransaction({ to, value: 1n })
    await sleep(1000 / PAYMENTS_PER_SECOND)
  }
  provider.destroy()
}

function minedAt(url: string) {
  const blocks = new Map<number, number>()
  const socket = new WebSocket(url.replace(/^http/, 'ws'))
  socket.addEventListener('open', () =>
    socket.send(JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: ['newHeads'] })),
  )
  socket.addEventListener('message', ({ data }) => {
    const { params } = JSON.parse(String(data)) as { params?: { result: { number: string } } }
    if (params !== undefined) blocks.set(Number(params.result.number), performance.now())
  })
  return { blocks, stop: () => socket.close() }
}

async function listen(url: string) {
  const all: Detected[] = []
  const connection = await connect({ servers: url })
  connection.subscribe('payment.detected', {
    callback: (_error, message) => {
      const at = performance.now()
      const event = message.json<{ data: { payment: { transfers: { block_number: number }[] } } }>()
      all.push({ at, blockNumber: event.data.payment.transfers[0]?.block_number ?? -1 })
    },
  })
  return { all, stop: () => connection.close() }
}

function figures(delays: readonly number[]) {
  const at = (share: number) => round(percentile(delays, share), 2)
  return { payments: delays.length, p50_ms: at(0.5), p95_ms: at(0.95), p99_ms: at(0.99), max_ms: at(1) }
}

function chainOf(url: string) {
  return {
    ...{ name: CHAIN.name, chain_id: CHAIN.id, block_time_ms: 1_000 },
    providers: [{ name: 'local', http: url, ws: url.replace(/^http/, 'ws') }],
    ...{ confirmations: { depth: 3 }, finality: { depth: 64 }, treasury: TREASURY },
    native: { symbol: 'ETH', decimals: 18, min_sweep: '0' },
    tokens: [],
  }
}
