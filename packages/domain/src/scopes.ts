/**
 * The rights of a merchant's key. Each route needs exactly one of them: `write` does not include `read`, so that a key can
 * be made that asks for payments and sees no others.
 */
export const MERCHANT_SCOPES = [
  'chains:read',
  'events:read',
  'payments:read',
  'payments:write',
  'sweeps:read',
  'webhooks:read',
  'webhooks:write',
] as const

export const OPERATOR_SCOPES = ['admin:read', 'admin:write'] as const

export type MerchantScope = (typeof MERCHANT_SCOPES)[number]
export type OperatorScope = (typeof OPERATOR_SCOPES)[number]

export const OPERATOR_ROLES = ['operator', 'viewer'] as const
export type OperatorRole = (typeof OPERATOR_ROLES)[number]

/** The methods that each role may use. A viewer reads. */
export const SCOPES_OF_ROLE: Readonly<Record<OperatorRole, readonly OperatorScope[]>> = {
  operator: OPERATOR_SCOPES,
  viewer: ['admin:read'],
}

export function isMerchantScope(text: string): text is MerchantScope {
  return MERCHANT_SCOPES.some((scope) => scope === text)
}

export function isOperatorRole(text: string): text is OperatorRole {
  return OPERATOR_ROLES.some((role) => role === text)
}
