import { lookup, Resolver } from 'node:dns/promises'
import { isIP, type Socket } from 'node:net'
import { types } from 'node:util'
import { type DestinationPolicy, knownAddresses } from '@ctrip/domain/destination-policy'
import { type DnsRecord, queryDns } from '@ctrip/service/query-dns'
import { LRUCache } from 'lru-cache'
import { Agent, buildConnector } from 'undici'
import { LIMITS } from './plan-claim'

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

/** The destination is not one that webhooks may go to. */
export class DestinationRefusedError extends Error {
  override readonly name = 'DestinationRefusedError'
}

/** The host's name leads to no address. */
export class NoAddressError extends Error {
  override readonly name = 'NoAddressError'
}

interface ConnectorDeps {
  readonly policy: DestinationPolicy
  readonly resolve: ResolveHost
}

const CONNECT_TIMEOUT_MS = 5_000
const ADDRESSES_TRIED_MAX = 3

/**
 * Connects for undici, to addresses that the policy allows. Decided here and nowhere earlier: on the very address that is
 * connected to, however the URL spells it and whatever its name resolved to a moment ago (DNS rebinding). A hook on the
 * lookup alone would be passed by: literal addresses are never looked up.
 */
function guardedConnector({ policy, resolve }: ConnectorDeps): buildConnector.connector {
  const connect = buildConnector({ timeout: CONNECT_TIMEOUT_MS, allowH2: false })

  async function open(options: buildConnector.Options): Promise<Socket> {
    const hostname = options.hostname.replace(/^\[|\]$/g, '')
    const addresses = await allowedAddresses({ policy, resolve }, hostname, options.protocol)
    const { servername: _given, ...rest } = options
    // The certificate must be the name's, though we connect to an address.
    const name = isIP(hostname) === 0 && options.protocol === 'https:' ? { servername: withoutDot(hostname) } : {}
    let failure: unknown
    for (const address of addresses.slice(0, ADDRESSES_TRIED_MAX)) {
      try {
        return await connectOnce({ ...rest, ...name, hostname: address })
      } catch (error) {
        failure = error
      }
    }
    throw failure
  }

  function connectOnce(options: buildConnector.Options): Promise<Socket> {
    return new Promise((done, fail) => {
      connect(options, (error, socket) => (error === null ? done(socket) : fail(error)))
    })
  }

  return (options, callback) => {
    open(options).then(
      (socket) => callback(null, socket),
      (error: unknown) => callback(types.isNativeError(error) ? error : new Error(String(error)), null),
    )
  }
}

async function allowedAddresses({ policy, resolve }: ConnectorDeps, hostname: string, protocol: string) {
  const addresses = await resolve(hostname).catch((cause: unknown) => {
    throw new NoAddressError(`${hostname} cannot be resolved`, { cause })
  })
  const judged = addresses.map((address) => ({ address, refusal: policy.refusal(address, protocol) }))
  const allowed = judged.filter(({ refusal }) => refusal === null).map(({ address }) => address)
  if (addresses.length === 0) throw new NoAddressError(`${hostname} has no address`)
  if (allowed.length === 0) throw new DestinationRefusedError(judged[0]?.refusal ?? 'refused')
  return allowed
}

function withoutDot(hostname: string): string {
  return hostname.replace(/\.$/, '')
}

/** Finds the addresses of a host, IPv4 first. Rejects when it has none. */
type ResolveHost = (hostname: string) => Promise<readonly string[]>

export interface ResolverOptions {
  /** `address:port` each; the system's unless given. */
  readonly servers?: readonly string[]
}

const QUERY_TIMEOUT_MS = 2_000
const QUERY_TRIES = 2
const HOSTS_CACHED_MAX = 10_000
/** A name may move: even a long TTL is believed for so long only. */
const TTL_SECONDS_MAX = 300
/** Names from the operating system have no TTL. */
const SYSTEM_TTL_SECONDS = 30
/** getaddrinfo has four threads: half of them at most, for names that DNS does not know. */
const SYSTEM_LOOKUPS_MAX = 2

/**
 * Resolves by DNS. Only where that answers that there is no such name, the operating system is asked, which knows /etc/hosts and
 * search domains. Answers are kept for their TTL.
 */
export function hostResolver({ servers }: ResolverOptions = {}): ResolveHost {
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES })
  if (servers !== undefined) resolver.setServers(servers)
  const askSystem = systemLookup()
  const cache = new LRUCache<string, Promise<readonly string[]>>({ max: HOSTS_CACHED_MAX })

  async function query(name: string): Promise<readonly string[]> {
    const records = await queryDns(resolver, name).catch((error: unknown) => {
      if (isUnknown(error)) return askSystem(name, error)
      throw error
    })
    keep(name, records)
    return records.map(({ address }) => address)
  }

  function keep(name: string, records: readonly DnsRecord[]): void {
    const seconds = Math.min(TTL_SECONDS_MAX, ...records.map(({ ttl }) => ttl))
    const known = cache.get(name)
    if (seconds > 0 && known !== undefined) cache.set(name, known, { ttl: seconds * 1_000 })
    else cache.delete(name)
  }

  return async (hostname) => {
    const known = knownAddresses(hostname)
    if (known !== null) return known
    const name = hostname.replace(/\.$/, '').toLowerCase()
    const cached = cache.get(name)
    if (cached !== undefined) return cached
    // Kept while it is being asked for, so that many deliveries to one host ask once.
    const asked = query(name)
    cache.set(name, asked)
    asked.catch(() => cache.delete(name))
    return asked
  }
}

/** The name does not exist, or has no address; not: nobody answered. */
function isUnknown(error: unknown): boolean {
  return types.isNativeError(error) && 'code' in error && (error.code === 'ENOTFOUND' || error.code === 'ENODATA')
}

/** Asks the operating system, a few names at once; beyond that the answer of DNS, `unknown`, stands until the next attempt. */
function systemLookup(): (name: string, unknown: unknown) => Promise<DnsRecord[]> {
  let underWay = 0
  return async (name, unknown) => {
    if (underWay >= SYSTEM_LOOKUPS_MAX) throw unknown
    underWay++
    try {
      const found = await lookup(name, { all: true, order: 'ipv4first' })
      return found.map(({ address }) => ({ address, ttl: SYSTEM_TTL_SECONDS }))
    } finally {
      underWay--
    }
  }
}
