import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

export type Ip = ipaddr.IPv4 | ipaddr.IPv6
export type Network = readonly [Ip, number]

const NETWORK = /^([^/%]+)\/(?:0|[1-9]\d{0,2})$/

/** Parses `10.0.0.0/8` or `fd00::/8`. ::ffff:10.0.0.0/104 means 10.0.0.0/8. Throws if it is no network. */
export function parseNetwork(cidr: string): Network {
  // Not ipaddr's own check: it reads `010.0.0.0/8` as octal, and takes `0/0`, `10.0.0.0/08` and zones.
  if (isIP(NETWORK.exec(cidr)?.[1] ?? '') === 0) throw new Error('no network')
  const [network, bits] = ipaddr.parseCIDR(cidr)
  if (network instanceof ipaddr.IPv6 && bits >= 96 && network.isIPv4MappedAddress())
    return [network.toIPv4Address(), bits - 96]
  return [network, bits]
}

/** An IPv4 address that comes as IPv6 (::ffff:10.0.0.1) is the IPv4 address. Null if the text is no address. */
export function parseIp(text: string): Ip | null {
  // Not ipaddr's own check: it also takes `12345` and `0x7f.1` for addresses.
  return isIP(text) === 0 ? null : ipaddr.process(text)
}

export function contains([network, bits]: Network, ip: Ip): boolean {
  if (network instanceof ipaddr.IPv4) return ip instanceof ipaddr.IPv4 && ip.match(network, bits)
  return ip instanceof ipaddr.IPv6 && ip.match(network, bits)
}

/** The network that is given to one customer: an IPv4 address, or a /64 (RFC 6177). */
export function customerNetwork(ip: Ip): string {
  return networkAround(ip, { ipv4: 32, ipv6: 64 })
}

/** The network that is given to one site or provider: an IPv4 /24, or a /48. */
export function siteNetwork(ip: Ip): string {
  return networkAround(ip, { ipv4: 24, ipv6: 48 })
}

function networkAround(ip: Ip, bits: { readonly ipv4: number; readonly ipv6: number }): string {
  return renderNetwork([ip, ip instanceof ipaddr.IPv4 ? bits.ipv4 : bits.ipv6])
}

/** The network in its usual spelling, with the bits of the host cleared: 10.1.2.3/8 is 10.0.0.0/8. */
export function renderNetwork([network, bits]: Network): string {
  const prefix = `${network.toString()}/${bits}`
  const base =
    network instanceof ipaddr.IPv4
      ? ipaddr.IPv4.networkAddressFromCIDR(prefix)
      : ipaddr.IPv6.networkAddressFromCIDR(prefix)
  return `${base.toString()}/${bits}`
}
