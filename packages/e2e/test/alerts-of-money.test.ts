import { Client } from 'pg'
import { killService, whileFrozen } from './support/outage'
import { startReceiver } from './support/receiver'
import { startWatchedGateway, type WatchedGateway } from './support/watched-gateway'

const COIN = 10n ** 15n
const POLICY_DEPTH = 3

describe('alerts about money and chains, provoked for real', () => {
  let watched: WatchedGateway
  let settledAddress: string

  beforeAll(async () => {
    watched = await startWatchedGateway({ environment: { WEBHOOK_RETRY_SCHEDULE_SECONDS: '0,1' } })
    const { id, address } = await watched.gateway.pay('ETH', COIN)
    await watched.gateway.untilStatus(id, 'settled')
    settledAddress = address
    // The ledger is compared with the chain once a minute, while the other alerts are tested.
    await watched.gateway.setBalance(settledAddress, 1n)
  }, 180_000)

  afterAll(() => watched.stop(), 60_000)

  it('a webhook after its last attempt is a dead letter until a replay delivers it', async () => {
    const { gateway, untilFiring, untilResolved } = watched
    await untilResolved('WebhookDeadLetters')
    const receiver = await startReceiver()
    try {
      receiver.answer(500)
      const since = new Date(Date.now() - 1_000).toISOString()
      const { id } = await gateway.api.createEndpoint(receiver.url, ['payment.created'])
      await gateway.create('ETH', COIN)
      await untilFiring('WebhookDeadLetters')
      receiver.answer(204)
      const replay = await gateway.api.request('POST', `/webhook-endpoints/${id}/replay`, { since, only: 'failed' })
      expect(await replay.json()).toMatchObject({ deliveries: 1 })
      await untilResolved('WebhookDeadLetters')
    } finally {
      await receiver.stop()
    }
  }, 200_000)

  it('an empty gas wallet is low and sweeps are stuck until it is refilled', async () => {
    const { gateway, untilFiring, untilResolved, setGasWallet } = watched
    await untilResolved('GasWalletLow')
    await setGasWallet(1n)
    await gateway.pay('USDC', 1_000_000n)
    await untilFiring('GasWalletLow', 'SweepStuck')
    await setGasWallet(10n ** 20n)
    await untilResolved('GasWalletLow', 'SweepStuck')
  }, 200_000)

  it('a chain whose only provider is silent has no provider and is not scanned until it responds', async () => {
    const { gateway, untilFiring, untilResolved } = watched
    await untilResolved('ChainRpcDown', 'RpcProviderDown', 'ScannerStale')
    await whileFrozen(gateway.descriptor().chains[0]?.pid, () =>
      untilFiring('ChainRpcDown', 'RpcProviderDown', 'ScannerStale'),
    )
    await untilResolved('ChainRpcDown', 'RpcProviderDown', 'ScannerStale')
  }, 240_000)

  it('a service that crashes repeatedly is restarting until it stays up', async () => {
    const { gateway, untilFiring, untilResolved } = watched
    for (let deaths = 0; deaths < 4; deaths++) await killService(gateway, 'webhook-dispatcher')
    await untilFiring('ServiceRestarting')
    await untilResolved('ServiceRestarting')
  }, 240_000)

  it('a reorg as deep as the confirmation policy is beyond the margin for a day', async () => {
    const { gateway, untilFiring, untilResolved } = watched
    await untilResolved('ReorgBeyondMargin')
    const head = Number(await gateway.provider.send('eth_blockNumber', []))
    await gateway.reorgFrom(head - POLICY_DEPTH)
    await untilFiring('ReorgBeyondMargin')
    await letADayPassForReorgs()
    await untilResolved('ReorgBeyondMargin')
  }, 200_000)

  it('coin that the ledger does not have is a discrepancy until it is gone', async () => {
    const { gateway, untilFiring, untilResolved } = watched
    await untilFiring('LedgerDiscrepancy')
    await gateway.setBalance(settledAddress, 0n)
    await untilResolved('LedgerDiscrepancy')
  }, 200_000)

  async function letADayPassForReorgs(): Promise<void> {
    const client = new Client(watched.gateway.descriptor().postgres.url)
    await client.connect()
    await client.query("UPDATE blocks SET time = time - interval '24 hours' WHERE NOT canonical")
    await client.end()
  }
})
