import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'
import { contains, type Network, parseNetwork } from './networks'

/** Which addresses webhooks may be sent to. */
export interface DestinationPolicy {
  /** Null: allowed. Else why not, for the operator. The address is one that a connection would go to, never a name. */
  refusal(address: string, protocol: string): string | null
}

/**
 * Addresses from which clouds give a machine its credentials, beside the link-local ones: Azure's wire server (a public address), Alibaba's, Oracle's,
 * AWS' and Google's. No allow-list opens them.
 */
const METADATA: readonly Network[] = [
  '168.63.129.16/32',
  '169.254.0.0/16',
  '100.100.100.200/32',
  '192.0.0.192/32',
  'fd00:ec2::/32',
  'fd20:ce::254/128',
  'fe80::/10',
].map(parseNetwork)

/** All that has been given out of IPv6 to hosts on the internet (IANA: 2000::/3). */
const GLOBAL_IPV6: Network = ipaddr.parseCIDR('2000::/3')

/**
 * Global unicast only (RFC 6890, RFC 4291), over HTTPS; plus the networks that the operator allows, over HTTP too. An IPv4
 * address that comes as IPv6 (::ffff:127.0.0.1) is judged as the IPv4 address it reaches. Other transports of IPv4 (NAT64,
 * 6to4, Teredo) are not unicast in ipaddr.js' book, and are refused as such.
 */
export function destinationPolicy(allowedCidrs: readonly string[]): DestinationPolicy {
  const allowed = allowedCidrs.map(parseNetwork)
  return {
    refusal(address, protocol) {
      const ip = ipaddr.process(address)
      if (METADATA.some((network) => contains(network, ip)))
        return `${address} is ${ip.range()}, where clouds keep credentials`
      if (allowed.some((network) => contains(network, ip))) return null
      if (protocol !== 'https:') return `${protocol}// is not allowed to ${address}`
      const range = ip.range()
      if (range !== 'unicast') return `${address} is ${range}`
      if (ip.kind() === 'ipv6' && !contains(GLOBAL_IPV6, ip)) return `${address} is outside 2000::/3`
      return null
    },
  }
}

/**
 * The addresses that the host of a URL has without asking anybody: its own, or the loopback's (RFC 6761 §6.3); null for any
 * other name. URL has already turned decimal, hex, octal and short spellings of IPv4 into the usual one.
 */
export function knownAddresses(hostname: string): readonly string[] | null {
  const name = hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase()
  if (isIP(name) !== 0) return [name]
  return name === 'localhost' || name.endsWith('.localhost') ? ['127.0.0.1', '::1'] : null
}
