import { setTimeout as sleep } from 'node:timers/promises'
import type { Random } from './random'
import type { ProviderBehaviour, RpcProxy } from './rpc-proxy'

const MOODS: Readonly<Record<Exclude<ProviderBehaviour, 'lying'>, number>> = {
  honest: 50,
  slow: 12,
  lagging: 14,
  dropping: 12,
  rate_limiting: 12,
  dead: 6,
}
const CHANGE_MS = { min: 3_000, max: 9_000 }

/** Changes the behaviour of a chain's providers now and then. At most one of several lies at a time, because two that agree are believed. */
export async function runMoods(proxies: readonly RpcProxy[], random: Random, until: number): Promise<void> {
  while (Date.now() < until) {
    const liar = random.chance(0.5) ? random.between(0, proxies.length - 1) : -1
    for (const [n, proxy] of proxies.entries()) proxy.mood(n === liar ? 'lying' : random.weighted(MOODS))
    await sleep(random.between(CHANGE_MS.min, CHANGE_MS.max))
  }
  for (const proxy of proxies) proxy.mood('honest')
}
