import type { ApiClient } from './api-client'
import type { Random } from './random'
import type { ReceiverBehaviour, Receivers } from './receivers'

const MERCHANTS = 50

/** Besides a good endpoint for everything, most merchants have a second endpoint that misbehaves. */
const SECOND_ENDPOINTS: Readonly<Record<ReceiverBehaviour | 'none', number>> = {
  none: 20,
  good: 20,
  slow: 15,
  flaky: 20,
  refusing: 5,
  dead: 5,
  hanging: 5,
  endless: 5,
  redirecting: 5,
}

interface Endpoint {
  readonly name: string
  readonly temper: ReceiverBehaviour
}

export interface Merchant {
  readonly id: string
  readonly key: string
  readonly endpoints: readonly Endpoint[]
}

export async function makeMerchants(
  api: ApiClient,
  adminKey: string,
  receivers: Receivers,
  random: Random,
): Promise<Merchant[]> {
  const merchants: Merchant[] = []
  for (let n = 0; n < MERCHANTS; n++) {
    const { id } = await api.call<{ id: string }>(adminKey, 'POST', '/admin/merchants', { name: `Shop ${n}` })
    const { key } = await api.call<{ key: string }>(adminKey, 'POST', `/admin/merchants/${id}/api-keys`, { name: 'x' })
    const second = random.weighted(SECOND_ENDPOINTS)
    const tempers: ReceiverBehaviour[] = second === 'none' ? ['good'] : ['good', second]
    const endpoints = tempers.map((temper, at) => ({ name: `${n}-${at}-${temper}`, temper }))
    for (const { name, temper } of endpoints) {
      const url = receivers.urlOf(name, temper)
      const order = { url, events: ['*'] }
      const { secret } = await api.call<{ secret: string }>(key, 'POST', '/webhook-endpoints', order)
      receivers.expect(name, secret)
    }
    merchants.push({ id, key, endpoints })
  }
  return merchants
}
