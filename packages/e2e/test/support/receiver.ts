import { createServer, type ServerResponse } from 'node:http'
import { listen } from '@ctrip/local-stack/http-server'

/** A merchant's endpoint that takes requests and says nothing, until it is told what to answer. */
export interface Receiver {
  readonly url: string
  /** From now on it answers at once, and what it had left waiting too. */
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
