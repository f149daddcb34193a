import { contains, type Ip, parseNetwork } from '@ctrip/domain/networks'
import { type OperatorScope, SCOPES_OF_ROLE } from '@ctrip/domain/scopes'
import type { AdminCaller, Caller, EndpointSpec, MerchantCaller } from './endpoint'
import { Problem } from './problem'

/** Why the caller may not make this call from this address; null if it may. */
export function refusalOf(
  caller: Caller,
  { access, scope }: Pick<EndpointSpec, 'access' | 'scope'>,
  address: Ip | null,
): Problem | null {
  if (caller.kind !== access) return wrongDoor(caller)
  return caller.kind === 'merchant' ? refusalOfKey(caller, scope, address) : refusalOfRole(caller, scope)
}

function wrongDoor({ kind }: Caller): Problem {
  const detail =
    kind === 'admin'
      ? 'An operator’s key opens /api/v1/admin only.'
      : 'This call is for operators; this key is a merchant’s.'
  return new Problem(403, 'forbidden', detail)
}

function refusalOfKey(
  { scopes, allowedCidrs }: MerchantCaller,
  scope: EndpointSpec['scope'],
  address: Ip | null,
): Problem | null {
  if (allowedCidrs !== null && !isWithin(allowedCidrs, address)) {
    const detail = `This key may not be used from ${address?.toString() ?? 'a closed connection'}. Its networks are ${allowedCidrs.join(', ')}.`
    return new Problem(403, 'address_not_allowed', detail)
  }
  if (scopes === null || scopes.some((granted) => granted === scope)) return null
  return insufficient(scope, `this key has ${scopes.join(', ')}`)
}

function refusalOfRole({ role }: AdminCaller, scope: EndpointSpec['scope']): Problem | null {
  const granted: readonly OperatorScope[] = SCOPES_OF_ROLE[role]
  return granted.some((one) => one === scope) ? null : insufficient(scope, `the role ${role} has ${granted.join(', ')}`)
}

/** RFC 6750 §3.1. */
function insufficient(scope: string, granted: string): Problem {
  return new Problem(403, 'insufficient_scope', `This call needs the scope ${scope}; ${granted}.`, {
    headers: { 'WWW-Authenticate': `Bearer error="insufficient_scope", scope="${scope}"` },
  })
}

function isWithin(cidrs: readonly string[], address: Ip | null): boolean {
  return address !== null && cidrs.some((cidr) => contains(parseNetwork(cidr), address))
}
