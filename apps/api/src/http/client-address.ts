import { customerNetwork, type Ip, parseIp } from '@ctrip/domain/networks'
import type { Request } from 'express'

/**
 * The address that a request came from: the connection's, or the one that trusted proxies forward (TRUST_PROXY). Where they
 * forward something that is no address, it is the connection's. Null once the connection is closed.
 */
export function clientAddress(request: Request): Ip | null {
  return parseIp(request.ip ?? '') ?? parseIp(request.socket.remoteAddress ?? '')
}

/** Payers have no key: their quota is their network's. */
export function payerKey(request: Request): string {
  const address = clientAddress(request)
  return address === null ? 'gone' : customerNetwork(address)
}
