import ipaddr from 'ipaddr.js'

/** Why a webhook cannot be sent there, or null. What a name resolves to is judged by the dispatcher, at each connection. */
export type WebhookUrlPolicy = (url: string) => string | null

/**
 * `https:` to public addresses; anything to the networks allowed. A name over `http:` passes only where some network is
 * allowed: the dispatcher then refuses it outside of those.
 */
export function webhookUrlPolicy(allowedCidrs: readonly string[]): WebhookUrlPolicy {
  const allowed = allowedCidrs.map((cidr) => ipaddr.parseCIDR(cidr))
  return (text) => {
    const url = URL.parse(text)
    if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return 'Must be an https:// URL.'
    if (url.username !== '' || url.password !== '') return 'Must not carry a user name or password.'
    if (url.hash !== '') return 'Must not carry a fragment.'
    const address = literalAddress(url.hostname)
    if (address !== null && allowed.some((range) => isWithin(address, range))) return null
    if (url.protocol === 'http:' && (address !== null || allowed.length === 0)) return 'Must be an https:// URL.'
    return address !== null && address.range() !== 'unicast' ? 'Must be a public address.' : null
  }
}

/** URL has already turned decimal, hex, octal and short spellings of IPv4 into the usual one. */
function literalAddress(hostname: string): ipaddr.IPv4 | ipaddr.IPv6 | null {
  const bare = hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '')
  if (bare === 'localhost') return ipaddr.parse('127.0.0.1') // RFC 6761 §6.3
  return ipaddr.isValid(bare) ? ipaddr.process(bare) : null
}

function isWithin(address: ipaddr.IPv4 | ipaddr.IPv6, [network, bits]: [ipaddr.IPv4 | ipaddr.IPv6, number]): boolean {
  return address.kind() === network.kind() && address.match(network, bits)
}
