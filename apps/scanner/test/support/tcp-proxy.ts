import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A network between a process and a server, that can swallow every packet without closing anything. */
export interface TcpProxy {
  readonly port: number
  cut(): void
  mend(): void
  /** Whatever is sent arrives so much later, each way. */
  delay(ms: number): void
  close(): Promise<void>
}

export async function startTcpProxy(target: { host: string; port: number }): Promise<TcpProxy> {
  const sockets = new Set<Socket>()
  let isCut = false
  let delayMs = 0
  const pass = (to: Socket, chunk: Buffer): void => {
    if (delayMs === 0) to.write(chunk)
    else setTimeout(() => to.write(chunk), delayMs) // timers of one length fire in their order
  }
  const server = createServer({ pauseOnConnect: true }, (near) => {
    const far = connect(target)
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on('close', () => {
        sockets.delete(socket)
        near.destroy()
        far.destroy()
      })
      socket.on('error', () => socket.destroy())
    }
    near.on('data', (chunk) => pass(far, chunk))
    far.on('data', (chunk) => pass(near, chunk))
    if (isCut) {
      near.pause()
      far.pause()
    } else near.resume()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    port: (server.address() as AddressInfo).port,
    cut() {
      isCut = true
      for (const socket of sockets) socket.pause()
    },
    mend() {
      isCut = false
      for (const socket of sockets) socket.resume()
    },
    delay(ms) {
      delayMs = ms
    },
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
