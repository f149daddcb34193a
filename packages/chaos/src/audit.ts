import type { PaymentView, SweepView } from './api-client'
import { type ChainFacts, type Movement, readChain, readChainTimeMs } from './chain-facts'
import { jsonRpc } from './json-rpc'
import { judgeMoney } from './judge-money'
import { judgePayment } from './judge-payments'
import { judgeStory } from './judge-webhooks'
import { ABLE } from './receivers'
import type { TestChain } from './test-chain'
import type { Violation } from './violation'
import type { World } from './world'

const BALANCES_AT_ONCE = 32

export interface Audit {
  readonly violations: readonly Violation[]
  readonly payments: number
  readonly transfers: number
  readonly deliveries: number
  readonly statuses: Readonly<Record<string, number>>
}

/** Judges the gateway by the chains, the merchants' inboxes and the API, never by its database. */
export async function auditWorld(world: World): Promise<Audit> {
  const facts = { main: await readChain(world.main), side: await readChain(world.side) }
  const current = await readPayments(world)
  const chainTimesMs = { main: await readChainTimeMs(world.main), side: await readChainTimeMs(world.side) }
  const movements = [...facts.main.movements, ...facts.side.movements]
  const arrived = Map.groupBy(
    movements.filter(({ from }) => from !== world.gasWallet.toLowerCase()),
    ({ to }) => to,
  )
  const violations = [
    ...world.ordered.flatMap((ordered) => judgeOrder(world, ordered, current, arrived, chainTimesMs)),
    ...judgeMoney(await moneyFacts(world, facts, movements)),
    ...(await judgeNonces(world)),
    ...judgeSignatures(world),
  ]
  const views = [...current.values()]
  return {
    violations,
    payments: world.ordered.length,
    transfers: views.reduce((count, { transfers }) => count + transfers.length, 0),
    deliveries: endpointsOf(world).reduce((count, { name }) => count + world.receivers.deliveries(name).length, 0),
    statuses: Object.fromEntries(
      [...Map.groupBy(views, ({ status }) => status)].map(([status, some]) => [status, some.length]),
    ),
  }
}

async function readPayments({ merchants, api }: World): Promise<Map<string, PaymentView>> {
  const current = new Map<string, PaymentView>()
  for (const { key } of merchants) {
    for (const payment of await api.list<PaymentView>(key, '/payments')) current.set(payment.id, payment)
  }
  return current
}

function judgeOrder(
  world: World,
  ordered: World['ordered'][number],
  current: ReadonlyMap<string, PaymentView>,
  arrived: ReadonlyMap<string, Movement[]>,
  chainTimesMs: { readonly main: number; readonly side: number },
): Violation[] {
  const now = current.get(ordered.payment.id)
  if (now === undefined)
    return [{ rule: 'no payment is lost', subject: ordered.payment.id, detail: 'the API does not list it' }]
  const able = ordered.merchant.endpoints.filter(({ temper }) => ABLE.has(temper))
  const chainTimeMs = now.chain === world.side.name ? chainTimesMs.side : chainTimesMs.main
  return [
    ...judgePayment(ordered, now, arrived.get(now.address.toLowerCase()) ?? [], chainTimeMs),
    ...able.flatMap(({ name }) =>
      judgeStory(
        name,
        now,
        world.receivers.deliveries(name).filter(({ paymentId }) => paymentId === now.id),
      ),
    ),
  ]
}

function endpointsOf({ merchants }: World) {
  return merchants.flatMap(({ endpoints }) => endpoints)
}

async function moneyFacts(world: World, facts: { main: ChainFacts; side: ChainFacts }, movements: readonly Movement[]) {
  const depositAddresses = new Set(world.ordered.map(({ payment }) => payment.address.toLowerCase()))
  const sweeps: SweepView[] = []
  for (const { key } of world.merchants) sweeps.push(...(await world.api.list<SweepView>(key, '/sweeps')))
  const balances = new Map([
    ...(await balancesOf(world.main, facts.main, depositAddresses)),
    ...(await balancesOf(world.side, facts.side, depositAddresses)),
  ])
  const { treasury, gasWallet } = world
  return {
    treasury: treasury.toLowerCase(),
    gasWallet: gasWallet.toLowerCase(),
    depositAddresses,
    movements,
    sweeps,
    balances,
  }
}

async function balancesOf(chain: TestChain, { movements, feesPaid }: ChainFacts, addresses: ReadonlySet<string>) {
  const net = new Map<string, bigint>()
  const add = (key: string, amount: bigint) => net.set(key, (net.get(key) ?? 0n) + amount)
  for (const { asset, from, to, amount } of movements) {
    add(`${chain.name}/${asset}/${from}`, -amount)
    add(`${chain.name}/${asset}/${to}`, amount)
  }
  for (const [sender, fees] of feesPaid) add(`${chain.name}/ETH/${sender}`, -fees)
  const assets = chain.token === null ? (['ETH'] as const) : (['ETH', 'USDC'] as const)
  const asked = [...addresses].flatMap((address) => assets.map((asset) => ({ asset, address })))
  const balances = new Map<string, { actual: bigint; expected: bigint }>()
  for (let from = 0; from < asked.length; from += BALANCES_AT_ONCE) {
    const some = asked.slice(from, from + BALANCES_AT_ONCE).map(async ({ asset, address }) => {
      const key = `${chain.name}/${asset}/${address}`
      balances.set(key, { actual: await balanceOf(chain, asset, address), expected: net.get(key) ?? 0n })
    })
    await Promise.all(some)
  }
  return balances
}

async function balanceOf(chain: TestChain, asset: 'ETH' | 'USDC', address: string): Promise<bigint> {
  if (asset === 'ETH') return BigInt(await jsonRpc<string>(chain.nodeUrl, 'eth_getBalance', address, 'latest'))
  const data = `0x70a08231${address.slice(2).padStart(64, '0')}` // balanceOf(address)
  return BigInt(await jsonRpc<string>(chain.nodeUrl, 'eth_call', { to: chain.token, data }, 'latest'))
}

/** No transaction of ours waits in a mempool, where a gap in the nonces would keep it. */
async function judgeNonces(world: World): Promise<Violation[]> {
  const violations: Violation[] = []
  for (const { nodeUrl, name } of [world.main, world.side]) {
    const pool = await jsonRpc<{ queued: object; pending: object }>(nodeUrl, 'txpool_content')
    const ours = new Set(
      [world.gasWallet, ...world.ordered.map(({ payment }) => payment.address)].map((address) => address.toLowerCase()),
    )
    const waiting = [...Object.keys(pool.queued), ...Object.keys(pool.pending)].map((sender) => sender.toLowerCase())
    for (const sender of waiting.filter((one) => ours.has(one)))
      violations.push({ rule: 'no nonce is missing', subject: `${name} ${sender}`, detail: 'a transaction waits' })
  }
  return violations
}

function judgeSignatures({ receivers }: World): Violation[] {
  const count = receivers.unverified()
  return count === 0 ? [] : [{ rule: 'every webhook is signed', subject: 'all', detail: `${count} were not` }]
}
