import { createServer } from 'node:http'
import { listen, readBody } from '@ctrip/local-stack/http-server'

const BODY_BYTES_MAX = 1024 * 1024

interface Told {
  readonly at: number
  /** The block of the payment's only transfer; null before there is one. */
  readonly blockNumber: number | null
}

export interface LoadInbox {
  readonly url: string
  /** The time of a payment's first webhook. */
  told(paymentId: string, type: string): Told | undefined
  stop(): Promise<void>
}

interface Body {
  readonly type: string
  readonly data: { readonly payment: { readonly id: string; readonly transfers: readonly { block_number: number }[] } }
}

/** Accepts every webhook and records its time. It verifies nothing, since that is tested elsewhere and would cost CPU time here. */
export async function startLoadInbox(): Promise<LoadInbox> {
  const arrivals = new Map<string, Told>()
  const server = createServer((request, response) => {
    readBody(request, BODY_BYTES_MAX)
      .then((body) => {
        const { type, data } = JSON.parse(body.toString()) as Body
        const key = `${data.payment.id}/${type}`
        const blockNumber = data.payment.transfers[0]?.block_number ?? null
        if (!arrivals.has(key)) arrivals.set(key, { at: performance.now(), blockNumber })
        response.writeHead(204).end()
      })
      .catch((error: unknown) => response.writeHead(400).end(String(error)))
  })
  const { url, stop } = await listen(server, 0)
  return { url, told: (paymentId, type) => arrivals.get(`${paymentId}/${type}`), stop }
}
