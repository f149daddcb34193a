import { fetchBlock } from '@ctrip/chain/blocks/fetch-block'
import type { ChainConfig } from '@ctrip/chain/chain-config'
import { decodeUint256, encodeTransferCall, readTokenBalance } from '@ctrip/chain/erc20'
import { agreedHead, countAgreeing, readHeight, readTag } from '@ctrip/chain/head'
import { amountOf, type Hex, numberField } from '@ctrip/chain/hex'
import { callAndRead } from '@ctrip/chain/rpc/read-result'
import { PermanentRpcError, RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import type { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { readBalance } from '@ctrip/chain/transactions/account'
import { broadcast } from '@ctrip/chain/transactions/broadcast'
import { estimateGas } from '@ctrip/chain/transactions/estimate-gas'
import { readFees } from '@ctrip/chain/transactions/read-fees'
import { readReceipt } from '@ctrip/chain/transactions/read-receipt'
import { type Address, parseAddress } from '@ctrip/domain/address'
import { ZERO } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import { Interface } from 'ethers'
import type { ChainAccess, Trial } from './chain-access'
import type { FeeMarket } from './fees'

/** The chain as its JSON-RPC providers show it. */
export function rpcChain(pool: RpcPool, config: ChainConfig): ChainAccess {
  return {
    headNumber: async () => (await agreed(pool, 'latest', 1)).number,
    taggedNumber: async (tag) => (await agreed(pool, tag, config.quorum)).number,
    agrees: async (number, hash) =>
      config.quorum === 1 || countAgreeing(await readHeight(pool, number), hash) >= config.quorum,
    market: () => readMarket(pool),
    dataFee: (rawBytes) => readDataFee(pool, rawBytes),
    balance: (address) => readBalance(pool, address),
    tokenBalance: (contract, holder) => readTokenBalance(pool, contract, holder),
    isEmptyAt: (address, contract, blockHash) => readIsEmpty(pool, address, contract, blockHash),
    nonce: (address, at) =>
      callAndRead(pool, 'eth_getTransactionCount', [address, at === 'latest' ? at : hexNumber(at)], {}, (result) =>
        numberField({ nonce: result }, 'nonce'),
      ),
    tryNativeTransfer: (from, to) =>
      tried(async () => ({ kind: 'works', gas: await estimateGas(pool, { from, to, value: ZERO, data: '0x' }) })),
    tryTokenTransfer: (contract, from, to, amount) =>
      tryCall(pool, { from, to: contract, data: encodeTransferCall(to, amount) }),
    broadcast: (raw) => broadcast(pool, raw),
    receipt: (hash) => readReceipt(pool, hash),
    block: (hash) => fetchBlock(pool, config, { hash }),
  }
}

async function agreed(pool: RpcPool, tag: 'latest' | 'safe' | 'finalized', quorum: number) {
  const claim = agreedHead(await readTag(pool, tag), quorum)
  if (claim === null) throw pool.nobodyToAsk('eth_getBlockByNumber')
  return claim
}

/** `readFees` offers twice the base fee and the tip: taken apart again. */
async function readMarket(pool: RpcPool): Promise<FeeMarket> {
  const fees = await readFees(pool)
  if (fees.kind === 'legacy') return fees
  const { maxFeePerGas, maxPriorityFeePerGas } = fees
  return { kind: 'eip1559', baseFee: (maxFeePerGas - maxPriorityFeePerGas) / 2n, tip: maxPriorityFeePerGas }
}

/**
 * A token's word counts, not only that the call came through: `false` moves nothing. Tokens that return nothing at all
 * are as old as the standard, and fine.
 */
async function tryCall(pool: RpcPool, call: { from: Address; to: Address; data: Hex }): Promise<Trial> {
  return tried(async () => {
    const answer = (await pool.call('eth_call', [call, 'latest'])).result
    if (answer !== '0x' && decodeUint256(answer) !== 1n) return { kind: 'refused', why: 'the token returned false' }
    return { kind: 'works', gas: await estimateGas(pool, { ...call, value: ZERO }) }
  })
}

async function tried(trial: () => Promise<Trial>): Promise<Trial> {
  try {
    return await trial()
  } catch (error) {
    if (error instanceof PermanentRpcError && error.kind !== 'method_not_found') {
      return { kind: 'refused', why: error.message }
    }
    throw error
  }
}

async function readIsEmpty(
  pool: RpcPool,
  address: Address,
  contract: Address | null,
  blockHash: string,
): Promise<boolean | null> {
  // EIP-1898: by hash, so that a reorg cannot answer for another block of the same height.
  const block = { blockHash }
  const [method, params] =
    contract === null
      ? (['eth_getBalance', [address, block]] as const)
      : (['eth_call', [{ to: contract, data: erc20.encodeFunctionData('balanceOf', [address]) }, block]] as const)
  try {
    return await callAndRead(pool, method, params, {}, (result) => (decodeUint256(result) ?? amountOf(result)) === 0n)
  } catch (error) {
    if (error instanceof PermanentRpcError || (error instanceof RetryableRpcError && error.kind === 'not_ready'))
      return null
    throw error
  }
}

/** OP-stack chains charge for data too: https://docs.optimism.io/stack/transactions/fees. Others have no such contract. */
async function readDataFee(pool: RpcPool, rawBytes: number) {
  const data = gasPriceOracle.encodeFunctionData('getL1FeeUpperBound', [rawBytes])
  const { result } = await pool.call('eth_call', [{ to: GAS_PRICE_ORACLE, data }, 'latest'])
  return decodeUint256(result) ?? ZERO
}

const erc20 = new Interface(['function balanceOf(address) view returns (uint256)'])
const gasPriceOracle = new Interface(['function getL1FeeUpperBound(uint256) view returns (uint256)'])
const GAS_PRICE_ORACLE = knownAddress('0x420000000000000000000000000000000000000f')

function knownAddress(text: string): Address {
  const address = parseAddress(text)
  assert(address !== null, `${text} is an address`)
  return address
}

function hexNumber(value: number): Hex {
  return `0x${value.toString(16)}`
}
