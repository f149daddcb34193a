import { randomBytes } from 'node:crypto'
import type { Judgement } from '@ctrip/chain/checks/judgement'
import { ok, warning } from '@ctrip/chain/checks/judgement'
import { Wallet } from 'ethers'
import { rpc } from './start-node'

export interface Capability extends Judgement {
  readonly check: string
}

const BATCHES = [1, 10, 100, 1_000]
const PLAIN_TRANSFER_GAS = 21_000n
const AUTHORIZATION_GAS = 25_000n

/** The optional abilities that the sweeper uses: fees, EIP-1559, EIP-7702; and how many calls fit into one request. */
export async function surveyCapabilities(url: string, chainId: number): Promise<Capability[]> {
  const block = await rpc(url, 'eth_getBlockByNumber', ['latest', false])
  const hasBaseFee = typeof block === 'object' && block !== null && 'baseFeePerGas' in block
  return [
    {
      check: 'eip-1559',
      ...(hasBaseFee ? ok('blocks have a base fee') : warning('blocks have no base fee', 'sweeps use eth_gasPrice')),
    },
    await served(url, 'eth_feeHistory', ['0xa', 'latest', [50]], 'fees come from eth_gasPrice'),
    await served(url, 'eth_maxPriorityFeePerGas', [], 'the tip comes from eth_feeHistory'),
    await served(url, 'eth_gasPrice', [], 'fees come from eth_feeHistory alone'),
    { check: 'eip-7702', ...(await delegation(url, chainId)) },
    { check: 'batches', ...(await batches(url)) },
  ]
}

async function served(url: string, method: string, params: readonly unknown[], otherwise: string): Promise<Capability> {
  const answer = await rpc(url, method, params)
  return { check: method, ...(answer === null ? warning('is not served', otherwise) : ok('is served')) }
}

/** A node that knows EIP-7702 charges 25,000 gas for an authorization. The key is made for the question. */
async function delegation(url: string, chainId: number): Promise<Judgement> {
  const wallet = new Wallet(randomBytes(32).toString('hex'))
  const { signature, ...authorization } = await wallet.authorize({ chainId, address: wallet.address, nonce: 0 })
  const hex = (value: bigint | number) => `0x${value.toString(16)}`
  const list = [
    {
      ...{ chainId: hex(authorization.chainId), address: authorization.address, nonce: hex(authorization.nonce) },
      ...{ yParity: hex(signature.yParity), r: signature.r, s: signature.s },
    },
  ]
  const gas = await rpc(url, 'eth_estimateGas', [{ from: wallet.address, to: wallet.address, authorizationList: list }])
  const knows = typeof gas === 'string' && BigInt(gas) >= PLAIN_TRANSFER_GAS + AUTHORIZATION_GAS
  return knows
    ? ok('deposit addresses can delegate: tokens are swept in batches')
    : warning('not known to the node', 'each token sweep needs a top-up')
}

async function batches(url: string): Promise<Judgement> {
  let served = 0
  for (const size of BATCHES) {
    if (!(await answersBatch(url, size))) break
    served = size
  }
  return served > 1
    ? ok(`${served} calls in one request`)
    : warning('no batches', 'cTrip sends one call a request; nothing is lost')
}

async function answersBatch(url: string, size: number): Promise<boolean> {
  const calls = Array.from({ length: size }, (_, id) => ({ jsonrpc: '2.0', id, method: 'eth_chainId', params: [] }))
  try {
    const headers = { 'content-type': 'application/json' }
    const response = await fetch(url, {
      method: 'POST',
      headers,
      body: JSON.stringify(calls),
      signal: AbortSignal.timeout(5_000),
    })
    const answers: unknown = await response.json()
    return Array.isArray(answers) && answers.length === size
  } catch {
    return false // a connection that ends or an answer that is no JSON: no batch of this size
  }
}
