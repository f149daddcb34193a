import type { AddressInfo } from 'node:net'
import { createServer, type Server, type Socket } from 'node:net'

export interface RawServer {
  readonly port: number
  /** Connections accepted so far. */
  readonly hits: () => number
}

const open: { server: Server; sockets: Set<Socket> }[] = []

/** A server that speaks as badly as `serve` likes. */
export async function startRawServer(
  serve: (socket: Socket) => void,
  host = '127.0.0.1',
  port = 0,
): Promise<RawServer> {
  const sockets = new Set<Socket>()
  let hits = 0
  const server = createServer((socket) => {
    hits++
    sockets.add(socket)
    socket.on('error', () => socket.destroy()) // the sender hung up, as it should
    socket.on('close', () => sockets.delete(socket))
    serve(socket)
  })
  await new Promise<void>((done, fail) => server.once('error', fail).listen(port, host, done))
  open.push({ server, sockets })
  return { port: (server.address() as AddressInfo).port, hits: () => hits }
}

export async function closeRawServers(): Promise<void> {
  for (const { server, sockets } of open.splice(0)) {
    for (const socket of sockets) socket.destroy()
    await new Promise<void>((closed) => server.close(() => closed()))
  }
}
