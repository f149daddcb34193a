// Sends with undici alone to the same receiver, in a process of its own like the dispatcher.
import { Agent, request } from 'undici'

const SECONDS = 5
const IN_FLIGHT = 256
const CONNECTIONS_PER_ORIGIN = 32

async function run(urls: readonly string[], body: string): Promise<void> {
  const dispatcher = new Agent({ connections: CONNECTIONS_PER_ORIGIN, pipelining: 1 })
  const until = performance.now() + SECONDS * 1_000
  let sent = 0
  const loop = async (): Promise<void> => {
    while (performance.now() < until) {
      const url = urls[sent++ % urls.length] ?? ''
      const answer = await request(url, {
        dispatcher,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
      })
      await answer.body.dump()
    }
  }
  await Promise.all(Array.from({ length: IN_FLIGHT }, loop))
  process.send?.({ perSecond: sent / SECONDS })
  process.disconnect()
  await dispatcher.close()
}

process.once('message', ({ urls, body }: { urls: string[]; body: string }) => void run(urls, body))
