import { Client } from 'pg'
import type { Gateway } from './support/gateway'
import { whileFrozen } from './support/outage'
import { type Receiver, startReceiver } from './support/receiver'
import { startWatchedGateway, type WatchedGateway } from './support/watched-gateway'

const COIN = 10n ** 15n

describe('alerts about services, provoked for real', () => {
  let watched: WatchedGateway
  let gateway: Gateway
  let hanging: Receiver

  beforeAll(async () => {
    watched = await startWatchedGateway()
    gateway = watched.gateway
    hanging = await startReceiver()
    // Ten attempts in a row must reach their timeout of 15 s, which happens while the other alerts are tested.
    await gateway.api.createEndpoint(hanging.url, ['payment.created'])
    for (let n = 0; n < 12; n++) await gateway.create('ETH', COIN)
  }, 180_000)

  afterAll(async () => {
    await hanging.stop()
    await watched.stop()
  }, 60_000)

  it('a frozen scanner is stale and down until it continues', async () => {
    await watched.untilResolved('ScannerStale', 'ServiceDown')
    const { pid } = gateway.descriptor().services.scanner
    await whileFrozen(pid, () => watched.untilFiring('ScannerStale', 'ServiceDown'))
    await watched.untilResolved('ScannerStale', 'ServiceDown')
  }, 120_000)

  it('an unresponsive NATS is down and the outbox is stuck until it responds', async () => {
    await watched.untilResolved('OutboxStuck', 'DependencyDown')
    await whileFrozen(gateway.descriptor().nats.pid, async () => {
      await gateway.create('ETH', COIN)
      await watched.untilFiring('OutboxStuck', 'DependencyDown')
    })
    await watched.untilResolved('OutboxStuck', 'DependencyDown')
  }, 120_000)

  it('a locked table exhausts the pool until it is released', async () => {
    await watched.untilResolved('DatabasePoolExhausted')
    const client = new Client(gateway.descriptor().postgres.url)
    await client.connect()
    let requests: Promise<unknown> = Promise.resolve()
    try {
      await client.query('BEGIN; LOCK TABLE payments IN ACCESS EXCLUSIVE MODE')
      const lists = Array.from({ length: 40 }, () => gateway.api.request('GET', '/payments'))
      requests = Promise.allSettled(lists)
      await watched.untilFiring('DatabasePoolExhausted')
    } finally {
      await client.end()
      await requests
    }
    await watched.untilResolved('DatabasePoolExhausted')
  }, 120_000)

  it('a hanging endpoint has an open circuit until it responds', async () => {
    await watched.untilFiring('WebhookCircuitsOpen')
    hanging.answer(204)
    await gateway.create('ETH', COIN) // a new delivery as the probe: the retries are due in minutes
    await watched.untilResolved('WebhookCircuitsOpen')
  }, 120_000)
})
