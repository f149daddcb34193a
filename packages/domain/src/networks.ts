import ipaddr from 'ipaddr.js'

export type Ip = ipaddr.IPv4 | ipaddr.IPv6
export type Network = readonly [Ip, number]

/** Parses `10.0.0.0/8` or `fd00::/8`. ::ffff:10.0.0.0/104 means 10.0.0.0/8. Throws if it is no network. */
export function parseNetwork(cidr: string): Network {
  const [network, bits] = ipaddr.parseCIDR(cidr)
  if (network instanceof ipaddr.IPv6 && bits >= 96 && network.isIPv4MappedAddress())
    return [network.toIPv4Address(), bits - 96]
  return [network, bits]
}

/** An IPv4 address that comes as IPv6 (::ffff:10.0.0.1) is the IPv4 address. Null if the text is no address. */
export function parseIp(text: string): Ip | null {
  return ipaddr.isValid(text) ? ipaddr.process(text) : null
}

export function contains([network, bits]: Network, ip: Ip): boolean {
  if (network instanceof ipaddr.IPv4) return ip instanceof ipaddr.IPv4 && ip.match(network, bits)
  return ip instanceof ipaddr.IPv6 && ip.match(network, bits)
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
