import { lookup, Resolver } from 'node:dns/promises'
import { types } from 'node:util'
import { knownAddresses } from '@ctrip/domain/destination-policy'
import { type DnsRecord, queryDns } from '@ctrip/service/query-dns'
import { LRUCache } from 'lru-cache'

/** Finds the addresses of a host, IPv4 first. Rejects when it has none. */
export type ResolveHost = (hostname: string) => Promise<readonly string[]>

export interface ResolverOptions {
  /** `address:port` each; the system's unless given. */
  readonly servers?: readonly string[]
}

const QUERY_TIMEOUT_MS = 2_000
const QUERY_TRIES = 2
const HOSTS_CACHED_MAX = 10_000
/** A name may move: even a long TTL is believed for so long only. */
const TTL_SECONDS_MAX = 300
/** What the operating system says comes without a TTL. */
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
