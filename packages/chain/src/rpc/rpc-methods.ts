/** Methods that may stand in metrics and spans (semantic conventions 1.44 want `rpc.method` from an allow-list). */
const METHODS = new Set([
  'debug_traceBlockByHash',
  'eth_blockNumber',
  'eth_call',
  'eth_chainId',
  'eth_estimateGas',
  'eth_feeHistory',
  'eth_gasPrice',
  'eth_getBalance',
  'eth_getBlockByHash',
  'eth_getBlockByNumber',
  'eth_getBlockReceipts',
  'eth_getCode',
  'eth_getTransactionByHash',
  'eth_getTransactionCount',
  'eth_getTransactionReceipt',
  'eth_maxPriorityFeePerGas',
  'eth_sendRawTransaction',
])

export function methodLabel(method: string): string {
  return METHODS.has(method) ? method : '_OTHER'
}
