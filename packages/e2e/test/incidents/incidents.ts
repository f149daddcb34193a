import { readFileSync } from 'node:fs'
import { Wallet } from 'ethers'
import type { Gateway } from '../support/gateway'
import { startReceiver } from '../support/receiver'

/** An outage that is provoked, and the notification that it must cause. */
export interface Incident {
  readonly name: string
  /** The alerts that may notify: the first that does is the right one, and exactly one of them does. */
  readonly expected: readonly string[]
  readonly receiver: 'page' | 'ticket'
  readonly withinMinutes: number
  /** Begins it, and returns its end. */
  begin(gateway: Gateway): Promise<() => Promise<void>>
}

const PAGE_WITHIN = 5
/** Tickets wait for what may mend itself: the `for` of their rule. */
const TICKET_WITHIN = { GasWalletLow: 20, WebhookCircuitsOpen: 35 }
const COIN = 10n ** 15n
const ENDPOINT_FAILURES = 12

export const INCIDENTS: readonly Incident[] = [
  {
    name: 'scanner-stopped',
    ...page('ServiceDown'),
    begin: async ({ descriptor }) => freeze(descriptor().services.scanner.pid),
  },
  { name: 'chain-refused', ...page('ScannerStale', 'ChainStalled'), begin: mineUnsigned },
  {
    name: 'postgres-frozen',
    ...page('DependencyDown'),
    begin: async ({ descriptor }) => freeze(descriptor().postgres.pid),
  },
  { name: 'nats-stopped', ...page('DependencyDown'), begin: async ({ descriptor }) => freeze(descriptor().nats.pid) },
  { name: 'rpc-hung', ...page('ChainRpcDown'), begin: async ({ chain }) => freeze(chain.pid) },
  { name: 'gas-wallet-empty', ...ticket('GasWalletLow'), begin: emptyGasWallet },
  { name: 'endpoint-hanging', ...ticket('WebhookCircuitsOpen'), begin: hangEndpoint },
]

function page(...expected: string[]) {
  return { expected, receiver: 'page', withinMinutes: PAGE_WITHIN } as const
}

function ticket(alert: keyof typeof TICKET_WITHIN) {
  return { expected: [alert], receiver: 'ticket', withinMinutes: TICKET_WITHIN[alert] } as const
}

/** Stops a process and its children: they exist, and do not respond. Postgres serves each connection in a child. */
function freeze(pid: number | null): () => Promise<void> {
  if (pid === null) throw new Error('not a process of ours')
  const frozen = [pid, ...childrenOf(pid)]
  for (const each of frozen) process.kill(each, 'SIGSTOP')
  return async () => {
    for (const each of frozen) process.kill(each, 'SIGCONT')
  }
}

function childrenOf(pid: number): number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim()
  return text === '' ? [] : text.split(' ').map(Number)
}

/** Mines a transaction that nobody signed: its block cannot be proven, and the only provider is not believed. */
async function mineUnsigned({ provider, reorgFrom }: Gateway): Promise<() => Promise<void>> {
  const stranger = Wallet.createRandom().address
  await provider.send('anvil_setBalance', [stranger, '0x56bc75e2d63100000'])
  await provider.send('anvil_impersonateAccount', [stranger])
  const hash = String(await provider.send('eth_sendTransaction', [{ from: stranger, to: stranger, value: '0x1' }]))
  const receipt = await provider.waitForTransaction(hash, 1, 60_000)
  if (receipt === null) throw new Error(`${hash} was not mined`)
  return () => reorgFrom(receipt.blockNumber)
}

async function emptyGasWallet({ chain, provider, setBalance }: Gateway): Promise<() => Promise<void>> {
  const before = await provider.getBalance(chain.gas_wallet)
  await setBalance(chain.gas_wallet, 0n)
  return () => setBalance(chain.gas_wallet, before)
}

/** An endpoint of a merchant that accepts connections and never responds. */
async function hangEndpoint({ api, create }: Gateway): Promise<() => Promise<void>> {
  const hanging = await startReceiver()
  await api.createEndpoint(hanging.url, ['payment.created'])
  for (let n = 0; n < ENDPOINT_FAILURES; n++) await create('ETH', COIN)
  return async () => {
    hanging.answer(204)
    await create('ETH', COIN) // a new delivery as the probe: the retries are due in minutes
  }
}
