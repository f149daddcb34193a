import { createServer } from 'node:http'
import { listen, readBody } from '@ctrip/local-stack/http-server'
import { z } from 'zod'

const requestSchema = z.object({ method: z.string() })
const BYTES_MAX = 1_000_000

export type Phase = 'asked' | 'answered'

/** What becomes of a question or an answer: what a process asked that has just been killed must not reach the node after all. */
type Verdict = 'pass' | 'cut'

type Observer = (method: string, phase: Phase) => Promise<Verdict>

/** A way to a node that tells of each question before it is passed on, and before its answer is: so that a process can be ended there. */
export interface RpcGate {
  readonly url: string
  watch(observer: Observer | null): void
  stop(): Promise<void>
}

export async function startGate(target: string): Promise<RpcGate> {
  let observe: Observer | null = null
  const server = createServer((request, response) => {
    const pass = async (): Promise<void> => {
      const body = await readBody(request, BYTES_MAX)
      const { method } = requestSchema.parse(JSON.parse(body.toString()))
      if ((await observe?.(method, 'asked')) === 'cut') return void response.destroy()
      const headers = { 'content-type': 'application/json' }
      const answer = await (await fetch(target, { method: 'POST', headers, body })).text()
      if ((await observe?.(method, 'answered')) === 'cut') return void response.destroy()
      response.writeHead(200, headers).end(answer)
    }
    pass().catch(() => response.destroy())
  })
  const { url, stop } = await listen(server, 0)
  return {
    url,
    watch: (observer) => {
      observe = observer
    },
    stop,
  }
}
