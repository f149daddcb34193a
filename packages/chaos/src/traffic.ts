import { setTimeout as sleep } from 'node:timers/promises'
import { Interface } from 'ethers'
import { type ApiClient, type PaymentView, RefusedError } from './api-client'
import type { Order } from './customer'
import { NodeError } from './json-rpc'
import type { Merchant } from './merchants'
import type { Random } from './random'
import { PAYER, type TestChain } from './test-chain'

const EXPIRY_SECONDS_MIN = 60
const LATE_AFTER_MS = 66_000
const PART_PAUSE_MS_MAX = 4_000
const SEND_TRIES = 5

/** The ways of paying, with their weights. */
const KINDS = {
  native: 25,
  token: 25,
  in_parts: 10,
  over: 6,
  under: 4,
  wrong_asset: 5,
  wrong_chain: 5,
  by_contract: 8,
  late: 4,
  never: 4,
  canceled: 2,
  side: 4,
} as const
type Kind = keyof typeof KINDS

export interface Ordered {
  readonly kind: Kind
  readonly merchant: Merchant
  readonly payment: PaymentView
}

const erc20 = new Interface(['function transfer(address,uint256)'])

export interface TrafficDeps {
  readonly api: ApiClient
  readonly merchants: readonly Merchant[]
  readonly main: TestChain
  readonly side: TestChain
  readonly random: Random
  readonly onOrdered: (ordered: Ordered) => void
}

/** Creates payments at a steady rate, whatever else happens, and pays them. Resolves when the last one is paid. */
export async function runTraffic(deps: TrafficDeps, rate: number, until: number): Promise<void> {
  const startedAt = Date.now()
  const underWay: Promise<void>[] = []
  for (let n = 0; Date.now() < until; n++) {
    underWay.push(oneOrder(deps, until))
    await sleep(Math.max(0, startedAt + ((n + 1) * 1_000) / rate - Date.now()))
  }
  await Promise.all(underWay)
}

async function oneOrder(deps: TrafficDeps, until: number): Promise<void> {
  const chosen = deps.random.weighted(KINDS)
  // Skips payments that could not complete before the end.
  const kind = chosen === 'late' && Date.now() + LATE_AFTER_MS > until ? 'native' : chosen
  const ordered = await place(deps, kind)
  await sleep(deps.random.between(0, 2_000))
  await pay(deps, ordered)
}

/** Creates a payment and pays it at once. */
export async function payAtOnce(deps: TrafficDeps): Promise<Ordered> {
  const ordered = await place(deps, 'native')
  await pay(deps, ordered)
  return ordered
}

async function place({ api, random, merchants, main, side, onOrdered }: TrafficDeps, kind: Kind): Promise<Ordered> {
  const merchant = random.pick(merchants)
  const chain = kind === 'side' ? side : main
  const asset = usesToken(kind, random) ? 'USDC' : 'ETH'
  const amount = asset === 'USDC' ? BigInt(random.between(1, 5_000_000)) : 10n ** 15n * BigInt(random.between(1, 500))
  const payment = await api.call<PaymentView>(merchant.key, 'POST', '/payments', {
    chain: chain.name,
    asset,
    amount: amount.toString(),
    reference: kind,
    ...((kind === 'late' || kind === 'never') && { expires_in: EXPIRY_SECONDS_MIN }),
  })
  const ordered = { kind, merchant, payment }
  onOrdered(ordered)
  return ordered
}

function usesToken(kind: Kind, random: Random): boolean {
  if (kind === 'token') return true
  return ['in_parts', 'over', 'under', 'late'].includes(kind) && random.chance(0.5)
}

async function pay(deps: TrafficDeps, { kind, merchant, payment }: Ordered): Promise<void> {
  const { main, side, random } = deps
  const amount = BigInt(payment.amount)
  const inAsset = (part: bigint) => send(deps, main, transferOf(main, payment.asset.symbol, payment.address, part))
  switch (kind) {
    case 'native':
    case 'token':
      return inAsset(amount)
    case 'side':
    case 'wrong_chain':
      return send(deps, side, { to: payment.address, value: amount })
    case 'in_parts': {
      const first = amount / 3n
      if (first > 0n) await inAsset(first)
      await sleep(random.between(0, PART_PAUSE_MS_MAX))
      return inAsset(amount - first)
    }
    case 'over':
      return inAsset(amount + amount / 2n + 1n)
    case 'under':
      return inAsset(amount / 2n + 1n)
    case 'wrong_asset':
      return send(deps, main, transferOf(main, 'USDC', payment.address, 7n))
    case 'by_contract': {
      const data = PAYER.encodeFunctionData('payAll', [[payment.address], amount])
      return send(deps, main, { to: main.payerContract ?? '', value: amount, data })
    }
    case 'late':
      await sleep(LATE_AFTER_MS)
      return inAsset(amount)
    case 'canceled':
      return cancel(deps.api, merchant, payment)
    case 'never':
      return
  }
}

function transferOf(chain: TestChain, asset: string, to: string, amount: bigint): Order {
  if (asset === 'ETH' || chain.token === null) return { to, value: amount }
  return { to: chain.token, value: 0n, data: erc20.encodeFunctionData('transfer', [to, amount]) }
}

/** A transaction that the node refuses was not paid: only the final chain counts. */
async function send({ random }: TrafficDeps, chain: TestChain, order: Order): Promise<void> {
  for (let attempt = 0; attempt < SEND_TRIES; attempt++) {
    try {
      return await random.pick(chain.customers).send(order)
    } catch (error) {
      if (!(error instanceof NodeError)) throw error
      await sleep(500)
    }
  }
}

async function cancel(api: ApiClient, { key }: Merchant, { id }: PaymentView): Promise<void> {
  try {
    await api.call(key, 'POST', `/payments/${id}/cancel`)
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error // a liar's balance may have been believed: the audit decides
  }
}
