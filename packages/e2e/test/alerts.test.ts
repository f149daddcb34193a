import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import { Client } from 'pg'
import { type Gateway, startGateway } from './support/gateway'
import { type Prometheus, startPrometheus } from './support/prometheus'

const COIN = 10n ** 15n
const TIMEOUT_MS = 40_000

describe('alerts, provoked for real', () => {
  let gateway: Gateway
  let prometheus: Prometheus
  let hanging: HangingReceiver

  beforeAll(async () => {
    gateway = await startGateway()
    prometheus = await startPrometheus(gateway.descriptor().services, inSeconds)
    hanging = await startHangingReceiver()
    // Ten attempts in a row must run into their time limit of 15 s: they do while the other alerts are tried.
    await gateway.api.createEndpoint(hanging.url, ['payment.created'])
    for (let n = 0; n < 12; n++) await gateway.create('ETH', COIN)
    await untilFiring('Watchdog')
    await untilResolved('GasWalletLow')
    await setGasWallet(10n ** 16n) // noticed while the other alerts are tried
  }, 180_000)

  afterAll(async () => {
    await hanging.stop()
    await prometheus.stop()
    await gateway.stop()
  }, 60_000)

  it('a scanner that stands still is stale and down, until it goes on', async () => {
    await untilResolved('ScannerStale', 'ServiceDown')
    const { pid } = gateway.descriptor().services.scanner
    process.kill(pid, 'SIGSTOP')
    try {
      await untilFiring('ScannerStale', 'ServiceDown')
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await untilResolved('ScannerStale', 'ServiceDown')
  }, 120_000)

  it('NATS that does not answer is down, and the outbox is stuck, until it answers', async () => {
    await untilResolved('OutboxStuck', 'DependencyDown')
    const { pid } = gateway.descriptor().nats
    if (pid === null) throw new Error('not our NATS')
    process.kill(pid, 'SIGSTOP')
    try {
      await gateway.create('ETH', COIN)
      await untilFiring('OutboxStuck', 'DependencyDown')
    } finally {
      process.kill(pid, 'SIGCONT')
    }
    await untilResolved('OutboxStuck', 'DependencyDown')
  }, 120_000)

  it('a table that somebody keeps locked exhausts the pool, until it is let go', async () => {
    await untilResolved('DatabasePoolExhausted')
    const client = new Client(gateway.descriptor().postgres.url)
    await client.connect()
    let requests: Promise<unknown> = Promise.resolve()
    try {
      await client.query('BEGIN; LOCK TABLE payments IN ACCESS EXCLUSIVE MODE')
      const lists = Array.from({ length: 40 }, () => gateway.api.request('GET', '/payments'))
      requests = Promise.allSettled(lists)
      await untilFiring('DatabasePoolExhausted')
    } finally {
      await client.end()
      await requests
    }
    await untilResolved('DatabasePoolExhausted')
  }, 120_000)

  it('a gas wallet that is nearly empty is low, until it is filled', async () => {
    await untilFiring('GasWalletLow')
    await setGasWallet(10n ** 20n)
    await untilResolved('GasWalletLow')
  }, 120_000)

  it('an endpoint that hangs opens its circuit, until it answers', async () => {
    await untilFiring('WebhookCircuitsOpen')
    hanging.answer()
    await gateway.create('ETH', COIN) // something to try it with: the retries are due in minutes
    await untilResolved('WebhookCircuitsOpen')
  }, 120_000)

  async function untilFiring(...alerts: string[]): Promise<void> {
    await waitUntil(`${alerts.join(', ')} firing`, TIMEOUT_MS, async () => {
      expect(await prometheus.firing()).toEqual(expect.arrayContaining(alerts))
      return true
    })
  }

  async function untilResolved(...alerts: string[]): Promise<void> {
    await waitUntil(`${alerts.join(', ')} resolved`, TIMEOUT_MS, async () => {
      const firing = await prometheus.firing()
      expect(alerts.filter((alert) => firing.includes(alert))).toEqual([])
      return true
    })
  }

  async function setGasWallet(wei: bigint): Promise<void> {
    await gateway.provider.send('anvil_setBalance', [gateway.chain.gas_wallet, `0x${wei.toString(16)}`])
  }
})

/** The same rules, with seconds for their minutes and hours. */
function inSeconds(rules: string): string {
  return rules
    .replaceAll(/for: \d+[smhd]/g, 'for: 1s')
    .replace(
      'ctrip_scan_last_success_timestamp_seconds[1h])) > 120',
      'ctrip_scan_last_success_timestamp_seconds[1h])) > 5',
    )
    .replace('ctrip_outbox_oldest_age_seconds) > 60', 'ctrip_outbox_oldest_age_seconds) > 3')
    .replace('ctrip_db_pool_timeouts_total[5m]', 'ctrip_db_pool_timeouts_total[10s]')
    .replace('ctrip_gas_wallet_balance[6h], 2 * 86400', 'ctrip_gas_wallet_balance[10s], 1')
}

interface HangingReceiver {
  readonly url: string
  /** From now on it answers at once, and what it had left waiting too. */
  answer(): void
  stop(): Promise<void>
}

/** Takes requests, and says nothing. */
async function startHangingReceiver(): Promise<HangingReceiver> {
  const waiting: ServerResponse[] = []
  let take = (response: ServerResponse): unknown => waiting.push(response)
  const server: Server = createServer((_request, response) => void take(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer: () => {
      take = (response) => response.writeHead(204).end()
      waiting.forEach(take)
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
