import { isIP, type Socket } from 'node:net'
import { types } from 'node:util'
import type { DestinationPolicy } from '@ctrip/domain/destination-policy'
import { buildConnector } from 'undici'
import type { ResolveHost } from './resolve-host'

/** The destination is not one that webhooks may go to. */
export class DestinationRefusedError extends Error {
  override readonly name = 'DestinationRefusedError'
}

/** The host's name leads to no address. */
export class NoAddressError extends Error {
  override readonly name = 'NoAddressError'
}

export interface ConnectorDeps {
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
export function guardedConnector({ policy, resolve }: ConnectorDeps): buildConnector.connector {
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
