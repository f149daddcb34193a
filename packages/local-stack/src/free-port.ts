import { createServer } from 'node:net'

const HOST = '127.0.0.1'

/** A port that nothing listens on at this moment. */
export async function freePort(): Promise<number> {
  return await listenOnce(0)
}

/** Whether this port could be listened on at this moment. */
export async function isPortFree(port: number): Promise<boolean> {
  try {
    await listenOnce(port)
    return true
  } catch {
    return false // whatever the reason (in use, not permitted): we could not use it either
  }
}

function listenOnce(port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer()
    server.once('error', reject)
    server.listen(port, HOST, () => {
      const address = server.address()
      server.close(() =>
        typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port')),
      )
    })
  })
}
