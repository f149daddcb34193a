import { classifyNodeError } from '../../src/rpc/classify-error'

describe('classifyNodeError', () => {
  it.each<[string, number, string]>([
    // geth, erigon, nethermind, anvil, ethermint
    ['already_known', -32000, 'already known'],
    ['already_known', -32010, 'AlreadyKnown'],
    ['already_known', -32000, 'ALREADY_EXISTS: already known'],
    ['already_known', -32003, 'transaction already imported'],
    ['already_known', -32000, 'tx already in mempool'],
    ['nonce_too_low', -32000, 'nonce too low: next nonce 5, tx nonce 3'],
    ['nonce_too_low', -32003, 'nonce too low'],
    ['nonce_too_low', -32010, 'OldNonce, Current nonce: 5, nonce of rejected tx: 3'],
    ['nonce_too_low', -32000, 'account sequence mismatch, expected 7, got 5: incorrect account sequence'],
    ['underpriced', -32000, 'replacement transaction underpriced'],
    ['underpriced', -32000, 'transaction underpriced: tip needed 25000000000, tip permitted 1'],
    ['underpriced', -32010, 'FeeTooLowToCompete'],
    ['fee_below_base', -32000, 'max fee per gas less than block base fee: address 0x1, maxFeePerGas: 1, baseFee: 7'],
    ['fee_below_base', -32003, 'max fee per gas less than block base fee'],
    ['insufficient_funds', -32000, 'insufficient funds for gas * price + value: balance 0, tx cost 21000'],
    ['insufficient_funds', -32003, 'Insufficient funds for gas * price + value'],
    ['execution_reverted', 3, 'execution reverted: no'],
    ['execution_reverted', -32015, 'VM execution error.'.replace('execution error', 'Exception while processing')],
    ['rate_limited', 429, 'Your app has exceeded its compute units per second capacity.'],
    ['rate_limited', -32005, 'daily request count exceeded, request rate limited'],
    ['rate_limited', -32007, '50/second request limit reached'],
    ['rate_limited', -32000, 'Too many requests, please slow down'],
    ['not_ready', -32000, 'header not found'],
    ['not_ready', -32000, 'missing trie node 5a1b (path )'],
    ['not_ready', -32001, 'Resource not found.'],
    ['not_ready', -32000, 'cannot query unfinalized data'],
    ['not_ready', -39001, 'Unknown block'],
    ['method_not_found', -32601, 'the method eth_getBlockReceipts does not exist/is not available'],
    ['method_not_found', -32601, 'Method not found'],
    ['method_not_found', -32000, 'The method debug_traceBlockByHash is not supported on this plan'],
    ['method_not_found', -32004, 'Unsupported method'],
    ['invalid_request', -32602, 'invalid argument 0: hex string of odd length'],
    ['rejected', -32000, 'intrinsic gas too low: have 20000, want 21000'],
    ['rejected', -32000, 'exceeds block gas limit'],
    ['rejected', -32000, 'invalid sender'],
    ['rejected', -32000, 'transaction type not supported'],
    ['node_error', -32603, 'internal error'],
    ['node_error', 0, ''],
  ])('finds %s in %i "%s"', (kind, code, message) => {
    expect(classifyNodeError({ code, message }).kind).toBe(kind)
  })

  it('takes an error of no known sort for a passing one', () => {
    expect(classifyNodeError({ code: -32000, message: 'the moon is wrong' })).toEqual({
      retryable: true,
      kind: 'node_error',
    })
  })
})
