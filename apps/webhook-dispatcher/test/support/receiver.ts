import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface Received {
  readonly path: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
  readonly at: number
}

export interface Receiver {
  readonly url: string
  readonly port: number
  readonly received: readonly Received[]
  /** Connections made so far. */
  readonly connections: () => number
  readonly close: () => Promise<void>
}

export type Answer = (request: Received, response: ServerResponse, message: IncomingMessage) => void

const open: Receiver[] = []

/** For afterEach: a server left open would keep Jest from ending. */
export async function closeReceivers(): Promise<void> {
  await Promise.all(open.splice(0).map((receiver) => receiver.close()))
}

const ok: Answer = (_request, response) => void response.writeHead(204).end()

/** A merchant's server: remembers what it got, and answers as told. */
export async function startReceiver(answer: Answer = ok, host = '127.0.0.1'): Promise<Receiver> {
  const received: Received[] = []
  let connections = 0
  const server = createServer((message, response) => {
    const chunks: Buffer[] = []
    message.on('data', (chunk: Buffer) => chunks.push(chunk))
    message.on('end', () => {
      const body = Buffer.concat(chunks).toString('utf8')
      const request = { path: message.url ?? '', headers: message.headers, body, at: Date.now() }
      received.push(request)
      answer(request, response, message)
    })
  })
  server.on('connection', () => connections++)
  await new Promise<void>((listening) => server.listen(0, host, listening))
  const { port } = server.address() as AddressInfo
  const receiver: Receiver = {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    received,
    connections: () => connections,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed())
        server.closeAllConnections()
      }),
  }
  open.push(receiver)
  return receiver
}
