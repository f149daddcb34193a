import { Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
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

interface DnsRecord {
  readonly address: string
  readonly ttl: number
}

/**
 * Resolves by c-ares, which has its own sockets and timeouts: getaddrinfo has four threads, and one dead name server would
 * hold them all. Answers are kept for their TTL. It knows neither /etc/hosts nor search domains; `localhost` is the loopback
 * without asking (RFC 6761 §6.3).
 */
export function hostResolver({ servers }: ResolverOptions = {}): ResolveHost {
  const resolver = new Resolver({ timeout: QUERY_TIMEOUT_MS, tries: QUERY_TRIES })
  if (servers !== undefined) resolver.setServers(servers)
  const cache = new LRUCache<string, Promise<readonly string[]>>({ max: HOSTS_CACHED_MAX })

  async function query(name: string): Promise<readonly string[]> {
    const [ipv4, ipv6] = await Promise.allSettled([
      resolver.resolve4(name, { ttl: true }),
      resolver.resolve6(name, { ttl: true }),
    ])
    if (ipv4.status === 'rejected' && ipv6.status === 'rejected') throw ipv4.reason
    const records: DnsRecord[] = [ipv4, ipv6].flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
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
    const name = hostname.replace(/\.$/, '').toLowerCase()
    if (isIP(name) !== 0) return [name]
    if (name === 'localhost' || name.endsWith('.localhost')) return ['127.0.0.1', '::1']
    const known = cache.get(name)
    if (known !== undefined) return known
    // Kept while it is being asked for, so that many deliveries to one host ask once.
    const asked = query(name)
    cache.set(name, asked)
    asked.catch(() => cache.delete(name))
    return asked
  }
}
