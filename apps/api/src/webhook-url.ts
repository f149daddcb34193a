import { Resolver } from 'node:dns/promises'
import ipaddr from 'ipaddr.js'

/** Why a webhook cannot be sent there, or null. */
export type WebhookUrlPolicy = (url: string) => Promise<string | null>

/** The addresses of a name; none where there are none, or nobody says in time. */
type ResolveName = (hostname: string) => Promise<readonly string[]>

// A transaction waits for it. One try: a private name that is not found is let pass, and judged by the dispatcher at each connection.
const RESOLVE_TIMEOUT_MS = 1_000
const HTTPS_ONLY = 'Must be an https:// URL.'
/** Names that no public name server answers for: one label, RFC 6761, RFC 6762, RFC 8375, ICANN's `.internal`. */
const PRIVATE_NAME = /^[^.]+$|\.(?:internal|local|localhost|test|home\.arpa)$/

/**
 * `https:` to public addresses; anything to the networks allowed, so also plain `http:` to a name that leads there. What this
 * says is for whoever types the URL: names move, and the dispatcher decides anew on the address that it connects to.
 */
export function webhookUrlPolicy(
  allowedCidrs: readonly string[],
  resolve: ResolveName = resolveByDns,
): WebhookUrlPolicy {
  const networks = allowedCidrs.map((cidr) => ipaddr.parseCIDR(cidr))
  const isAllowed = (address: Ip): boolean => networks.some((network) => isWithin(address, network))

  async function refusalOfName({ protocol, hostname }: URL): Promise<string | null> {
    if (protocol === 'https:') return null
    if (networks.length === 0) return HTTPS_ONLY
    const addresses = await resolve(hostname)
    const leadsIn =
      addresses.length > 0
        ? addresses.some((address) => isAllowed(ipaddr.process(address)))
        : PRIVATE_NAME.test(hostname.replace(/\.$/, '')) // nobody knows it: who has it in /etc/hosts, or is not up yet
    return leadsIn ? null : HTTPS_ONLY
  }

  return async (text) => {
    const url = URL.parse(text)
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return HTTPS_ONLY
    if (url.username !== '' || url.password !== '') return 'Must not carry a user name or password.'
    if (url.hash !== '') return 'Must not carry a fragment.'
    const address = literalAddress(url.hostname)
    if (address === null) return refusalOfName(url)
    if (isAllowed(address)) return null
    if (url.protocol === 'http:') return HTTPS_ONLY
    return address.range() === 'unicast' ? null : 'Must be a public address.'
  }
}

type Ip = ipaddr.IPv4 | ipaddr.IPv6

/** URL has already turned decimal, hex, octal and short spellings of IPv4 into the usual one. */
function literalAddress(hostname: string): Ip | null {
  const bare = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (bare === 'localhost') return ipaddr.parse('127.0.0.1') // RFC 6761 §6.3
  return ipaddr.isValid(bare) ? ipaddr.process(bare) : null
}

function isWithin(address: Ip, [network, bits]: [Ip, number]): boolean {
  return address.kind() === network.kind() && address.match(network, bits)
}

/** By c-ares: getaddrinfo has four threads, and a dead name server would hold them all. In time whatever the number of servers. */
async function resolveByDns(hostname: string): Promise<readonly string[]> {
  const resolver = new Resolver({ tries: 1 })
  const tooLate = setTimeout(() => resolver.cancel(), RESOLVE_TIMEOUT_MS)
  const found = await Promise.allSettled([resolver.resolve4(hostname), resolver.resolve6(hostname)])
  clearTimeout(tooLate)
  return found.flatMap((result) => (result.status === 'fulfilled' ? result.value : []))
}
