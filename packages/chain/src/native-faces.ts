import type { Address } from '@ctrip/domain/address'

/** A contract through which a chain's native coin can be used like a token: the same balance twice. */
export interface NativeFace {
  readonly address: Address
  readonly where: string
  /** Only on these chains; on others the address may be an ordinary token. Null: on every chain, where it is reserved or of no other use. */
  readonly chainIds: readonly number[] | null
  readonly source: string
}

/**
 * Contracts that show native coin as an ERC-20. Configured as a token, one payment would be seen as a native transfer and as a token
 * transfer, and credited twice. EIP-7708's log address is refused by the schema, with the zero address.
 */
export const NATIVE_FACES: readonly NativeFace[] = [
  face('0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', 'every chain (a convention)', 'ERC-7528'),
  face('0x471ece3750da237f93b8e339c536989b8978a438', 'Celo', 'celo-monorepo, GoldToken: balances are native'),
  face(
    '0x000000000000000000000000000000000000800a',
    'zkSync and the chains of its stack',
    'era-contracts, L2BaseToken',
  ),
  face('0xdeaddeaddeaddeaddeaddeaddeaddeaddead0000', 'Metis, Mantle, Boba', 'Optimism, OVM_ETH and its successors'),
  face(
    '0x0000000000000000000000000000000000000802',
    'Moonbeam, Moonriver',
    'moonbeam, precompile Erc20BalancesPrecompile',
  ),
  face('0x0000000000000000000000000000000000001010', 'Polygon', 'genesis-contracts, MRC20'),
  face('0x3600000000000000000000000000000000000000', 'Arc', 'Arc documentation: USDC is the native coin'),
  face(
    '0x779ded0c9e1022225f8e0630b35a9b54be713736',
    'Stable',
    'Stable documentation: USDT0 is the native coin',
    [988, 2_201],
  ),
]

function face(address: string, where: string, source: string, chainIds: readonly number[] | null = null): NativeFace {
  return { address: address as Address, where, source, chainIds }
}

/** The face that an address is on a chain; null where it is none. */
export function nativeFace(chainId: unknown, address: unknown): NativeFace | null {
  if (typeof address !== 'string') return null
  const spelled = address.toLowerCase()
  const isFace = (one: NativeFace) =>
    one.address === spelled && (one.chainIds === null || one.chainIds.some((id) => id === chainId))
  return NATIVE_FACES.find(isFace) ?? null
}
