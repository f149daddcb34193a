import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

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
  const server: Server = createServer((_request, response) => void take(response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    answer(status) {
      take = (response) => response.writeHead(status).end()
      waiting.splice(0).forEach(take)
    },
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
