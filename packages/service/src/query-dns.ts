import type { Resolver } from 'node:dns/promises'

export interface DnsRecord {
  readonly address: string
  readonly ttl: number
}

/**
 * Resolves the addresses of a name, IPv4 first. Rejects if neither kind is found. Uses c-ares, which has its own
 * sockets and timeouts: getaddrinfo has four threads, and one dead name server would hold them all.
 */
export async function queryDns(resolver: Resolver, name: string): Promise<DnsRecord[]> {
  const [ipv4, ipv6] = await Promise.allSettled([
    resolver.resolve4(name, { ttl: true }),
    resolver.resolve6(name, { ttl: true }),
  ])
  if (ipv4.status === 'rejected' && ipv6.status === 'rejected') throw ipv4.reason
  return [ipv4, ipv6].flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
}
