import { setTimeout as sleep } from 'node:timers/promises'
import type { StackDescriptor } from '@ctrip/local-stack/stack-descriptor'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import type { WebhookInbox } from '@ctrip/local-stack/webhook-inbox'
import type { Api } from '../api-client'
import { type Payment, paymentSchema, timelineSchema } from '../api-schemas'
import { fetchTrace } from '../commands/trace'
import { openPayer, type Payer } from '../payer'
import { formatDuration } from '../render/duration'
import { renderTimeline } from '../render/timeline'
import { renderWaterfall } from '../render/waterfall'
import { judgeDemo, type Verdict, webhooksOf } from './judge-demo'

const ORDERS = [
  { asset: 'ETH', amount: '50000000000000000', reference: 'demo: 0.05 ETH' },
  { asset: 'USDC', amount: '1500000', reference: 'demo: 1.5 USDC' },
]
const SETTLED_TIMEOUT_MS = 120_000
const LAST_WEBHOOK_TIMEOUT_MS = 15_000
const LAST_SPAN_TIMEOUT_MS = 10_000
const POLL_INTERVAL_MS = 700 // longer than spans are held back for a batch

export interface DemoDeps {
  readonly stack: StackDescriptor
  readonly api: Api
  readonly inbox: WebhookInbox
  readonly print: (text: string) => void
}

/** One native and one ERC-20 payment, from creation to settlement, told as they go; then the verdict on both. */
export async function runDemo(deps: DemoDeps): Promise<Verdict> {
  const chain = deps.stack.chains[0]
  if (!chain) throw new Error('no chain is configured')
  const payer = openPayer(deps.stack, chain.chain_id)
  try {
    const startedAt = Date.now()
    const payments: Payment[] = []
    for (const order of ORDERS) payments.push(await orderAndPay(deps, payer, chain.name, order))
    deps.print('Waiting until both are confirmed, swept into the treasury and settled …')
    await untilSettled(deps.api, payments)
    deps.print(`Settled ${formatDuration(Date.now() - startedAt)} after the first was created.`)
    return await concludeDemo(deps, payments)
  } finally {
    payer.close()
  }
}

async function orderAndPay(
  deps: DemoDeps,
  payer: Payer,
  chain: string,
  order: (typeof ORDERS)[number],
): Promise<Payment> {
  const payment = await deps.api.post('/payments', { chain, ...order }, paymentSchema)
  deps.print(`Created ${payment.id}: ${payment.amount_display} ${payment.asset.symbol} to ${payment.address}`)
  const paid = await payer.pay(payment, BigInt(payment.amount))
  deps.print(`Paid    ${payment.id} in block ${paid.block_number} by ${paid.tx_hash}`)
  return payment
}

async function untilSettled(api: Api, payments: readonly Payment[]): Promise<void> {
  let statuses: string[] = []
  await waitUntil('settlement', SETTLED_TIMEOUT_MS, async () => {
    statuses = (await readAgain(api, payments)).map(({ status }) => status)
    return statuses.every((status) => status === 'settled')
  }).catch((cause: unknown) => {
    throw new Error(`The payments did not settle in time: they are ${statuses.join(' and ')}`, { cause })
  })
}

async function concludeDemo(deps: DemoDeps, payments: readonly Payment[]): Promise<Verdict> {
  const judge = async () => judgeDemo(await readAgain(deps.api, payments), deps.inbox.received())
  await waitQuietly(LAST_WEBHOOK_TIMEOUT_MS, async () => (await judge()).passed)
  for (const payment of await readAgain(deps.api, payments)) await tellStory(deps, payment)
  return await judge()
}

async function tellStory(deps: DemoDeps, payment: Payment): Promise<void> {
  const queryUrl = deps.stack.traces.query_url
  let seen = 0
  await waitQuietly(LAST_SPAN_TIMEOUT_MS, async () => {
    const now = (await fetchTrace(queryUrl, payment.trace_id)).length
    const complete = now > 0 && now === seen
    seen = now
    return complete
  })
  const timeline = await deps.api.get(`/payments/${payment.id}/timeline`, timelineSchema)
  const webhooks = webhooksOf(payment.id, deps.inbox.received())
  deps.print(`\n${renderTimeline(payment, timeline)}`)
  deps.print(` ${webhooks.length} webhooks received, ${webhooks.filter(({ verified }) => verified).length} verified`)
  deps.print(`\n${renderWaterfall(payment.trace_id, await fetchTrace(queryUrl, payment.trace_id))}`)
}

/** Waits, and goes on when the time is over: what is missing then is told by the verdict. */
async function waitQuietly(timeoutMs: number, probe: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await probe()) && Date.now() < deadline) await sleep(POLL_INTERVAL_MS)
}

async function readAgain(api: Api, payments: readonly Payment[]): Promise<Payment[]> {
  return await Promise.all(payments.map(({ id }) => api.get(`/payments/${id}`, paymentSchema)))
}
