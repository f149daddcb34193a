/** Addresses that can never be a treasury, by the reason. Lower case. */
const USELESS: readonly (readonly [reason: string, addresses: readonly string[]])[] = [
  [
    'is a burn address: what is sent there is gone',
    [
      '0x000000000000000000000000000000000000dead',
      '0xdead000000000000000000000000000000000000',
      '0xdead000000000000000042069420694206942069',
      '0xdeaddeaddeaddeaddeaddeaddeaddeaddeaddead',
      '0xdeadbeefdeadbeefdeadbeefdeadbeefdeadbeef',
      '0x00000000000000000000045261d4ee77acdb3286',
      '0x0123456789012345678901234567890123456789',
      '0x1234567890123456789012345678901234567890',
    ],
  ],
  [
    'is a system address of the chain: what is sent there is gone',
    [
      '0xfffffffffffffffffffffffffffffffffffffffe', // the system caller of EIP-4788, 2935, 7002, 7251
      '0xeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', // ERC-7528
      '0x000f3df6d732807ef1319fb7b8bb8522d0beac02', // EIP-4788
      '0x0000f90827f1c53a10cb7a02335b175320002935', // EIP-2935
      '0x00000961ef480eb55e80d19ad83579a64c007002', // EIP-7002
      '0x0000bbddc7ce488642fb579f8b00f3a590007251', // EIP-7251
      '0xdeaddeaddeaddeaddeaddeaddeaddeaddead0001', // OP stack, depositor account
      '0xdeaddeaddeaddeaddeaddeaddeaddeaddead0000', // OP stack, OVM_ETH
    ],
  ],
  ["is the beacon chain's deposit contract, not an account of yours", ['0x00000000219ab540356cbb839cbe05303d7705fa']],
  [
    'is a contract that anybody may use, and that keeps or gives away what is sent to it',
    [
      '0xca11bde05977b3631167028862be2a173976ca11', // Multicall3
      '0x4e59b44847b379578588920ca78fbf26c0b4956c', // deterministic deployer
      '0x000000000022d473030f116ddee9f6b43ac78ba3', // Permit2
      '0x0000000071727de22e5e9d8baf0edac6f37da032', // ERC-4337 EntryPoint 0.7
      '0x5ff137d4b0fdcd49dca30c7cf57e578a026d2789', // ERC-4337 EntryPoint 0.6
      '0x13b0d85ccb8bf860b6b79af3029fca081ae9bef2', // CREATE2 factory
      '0x1820a4b7618bde71dce8cdc73aab6c95905fad24', // ERC-1820
    ],
  ],
  [
    'wraps native coin: coin sent there turns into a token of the sender, a deposit address',
    [
      '0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2', // Ethereum
      '0x82af49447d8a07e3bd95bd0d56f35241523fbab1', // Arbitrum One
      '0x0d500b1d8e8ef31e21c99d1db9a6444d3adf1270', // Polygon
      '0xbb4cdb9cbd36b01bd1cbaebf2de08d9173bc095c', // BNB Smart Chain
      '0xb31f66aa3c1e785363f0875a1b74e27b85fd66c7', // Avalanche
      '0xe91d153e0b41518a2ce8dd3d7944fa863463a97d', // Gnosis
      '0x039e2fb66102314ce7b64ce5ce3e5183bc94ad38', // Sonic
    ],
  ],
]

/** The first accounts of "test test test test test test test test test test test junk", which Anvil and Hardhat fund. Their keys are public. */
const KNOWN_TO_ALL: ReadonlySet<string> = new Set([
  '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266',
  '0x70997970c51812dc3a010c7d01b50e0d17dc79c8',
  '0x3c44cdddb6a900fa2b585dd299e03d12fa4293bc',
  '0x90f79bf6eb2c4f870365e785982e1f101e93b906',
  '0x15d34aaf54267db7d7c367839aaf71a00a2c6a65',
  '0x9965507d1a55bcc2695c58ba16fb37d819b0a4dc',
  '0x976ea74026e726554db657fa54763abd0c3a0aa9',
  '0x14dc79964da2c08b23698b3d3cc7ca32193d9955',
  '0x23618e81e3f5cdf7f54c3d65f7fbc0abf5b21e8f',
  '0xa0ee7a142d267c1f36714e4a8f75612f20a79720',
  '0xbcd4042de499d14e55001ccbb24a551f3b954096',
  '0x71be63f3384f5fb98995898a86b02fb2426c5788',
  '0xfabb0ac9d68b0b445fb7357272ff202c5651694a',
  '0x1cbd3b2770909d4e10f157cabc84c7264073c9ec',
  '0xdf3e18d64bc6a983f673ab319ccae4f1a57c7097',
  '0xcd3b766ccdd6ae721141f452c550ca635964ce71',
  '0x2546bcd3c84621e976d8185a91a922ae77ecec30',
  '0xbda5747bfd65f08deb54cb465eb87d40e51b197e',
  '0xdd2fd4581271e230360230f9337d5c0430bf44c0',
  '0x8626f6940e2eb28930efb4cef49b2d1f2c9c1199',
])

/** Chains of Anvil, Hardhat and geth's developer mode: their coin is worth nothing. */
const DEVELOPMENT_CHAINS: ReadonlySet<number> = new Set([1337, 31337])

/** The reason why an address of this list is no treasury on a chain; null where it is not in it. */
export function uselessByList(treasury: string, chainId: number): string | null {
  const spelled = treasury.toLowerCase()
  const found = USELESS.find(([, addresses]) => addresses.includes(spelled))
  if (found !== undefined) return found[0]
  const isPublic = KNOWN_TO_ALL.has(spelled) && !DEVELOPMENT_CHAINS.has(chainId)
  return isPublic ? "is an account of Anvil's and Hardhat's test mnemonic: everybody has its key" : null
}
