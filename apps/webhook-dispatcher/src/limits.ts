/** How many deliveries may be under way at once, in one process. */
export const LIMITS = {
  total: 256,
  /** Retries: so many that they never keep first attempts from being made. */
  retries: 128,
  /** A thousand hanging endpoints of one merchant must not starve the rest. */
  perMerchant: 64,
  /** scheme://host:port; also the number of its connections. */
  perOrigin: 32,
  perEndpoint: 16,
} as const

export type Limits = { readonly [Key in keyof typeof LIMITS]: number }
