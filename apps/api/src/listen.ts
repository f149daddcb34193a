import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { StartupError } from '@ctrip/service/startup-error'
import type { Express } from 'express'
import { type RefuseDeps, refuseUnreadable } from './http/refuse-unreadable'

export interface Listening {
  readonly port: number
  close(): Promise<void>
}

const HEADERS_TIMEOUT_MS = 10_000
const REQUEST_TIMEOUT_MS = 30_000
/** Longer than a load balancer's, which must be the one to close: it would send a request into a closing connection. */
const KEEP_ALIVE_TIMEOUT_MS = 75_000
const DRAIN_MS = 10_000
const IDLE_CHECK_MS = 50

interface ListenOptions {
  readonly port: number
  readonly host?: string | undefined
  readonly refuse: RefuseDeps
}

/** Serves HTTP. `close` takes no new connections, lets requests finish, and after 10 s ends those that did not. */
export async function listen(app: Express, { port, host, refuse }: ListenOptions): Promise<Listening> {
  const server = createServer(
    {
      headersTimeout: HEADERS_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
      requireHostHeader: false, // the app does, with a body
    },
    app,
  )
  refuseUnreadable(server, app, refuse)
  await new Promise<void>((resolve, reject) => {
    server.once('error', (cause: NodeJS.ErrnoException) =>
      reject(
        new StartupError([`PORT: cannot listen on port ${port} (${cause.code}); free it, or choose another`], {
          cause,
        }),
      ),
    )
    server.listen({ port, ...(host === undefined ? {} : { host }) }, resolve)
  })
  return {
    port: (server.address() as AddressInfo).port,
    close: () => closeGently(server),
  }
}

function closeGently(server: Server): Promise<void> {
  return new Promise((resolve) => {
    // A connection is idle as soon as its answer is out; what has none after the time allowed loses its connection.
    const idle = setInterval(() => server.closeIdleConnections(), IDLE_CHECK_MS)
    const all = setTimeout(() => server.closeAllConnections(), DRAIN_MS)
    server.close(() => {
      clearInterval(idle)
      clearTimeout(all)
      resolve()
    })
  })
}
