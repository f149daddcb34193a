import type { FixtureName } from './fixtures'

/** A chain as docs/chains.md describes it. What is proven of it is worked out from its codec and its evidence. */
export interface KnownChain {
  readonly title: string
  readonly name: string
  readonly chainId: number
  readonly native: string
  /** `proof`: our encoding is the chain's. `agreement`: it has none that we know, so that contents must be equal at `quorum` providers. */
  readonly how: 'proof' | 'agreement'
  /** Blocks of such a chain that need agreement. */
  readonly except?: string
  /** Files of test/fixtures: of this chain, or of another one with the same encoding. */
  readonly evidence: readonly FixtureName[]
  readonly blockTimeMs: number
  /** As in chains.yaml. */
  readonly confirmations: string
  readonly finality: string
  readonly finalityMeans: string
  readonly fees: string
  readonly tracer: boolean
  readonly note?: string
}

const L1_FEE = 'beside gas a fee for L1 data, taken from the balance'
const OF_L1 = '`safe` and `finalized` follow L1'
const OP_STACK = {
  native: 'ETH',
  how: 'proof',
  evidence: ['zora-49513698'],
  finality: '{tag: finalized}',
  finalityMeans: OF_L1,
  fees: L1_FEE,
  tracer: true,
} as const

/** The twenty chains that are used most, in no order that means much. */
export const KNOWN_CHAINS: readonly KnownChain[] = [
  {
    ...{ title: 'Ethereum', name: 'ethereum', chainId: 1, native: 'ETH', how: 'proof', blockTimeMs: 12_000 },
    ...{
      evidence: ['ethereum-hoodi-411443', 'ethereum-18000000', 'ethereum-4369999', 'hive-blob', 'devnet-delegation'],
      confirmations: '[{below: "1000000000", depth: 3}, {depth: 12}]',
    },
    ...{ finality: '{tag: finalized}', finalityMeans: 'after two epochs, 13 minutes', fees: 'EIP-1559', tracer: true },
    note: 'Of blobs (type 3) and delegations (type 4) transactions of test chains are evidence, of mainnet none. A validator may withdraw to any address (EIP-4895): that is no transaction, and only reconciliation sees it. The same goes for Gnosis and Berachain.',
  },
  {
    ...{
      title: 'BNB Smart Chain',
      name: 'bsc',
      chainId: 56,
      native: 'BNB',
      how: 'proof',
      evidence: [],
      blockTimeMs: 450,
    },
    ...{ confirmations: '{depth: 15}', finality: '{tag: finalized}', finalityMeans: 'votes, two or three blocks' },
    ...{ fees: 'base fee 0, so the tip is all: nodes ask a least price', tracer: true },
  },
  { ...OP_STACK, title: 'Base', name: 'base', chainId: 8_453, blockTimeMs: 2_000, confirmations: '{depth: 10}' },
  {
    ...{ title: 'Arbitrum One', name: 'arbitrum', chainId: 42_161, native: 'ETH', how: 'proof', blockTimeMs: 250 },
    ...{ evidence: ['arbitrum-150000000', 'arbitrum-retryable'], confirmations: '{depth: 40}' },
    ...{
      finality: '{tag: finalized}',
      finalityMeans: OF_L1,
      fees: 'the cost of L1 data is part of the gas; tips are ignored',
      tracer: true,
    },
    note: 'Types 0x64, 0x65, 0x66 and 0x68 have no evidence. Blocks from before Nitro (August 2022) have other hashes and types. Fee refunds of tickets move coin without a transaction or a call: only reconciliation sees them.',
  },
  {
    ...{
      title: 'Polygon PoS',
      name: 'polygon',
      chainId: 137,
      native: 'POL',
      how: 'proof',
      evidence: ['polygon-50000000'],
    },
    ...{
      blockTimeMs: 2_000,
      confirmations: '{depth: 20}',
      finality: '{tag: finalized}',
      finalityMeans: 'milestones, a few seconds',
    },
    ...{ fees: 'a least tip of 25 gwei', tracer: true },
    except: 'agreement where the bridge wrote, since Madhugiri',
    note: "The bridge's transaction (state sync) stood in no root before Madhugiri: what it did is the provider's word, the rest of its block is proven. Since then (PIP-74, type 0x7f) it stands in the roots, and nodes do not show what they hash: a block with one is not provable.",
  },
  { ...OP_STACK, title: 'OP Mainnet', name: 'optimism', chainId: 10, blockTimeMs: 2_000, confirmations: '{depth: 10}' },
  {
    ...{
      title: 'Avalanche C-Chain',
      name: 'avalanche',
      chainId: 43_114,
      native: 'AVAX',
      how: 'proof',
      blockTimeMs: 1_500,
    },
    ...{ evidence: ['avalanche-fuji-58119344'], confirmations: '{depth: 2}', finality: '{tag: finalized}' },
    ...{ finalityMeans: 'an accepted block is final', fees: 'EIP-1559', tracer: true },
    except: 'agreement since Helicon',
    note: 'Since Helicon (ACP-194) a header holds the receipts of an earlier block: such blocks are not provable, and need agreement. The evidence is such a block of the test network Fuji.',
  },
  { ...OP_STACK, title: 'Unichain', name: 'unichain', chainId: 130, blockTimeMs: 1_000, confirmations: '{depth: 20}' },
  {
    ...OP_STACK,
    title: 'World Chain',
    name: 'world-chain',
    chainId: 480,
    blockTimeMs: 2_000,
    confirmations: '{depth: 10}',
  },
  { ...OP_STACK, title: 'Ink', name: 'ink', chainId: 57_073, blockTimeMs: 1_000, confirmations: '{depth: 20}' },
  {
    ...{
      title: 'Linea',
      name: 'linea',
      chainId: 59_144,
      native: 'ETH',
      how: 'proof',
      evidence: [],
      blockTimeMs: 2_000,
    },
    ...{ confirmations: '{depth: 10}', finality: '{tag: finalized}', finalityMeans: OF_L1 },
    ...{ fees: 'base fee of 7 wei, so the tip is all', tracer: true },
  },
  {
    ...{
      title: 'Scroll',
      name: 'scroll',
      chainId: 534_352,
      native: 'ETH',
      how: 'proof',
      evidence: ['scroll-l1-message'],
      blockTimeMs: 1_000,
    },
    ...{ confirmations: '{depth: 10}', finality: '{tag: finalized}', finalityMeans: OF_L1, fees: L1_FEE, tracer: true },
  },
  {
    ...{
      title: 'zkSync Era',
      name: 'zksync',
      chainId: 324,
      native: 'ETH',
      how: 'agreement',
      evidence: [],
      blockTimeMs: 1_000,
    },
    ...{ confirmations: '{depth: 10}', finality: '{tag: finalized}', finalityMeans: OF_L1 },
    ...{ fees: 'gas for L1 data (pubdata) is part of the gas', tracer: true },
    note: 'Its block hash is not that of an Ethereum header, and no root holds transactions or receipts.',
  },
  {
    ...{
      title: 'Gnosis',
      name: 'gnosis',
      chainId: 100,
      native: 'XDAI',
      how: 'proof',
      evidence: ['gnosis-28067555'],
      blockTimeMs: 5_000,
    },
    ...{ confirmations: '{depth: 12}', finality: '{tag: finalized}', finalityMeans: 'after two epochs, 3 minutes' },
    ...{ fees: 'EIP-1559', tracer: true },
    note: 'Blocks from before its merge (December 2022) have seals of another kind and are not provable.',
  },
  {
    ...{ title: 'Celo', name: 'celo', chainId: 42_220, native: 'CELO', how: 'proof', blockTimeMs: 1_000 },
    ...{ evidence: ['celo-cip64', 'zora-49513698'], confirmations: '{depth: 20}', finality: '{tag: finalized}' },
    ...{ finalityMeans: OF_L1, fees: 'may be paid in tokens (CIP-64)', tracer: true },
    note: 'Receipts of CIP-64 have no evidence. CELO sent through its ERC-20 face moves without a call that has a value: such a payment is not seen, only the balance. Blocks from before its move to the OP stack (March 2025) are not provable.',
  },
  {
    ...{
      title: 'Mantle',
      name: 'mantle',
      chainId: 5_000,
      native: 'MNT',
      how: 'proof',
      evidence: [],
      blockTimeMs: 2_000,
    },
    ...{ confirmations: '{depth: 10}', finality: '{tag: finalized}', finalityMeans: OF_L1, fees: L1_FEE, tracer: true },
  },
  {
    ...{
      title: 'Sonic',
      name: 'sonic',
      chainId: 146,
      native: 'S',
      how: 'proof',
      evidence: ['sonic-18701401'],
      blockTimeMs: 500,
    },
    ...{
      confirmations: '{depth: 2}',
      finality: '{tag: finalized}',
      finalityMeans: 'a block is final when it is there',
    },
    ...{ fees: 'EIP-1559', tracer: true },
  },
  {
    ...{
      title: 'Berachain',
      name: 'berachain',
      chainId: 80_094,
      native: 'BERA',
      how: 'proof',
      evidence: [],
      blockTimeMs: 2_000,
    },
    ...{
      confirmations: '{depth: 3}',
      finality: '{tag: finalized}',
      finalityMeans: 'a block is final when it is there',
    },
    ...{ fees: 'EIP-1559', tracer: true },
  },
  {
    ...{
      title: 'Cronos',
      name: 'cronos',
      chainId: 25,
      native: 'CRO',
      how: 'agreement',
      evidence: ['cronos-11446765'],
      blockTimeMs: 500,
    },
    ...{
      confirmations: '{depth: 2}',
      finality: '{tag: finalized}',
      finalityMeans: 'a block is final when it is there',
    },
    ...{ fees: 'EIP-1559 with a high least price', tracer: true },
    note: "Its hash is Tendermint's, and the header has no root of receipts.",
  },
  {
    ...{
      title: 'HyperEVM',
      name: 'hyperevm',
      chainId: 999,
      native: 'HYPE',
      how: 'agreement',
      evidence: [],
      blockTimeMs: 1_000,
    },
    ...{
      confirmations: '{depth: 3}',
      finality: '{tag: finalized}',
      finalityMeans: 'a block is final when it is there',
    },
    ...{ fees: 'EIP-1559', tracer: false },
    note: 'Nodes show system transactions that stand in no root among the others.',
  },
]
