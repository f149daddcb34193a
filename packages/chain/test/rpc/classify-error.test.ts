import { classifyHttpStatus, classifyNodeError } from '../../src/rpc/classify-error'
import { asksOthers, ERROR_ACTIONS, type ErrorKind, lacksMethod } from '../../src/rpc/error-kinds'

const SEND = 'eth_sendRawTransaction'
const CALL = 'eth_call'
const BALANCE = 'eth_getBalance'
const TRACE = 'debug_traceBlockByHash'
const RECEIPTS = 'eth_getBlockReceipts'
const BLOCK = 'eth_getBlockByNumber'

/** Texts of real nodes and of hosted providers, as public code and issues report them. */
describe('classifyNodeError', () => {
  it.each<[ErrorKind, string, string, number, string]>([
    // Of issues: INFURA/infura 237, ConsenSys-archive/truffle 3200, herdius/herdius-core 58.
    ['too_large', 'Infura', 'eth_getLogs', -32602, 'range 1000000 exceeds limit of 10000'],
    ['rate_limited', 'Infura', BALANCE, -32000, 'project ID request rate exceeded'],
    ['rate_limited', 'Infura', BALANCE, -32000, 'legacy access request rate exceeded'],
    // latticexyz/mud 1522, BobTheBuidler/dank_mids 772, bancorprotocol/webapp 523.
    ['rate_limited', 'QuickNode', BLOCK, -32012, 'credits limited to 6000/sec'],
    ['too_large', 'Alchemy', 'eth_getLogs', -32600, 'You can make eth_getLogs requests with up to a 500 block range.'],
    ['too_large', 'Alchemy', 'eth_getLogs', -32602, 'Log response size exceeded. Please reduce query block range.'],
    // energywebfoundation/origin 2378, AlphaWallet/alpha-wallet-android 2736, AlphaWallet/alpha-wallet-ios 5277.
    ['too_large', 'Energy Web', 'eth_getLogs', -32000, 'Limit exceeded: Query requested more than 10.000 blocks'],
    ['too_large', 'BNB Chain', 'eth_getLogs', -32000, 'exceed maximum block range: 5000'],
    ['too_large', 'Candle', 'eth_getLogs', -32600, 'block range too high'],
    ['already_known', 'geth', SEND, -32000, 'already known'],
    ['already_known', 'nethermind', SEND, -32010, 'AlreadyKnown'],
    ['already_known', 'erigon', SEND, -32000, 'INTERNAL_ERROR: existing tx with same hash'],
    ['already_known', 'besu', SEND, -32000, 'Known transaction'],
    ['already_known', 'anvil', SEND, -32003, 'transaction already imported'],
    ['already_known', 'ethermint', SEND, -32000, 'tx already in mempool'],
    ['already_known', 'hardhat', SEND, -32000, 'Known transaction: 0x5e2b'],
    ['nonce_too_low', 'geth', SEND, -32000, 'nonce too low: next nonce 5, tx nonce 3'],
    ['nonce_too_low', 'reth', SEND, -32003, 'nonce too low'],
    ['nonce_too_low', 'nethermind', SEND, -32010, 'OldNonce, Current nonce: 5, nonce of rejected tx: 3'],
    ['nonce_too_low', 'ethermint', SEND, -32000, 'account sequence mismatch, expected 7, got 5: incorrect'],
    ['nonce_too_low', 'hardhat', SEND, -32000, 'Nonce too low. Expected nonce to be 5 but got 3.'],
    [
      'nonce_too_low',
      'ganache',
      SEND,
      -32000,
      "the tx doesn't have the correct nonce. account has nonce of: 1 tx has nonce of: 0",
    ],
    ['underpriced', 'geth', SEND, -32000, 'replacement transaction underpriced'],
    ['underpriced', 'bor', SEND, -32000, 'transaction underpriced: tip needed 25000000000, tip permitted 1'],
    ['underpriced', 'nethermind', SEND, -32010, 'FeeTooLowToCompete'],
    ['underpriced', 'besu', SEND, -32009, 'Gas price below configured minimum gas price'],
    [
      'underpriced',
      'hardhat',
      SEND,
      -32000,
      'Replacement transaction underpriced. A gasPrice/maxFeePerGas of at least 7 is necessary',
    ],
    [
      'fee_below_base',
      'geth',
      SEND,
      -32000,
      'max fee per gas less than block base fee: address 0x1, maxFeePerGas: 1, baseFee: 7',
    ],
    ['fee_below_base', 'nitro', SEND, -32000, 'max fee per gas less than block base fee'],
    [
      'fee_below_base',
      'hardhat',
      SEND,
      -32000,
      'Transaction maxFeePerGas (1) is too low for the next block, which has a baseFeePerGas of 7',
    ],
    [
      'insufficient_funds',
      'geth',
      SEND,
      -32000,
      'insufficient funds for gas * price + value: balance 0, tx cost 21000',
    ],
    ['insufficient_funds', 'geth', 'eth_estimateGas', -32000, 'insufficient funds for gas * price + value'],
    ['insufficient_funds', 'besu', SEND, -32004, 'Upfront cost exceeds account balance'],
    [
      'insufficient_funds',
      'hardhat',
      SEND,
      -32000,
      "Sender doesn't have enough funds to send tx. The max upfront cost is: 9 and the sender's balance is: 0.",
    ],
    ['rejected', 'geth', SEND, -32000, 'intrinsic gas too low: have 20000, want 21000'],
    ['rejected', 'besu', SEND, -32005, 'Transaction gas limit exceeds block gas limit'],
    ['rejected', 'geth', SEND, -32000, 'transaction type not supported'],
    ['rejected', 'geth', SEND, -32000, 'invalid sender'],
    [
      'rejected',
      'hardhat',
      SEND,
      -32000,
      'Trying to send a raw transaction with an invalid chainId. The expected chainId is 31337',
    ],
    ['execution_reverted', 'geth', CALL, 3, 'execution reverted: no'],
    ['execution_reverted', 'geth', CALL, 3, 'execution reverted: Unauthorized, too many requests, quota'],
    ['execution_reverted', 'nethermind', CALL, -32015, 'VM execution error.'],
    ['execution_reverted', 'anvil', CALL, -32003, 'EVM error InvalidFEOpcode'],
    ['execution_reverted', 'geth', CALL, -32000, 'out of gas'],
    ['execution_reverted', 'geth', CALL, -32000, 'invalid jump destination'],
    ['execution_reverted', 'ganache', CALL, -32000, 'VM Exception while processing transaction: revert'],
    ['rate_limited', 'Alchemy', CALL, 429, 'Your app has exceeded its compute units per second capacity.'],
    [
      'rate_limited',
      'Alchemy',
      CALL,
      429,
      'Monthly capacity limit exceeded. Visit the dashboard to upgrade your scaling',
    ],
    ['rate_limited', 'Infura', CALL, -32005, 'daily request count exceeded, request rate limited'],
    [
      'rate_limited',
      'QuickNode',
      CALL,
      -32007,
      '50/second request limit reached - reduce calls per second or upgrade your account',
    ],
    ['rate_limited', 'Chainstack', CALL, -32005, "You've exceeded the RPS limit available on the current plan."],
    ['rate_limited', 'dRPC', CALL, 15, 'Too many requests, please slow down'],
    ['rate_limited', 'BlastAPI', CALL, -32097, 'Capacity exceeded'],
    ['rate_limited', 'EIP-1474', CALL, -32005, 'limit exceeded'],
    ['timeout', 'dRPC', CALL, 30, 'Request timeout on the free plan, please upgrade to paid plan'],
    ['too_large', 'geth', TRACE, -32000, 'execution timeout'],
    ['too_large', 'nitro', TRACE, -32000, 'execution aborted (timeout = 5s)'],
    ['too_large', 'geth', RECEIPTS, -32003, 'response too large'],
    ['too_large', 'Infura', 'eth_getLogs', -32005, 'query returned more than 10000 results'],
    ['too_large', 'llamarpc', 'eth_getLogs', -32000, 'exceed maximum block range: 1000'],
    ['too_large', 'besu', 'eth_getLogs', -32005, 'Requested range exceeds maximum RPC range limit'],
    ['state_pruned', 'geth', TRACE, -32000, 'required historical state unavailable (reexec=128)'],
    ['state_pruned', 'bor', TRACE, -32000, 'required historical state unavailable (reexec=12000)'],
    [
      'state_pruned',
      'geth',
      BALANCE,
      -32000,
      'missing trie node 5a1b (path ) state 0x5a1b is not available, not found',
    ],
    ['state_pruned', 'geth', BALANCE, -32000, 'historical state 5a1bfa81 is not available'],
    ['state_pruned', 'geth', BALANCE, -32000, "state histories haven't been fully indexed yet"],
    ['state_pruned', 'geth', BLOCK, 4444, 'Pruned history unavailable'],
    ['state_pruned', 'nethermind', BALANCE, -32002, 'No state available for block 0x5a1b'],
    [
      'state_pruned',
      'nethermind',
      RECEIPTS,
      -32602,
      'Receipts for block 7 (0x5a1b) are neither stored nor reproducible from state history.',
    ],
    ['state_pruned', 'besu', BALANCE, -32000, 'World state unavailable'],
    ['state_pruned', 'erigon', BALANCE, -32000, 'old data not available due to pruning'],
    ['state_pruned', 'op-reth', 'eth_getProof', -32602, 'distance to target block exceeds maximum proof window'],
    [
      'state_pruned',
      'op-geth',
      BALANCE,
      -32801,
      'no historical RPC is available for this historical (pre-bedrock) execution request',
    ],
    [
      'state_pruned',
      'monad',
      CALL,
      -32602,
      'Block requested not found. Request might be querying historical state that is not available',
    ],
    ['state_pruned', 'Infura', BALANCE, -32000, 'project ID does not have access to archive state'],
    [
      'state_pruned',
      'publicnode',
      BALANCE,
      -32602,
      'Archive requests require a personal token. Get one at: https://www.allnodes.com/publicnode',
    ],
    [
      'state_pruned',
      'Chainstack',
      BLOCK,
      -32002,
      'Archive, Debug and Trace requests are not available on your current plan.',
    ],
    [
      'refused_by_plan',
      'Chainstack',
      TRACE,
      -32002,
      'Archive, Debug and Trace requests are not available on your current plan.',
    ],
    [
      'refused_by_plan',
      'Alchemy',
      TRACE,
      -32600,
      'debug_traceBlockByHash is not available on the Free tier - upgrade to Pay As You Go, or Enterprise for access.',
    ],
    ['refused_by_plan', 'Alchemy', BLOCK, -32600, 'BNB_MAINNET is not enabled for this app. Visit the dashboard'],
    ['refused_by_plan', 'Alchemy', BLOCK, -32600, 'Must be authenticated!'],
    ['refused_by_plan', 'Infura', BLOCK, -32002, 'rejected due to project ID settings'],
    ['refused_by_plan', 'dRPC', TRACE, 35, 'method is not available on freetier, please upgrade to paid tier'],
    ['refused_by_plan', 'dRPC', TRACE, 12, "Can't route your request to suitable provider"],
    ['refused_by_plan', 'Ankr', TRACE, -32052, 'API key is not allowed to access blockchain'],
    ['refused_by_plan', 'Ankr', TRACE, -32052, ''],
    ['refused_by_plan', 'any', TRACE, -32000, 'The method debug_traceBlockByHash is not supported on this plan'],
    ['method_not_found', 'geth', RECEIPTS, -32601, 'the method eth_getBlockReceipts does not exist/is not available'],
    ['method_not_found', 'publicnode', TRACE, -32002, 'the resource debug_traceBlockByHash is not available.'],
    ['method_not_found', 'besu', TRACE, -32604, 'Method not enabled'],
    ['method_not_found', 'hardhat', TRACE, -32004, 'Method debug_traceBlockByHash is not supported'],
    ['method_not_found', 'Tenderly', TRACE, -32601, 'method not found'],
    ['method_not_found', 'QuickNode', TRACE, -32601, 'Method not found'],
    ['not_ready', 'geth', BALANCE, -32000, 'header not found'],
    ['not_ready', 'op-geth', BLOCK, -32000, 'block not found'],
    ['not_ready', 'bsc', BLOCK, -32000, 'header for hash not found'],
    ['not_ready', 'geth', TRACE, -32000, 'transaction indexing is in progress'],
    ['not_ready', 'avalanche', BLOCK, -32000, 'cannot query unfinalized data'],
    ['not_ready', 'geth', BLOCK, -39001, 'Unknown block'],
    ['not_ready', 'EIP-1474', BLOCK, -32001, 'Resource not found.'],
    ['invalid_request', 'geth', BLOCK, -32602, 'invalid argument 0: hex string of odd length'],
    ['node_error', 'geth', TRACE, -32603, 'method handler crashed'],
    ['node_error', 'dRPC', CALL, 19, 'Temporary internal error. Please retry, trace-id: 209ae775'],
    ['node_error', 'any', CALL, -32603, 'upstream is sick'],
    ['node_error', 'any', CALL, 0, ''],
  ])('finds %s in what %s says to %s: %i "%s"', (kind, _node, method, code, message) => {
    expect(classifyNodeError({ code, message }, method).kind).toBe(kind)
  })

  it('takes an error of no known sort for a passing one', () => {
    expect(classifyNodeError({ code: -32000, message: 'the moon is wrong' }, CALL)).toEqual({
      retryable: true,
      kind: 'node_error',
    })
  })
})

describe('classifyHttpStatus', () => {
  it.each<[number, ErrorKind | null]>([
    [401, 'refused_by_plan'],
    [403, 'refused_by_plan'],
    [413, 'too_large'],
    [500, null],
    [503, null],
  ])('reads %i as %s', (status, kind) => {
    expect(classifyHttpStatus(status)?.kind ?? null).toBe(kind)
  })
})

describe('the actions', () => {
  it('never gives up on a chain because of one plan or of one pruned node', () => {
    for (const kind of ['refused_by_plan', 'state_pruned', 'method_not_found', 'invalid_request'] as const)
      expect(asksOthers(kind)).toBe(true)
  })

  it('remembers a refusal of a method, and no refusal of an age', () => {
    expect(lacksMethod('refused_by_plan')).toBe(true)
    expect(lacksMethod('state_pruned')).toBe(false)
  })

  it('does not ask others what every node would say', () => {
    const givenUp = Object.entries(ERROR_ACTIONS).flatMap(([kind, action]) => (action === 'give_up' ? [kind] : []))
    expect(givenUp).toEqual([
      'execution_reverted',
      'nonce_too_low',
      'already_known',
      'underpriced',
      'fee_below_base',
      'insufficient_funds',
      'rejected',
    ])
  })
})
