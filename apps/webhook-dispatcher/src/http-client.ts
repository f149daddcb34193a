import { Agent } from 'undici'
import { type ConnectorDeps, guardedConnector } from './guarded-connector'
import { LIMITS } from './limits'

/** No second header field needs longer. */
const HEADER_BYTES_MAX = 16 * 1024
const KEEP_ALIVE_MS = 30_000
const KEEP_ALIVE_MAX_MS = 300_000

/**
 * Keep-alive connections, a pool for each origin, so that none waits for another's. As many as there are slots: nothing
 * ever queues in here. No redirects and no decompression, by being plain `request`.
 */
export function webhookAgent(deps: ConnectorDeps): Agent {
  return new Agent({
    connect: guardedConnector(deps),
    connections: LIMITS.perOrigin,
    pipelining: 1,
    allowH2: false,
    maxHeaderSize: HEADER_BYTES_MAX,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MAX_MS,
  })
}
