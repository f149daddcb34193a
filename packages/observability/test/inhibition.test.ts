import { waitUntil } from '@ctrip/local-stack/wait-until'
import { startAlertmanager } from './fixtures/start-alertmanager'
import { inRepository } from './repository'

type Labels = Readonly<Record<string, string>>

let alertmanager: Awaited<ReturnType<typeof startAlertmanager>>
beforeEach(async () => {
  alertmanager = await startAlertmanager(inRepository('deploy/alertmanager/alertmanager.yml'))
})
afterEach(() => alertmanager.stop())

function page(alertname: string, labels: Labels = {}): Labels {
  return { alertname, severity: 'page', ...labels }
}

function ticket(alertname: string, labels: Labels = {}): Labels {
  return { alertname, severity: 'ticket', ...labels }
}

/** Inhibition follows a moment after the alert. */
async function expectTold(...alertnames: string[]): Promise<void> {
  const expected = JSON.stringify([...alertnames].sort())
  await waitUntil(`telling of ${expected}`, 5_000, async () => JSON.stringify(await alertmanager.told()) === expected)
}

test('a stale scanner is silent while the RPC of its own chain is down, and of no other', async () => {
  await alertmanager.fire(
    page('ChainRpcDown', { chain: 'anvil' }),
    page('ScannerStale', { chain: 'anvil' }),
    page('ScannerStale', { chain: 'base' }),
    ticket('RpcProviderDown', { chain: 'anvil', provider: 'one' }),
  )
  await expectTold('ChainRpcDown', 'ScannerStale')
})

test('a page silences the ticket of the same alert', async () => {
  await alertmanager.fire(
    page('ConfirmationSlow', { chain: 'anvil', slo: 'confirmation' }),
    ticket('ConfirmationSlow', { chain: 'anvil', slo: 'confirmation' }),
  )
  await expectTold('ConfirmationSlow')
})

test('a service that is down silences what follows from it, and nothing of other services', async () => {
  await alertmanager.fire(
    page('ServiceDown', { service: 'ctrip-scanner' }),
    ticket('ReplicaDown', { service: 'ctrip-scanner', instance: 's:1' }),
    page('ScannerStale', { chain: 'anvil' }),
    page('WorkerStalled', { service: 'ctrip-api', worker: 'key_use' }),
  )
  await expectTold('ServiceDown', 'WorkerStalled')
})

test('a database that every service misses is the only alert about it', async () => {
  const services = ['ctrip-api', 'ctrip-scanner', 'ctrip-sweeper', 'ctrip-webhook-dispatcher']
  await alertmanager.fire(
    ...services.map((service) => page('DependencyDown', { service, dependency: 'database' })),
    page('DatabasePoolExhausted', { service: 'ctrip-api' }),
    page('OutboxStuck'),
    page('ScannerStale', { chain: 'anvil' }),
    page('SweepStuck', { chain: 'anvil' }),
    page('WebhooksLate', { slo: 'webhooks' }),
    page('PaymentCreationFailing', { slo: 'creation_availability' }),
  )
  await expectTold('DependencyDown', 'DependencyDown', 'DependencyDown', 'DependencyDown')
})

test('a database that the sweeper alone misses silences nothing of the API or of the chains', async () => {
  await alertmanager.fire(
    page('DependencyDown', { service: 'ctrip-sweeper', dependency: 'database' }),
    page('SweepStuck', { chain: 'anvil' }),
    page('ScannerStale', { chain: 'anvil' }),
    page('OutboxStuck'),
    page('DatabasePoolExhausted', { service: 'ctrip-api' }),
    page('PaymentCreationFailing', { slo: 'creation_availability' }),
  )
  await expectTold('DatabasePoolExhausted', 'DependencyDown', 'OutboxStuck', 'PaymentCreationFailing', 'ScannerStale')
})

test('without a cause, symptoms are told', async () => {
  await alertmanager.fire(page('ScannerStale', { chain: 'anvil' }), page('OutboxStuck'))
  await expectTold('OutboxStuck', 'ScannerStale')
})
