import { createServer, type ServerResponse } from 'node:http'
import { listen } from '@ctrip/local-stack/http-server'

/** A merchant's endpoint that accepts requests and does not respond until the test sets a response. */
export interface Receiver {
  readonly url: string
  /** Responds at once from now on, also to requests that wait. */
  answer(status: number): void
  stop(): Promise<void>
}

export async function startReceiver(): Promise<Receiver> {
  const waiting: ServerResponse[] = []
  let take = (response: ServerResponse): unknown => waiting.push(response)
  const { url, stop } = await listen(
    createServer((_request, response) => void take(response)),
    0,
  )
  return {
    url,
    answer(status) {
      take = (response) => response.writeHead(status).end()
      waiting.splice(0).forEach(take)
    },
    stop,
  }
}
