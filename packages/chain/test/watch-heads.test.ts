import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type Server } from 'node:net'
import { SecretUrl } from '../src/secret-url'
import { watchHeads } from '../src/watch-heads'
import { type Lab, openLab } from './helpers/lab'

let lab: Lab
let abort: AbortController

beforeAll(async () => {
  lab = await openLab()
})
afterAll(() => lab.close())
beforeEach(() => {
  abort = new AbortController()
})
afterEach(() => abort.abort())

/** Watches one WebSocket, and counts the wake-ups. */
function watch(url: string): { readonly times: () => number } {
  let woken = 0
  const provider = { name: 'a', http: new SecretUrl(new URL('http://127.0.0.1')), ws: new SecretUrl(new URL(url)) }
  watchHeads({ providers: [provider], blockTimeMs: 1_000, signal: abort.signal, wake: () => void woken++ })
  return { times: () => woken }
}

/** The client cuts its connections: the server sees a reset. */
function isExpected(error: Error): void {
  expect(error).toMatchObject({ code: 'ECONNRESET' })
}

/** RFC 6455 §4.2.2: the server's half, after which it says nothing more. */
function handshake(request: string): string {
  const key = /sec-websocket-key: (.*)\r\n/i.exec(request)?.[1] ?? ''
  const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64')
  return `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`
}

function urlOf(server: Server): string {
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('no port')
  return `ws://127.0.0.1:${address.port}`
}

async function until(reached: () => boolean): Promise<void> {
  while (!reached()) await new Promise((resolve) => setTimeout(resolve, 10))
}

describe('watchHeads', () => {
  it('wakes for each new block', async () => {
    const watched = watch(lab.anvil.url.replace('http', 'ws'))
    await until(() => watched.times() === 1) // the subscription's answer
    await lab.mine()
    await until(() => watched.times() === 2)
    await lab.mine()
    await until(() => watched.times() === 3)
  })

  it('tries again when the connection fails', async () => {
    const server = createServer((socket) => socket.on('error', isExpected).destroy()).listen(0, '127.0.0.1')
    await once(server, 'listening')
    watch(urlOf(server))
    await once(server, 'connection')
    await once(server, 'connection')
    server.close()
  })

  it('tries again when the connection goes silent without being closed', async () => {
    let accepted = 0
    const server = createServer((socket) => {
      socket.on('error', isExpected).once('data', (request) => {
        accepted += 1
        socket.write(handshake(request.toString()))
      })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const provider = {
      name: 'a',
      http: new SecretUrl(new URL('http://127.0.0.1')),
      ws: new SecretUrl(new URL(urlOf(server))),
    }
    watchHeads({ providers: [provider], blockTimeMs: 1, signal: abort.signal, wake: () => undefined })
    await until(() => accepted === 2)
    abort.abort()
    server.close()
  })

  it('stops when it is told to', async () => {
    const watched = watch(lab.anvil.url.replace('http', 'ws'))
    await until(() => watched.times() === 1)
    abort.abort()
    await lab.mine()
    await new Promise((resolve) => setTimeout(resolve, 100))
    expect(watched.times()).toBe(1)
  })

  it('does nothing where no provider has a WebSocket', () => {
    const provider = { name: 'a', http: new SecretUrl(new URL('http://127.0.0.1')), ws: null }
    const wake = jest.fn()
    watchHeads({ providers: [provider], blockTimeMs: 1_000, signal: abort.signal, wake })
    expect(wake).not.toHaveBeenCalled()
  })
})
