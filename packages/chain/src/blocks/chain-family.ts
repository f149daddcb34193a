/**
 * Chains that encode their blocks alike. One type byte means different things: 0x7e is a deposit on the OP stack, a message from L1
 * on Scroll, a reward on Berachain. So what a block means is decided by the family, never by what a provider sent.
 */
export const CHAIN_FAMILIES = [
  'ethereum',
  'op-stack',
  'celo',
  'mantle',
  'arbitrum',
  'polygon',
  'avalanche',
  'berachain',
  'scroll',
  'foreign',
] as const

/** `foreign`: blocks are not encoded as Ethereum's, or not in a way that we know, so that nothing can be proven. */
export type ChainFamily = (typeof CHAIN_FAMILIES)[number]

const CHAIN_IDS: Readonly<Record<Exclude<ChainFamily, 'ethereum'>, readonly number[]>> = {
  // OP Mainnet, Metal, World Chain, Redstone, Fraxtal, Shape, Unichain, Soneium, Lisk, Base, Mode, Ink, BOB, Blast, Zora; then test chains
  'op-stack': [
    10, 1_750, 480, 690, 252, 360, 130, 1_868, 1_135, 8_453, 34_443, 57_073, 60_808, 81_457, 7_777_777, 1_301, 1_946,
    4_801, 84_532, 763_373, 11_155_420,
  ],
  celo: [42_220, 11_142_220],
  mantle: [5_000, 5_003],
  // Arbitrum One, Nova, Sepolia, ApeChain, Xai
  arbitrum: [42_161, 42_170, 421_614, 33_139, 660_279],
  polygon: [137, 80_002],
  avalanche: [43_114, 43_113],
  berachain: [80_094, 80_069],
  scroll: [534_352, 534_351],
  // zkSync Era, its test chain, Abstract, Fantom, Cronos and its test chain, HyperEVM and its test chain, Stable, Tempo
  foreign: [324, 300, 2_741, 250, 25, 338, 999, 998, 988, 2_201, 4_217],
}

const FAMILY_BY_ID = new Map(
  Object.entries(CHAIN_IDS).flatMap(([family, ids]) => ids.map((id) => [id, family as ChainFamily] as const)),
)

/** The family of a chain id; `ethereum` where it is not listed. `family` in chains.yaml overrides it. */
export function familyOf(chainId: number): ChainFamily {
  return FAMILY_BY_ID.get(chainId) ?? 'ethereum'
}
