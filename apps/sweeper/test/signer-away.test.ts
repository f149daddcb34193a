import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLogger } from '@ctrip/telemetry/logger'
import { awaitSigner } from '../src/signer/reach-signer'
import { type SignerClient, SignerUnavailableError, signerClient } from '../src/signer/signer-client'

const log = createLogger({ service: 'test', level: 'silent' })

let folder: string
let socket: string
let client: SignerClient

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ctrip-signer-away-'))
  socket = join(folder, 'socket')
  client = signerClient({ kind: 'socket', path: socket })
})

afterEach(() => {
  client.close()
  rmSync(folder, { recursive: true, force: true })
})

describe('a sweeper that waits for its signer', () => {
  it('stops when it is told to while nothing listens', async () => {
    const stop = new AbortController()
    const waiting = awaitSigner(client, log, stop.signal)
    stop.abort()
    await expect(waiting).rejects.toThrow(/aborted/)
  })

  it('stops when it is told to while a signer accepts its connection and says nothing', async () => {
    const { server, connections } = await listen(() => undefined)
    const stop = new AbortController()
    const waiting = awaitSigner(client, log, stop.signal)
    await once(server, 'connection')
    stop.abort()
    await expect(waiting).rejects.toThrow(/aborted/)
    await close(server, connections)
  })

  it('does not take half an answer for the signer', async () => {
    const { server, connections } = await listen((connection) => {
      connection.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\n{"wallet_fingerprint":')
    })
    await expect(client.describe()).rejects.toThrow(SignerUnavailableError)
    await close(server, connections)
  })
})

async function listen(onConnection: (connection: Socket) => void) {
  const connections: Socket[] = []
  const server = createServer((connection) => {
    connections.push(connection)
    onConnection(connection)
  })
  server.listen(socket)
  await once(server, 'listening')
  return { server, connections }
}

async function close(server: Server, connections: readonly Socket[]): Promise<void> {
  for (const connection of connections) connection.destroy()
  server.close()
  await once(server, 'close')
}
