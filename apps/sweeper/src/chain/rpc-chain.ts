import { randomBytes } from 'node:crypto'
import { readAgreedBalances } from '@ctrip/chain/agreed-balances'
import { fetchBlock } from '@ctrip/chain/blocks/fetch-block'
import type { ChainConfig } from '@ctrip/chain/chain-config'
import { agreedHead, countAgreeing, readHeight, readTag } from '@ctrip/chain/head'
import { amountOf, type Hex, numberField } from '@ctrip/chain/hex'
import { type Question, readAgreed } from '@ctrip/chain/read-agreed'
import { PermanentRpcError, RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import type { CallOptions, RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { readTokenFacts } from '@ctrip/chain/token-facts'
import { readCode, readNonce } from '@ctrip/chain/transactions/account'
import { broadcast } from '@ctrip/chain/transactions/broadcast'
import { estimateGas, type GasCall } from '@ctrip/chain/transactions/estimate-gas'
import { readMarket } from '@ctrip/chain/transactions/read-fees'
import { readReceipt } from '@ctrip/chain/transactions/read-receipt'
import { hasGasPriceOracle, readRollupFee } from '@ctrip/chain/transactions/rollup-fee'
import { type Address, parseAddress } from '@ctrip/domain/address'
import { type Amount, ZERO } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import { type Hash, parseHash } from '@ctrip/domain/hash'
import { hexlify, Wallet } from 'ethers'
import { once } from '../context/concurrency'
import { agreedTrial } from './agreed-trial'
import type { ChainAccess, Trial } from './chain-access'
import { tryTokenTransfer } from './try-token-transfer'

/**
 * The chain as its JSON-RPC providers show it. The signal cuts off whatever is being asked. `isAccepted`: whether an operator accepted
 * the block of this hash, so that a sweep in it can be settled.
 */
export function rpcChain(
  pool: RpcPool,
  config: ChainConfig,
  isAccepted: (hash: Hash) => Promise<boolean>,
  signal: AbortSignal,
): ChainAccess {
  const ask = { pool, signal }
  const agree = <T extends string | number | bigint | boolean>(question: Question<T>) =>
    readAgreed(pool, config.quorum, question, { signal })
  const chargesForData = once(() => hasGasPriceOracle(pool, config.quorum, { signal }))
  return {
    recheck: () => pool.recheck(signal),
    head: async () => (await agreed(ask, 'latest', 1)).hash,
    async taggedNumber(tag) {
      // One provider's number is compared with nothing: it may be of another network.
      if (config.quorum === 1) await pool.recheck(signal)
      return (await agreed(ask, tag, config.quorum)).number
    },
    agrees: async (number, hash) =>
      config.quorum === 1 || countAgreeing(await readHeight(pool, number, signal), hash) >= config.quorum,
    market: () => readMarket(pool, config.sweep, config.quorum, signal),
    dataFee: async (rawBytes, gasLimit) =>
      (await chargesForData()) ? readRollupFee(pool, config.quorum, rawBytes, gasLimit, { signal }) : ZERO,
    balance: (address) => agree(coinQuestion(address)),
    async tokenBalance(contract, holder) {
      const [held] = await readAgreedBalances(pool, config.quorum, 'latest', [{ address: holder, contract }], {
        signal,
      })
      return held ?? null
    },
    tokenFacts: (contract) => readTokenFacts(pool, contract, config.quorum, { signal }),
    balancesAt: (blockHash, holdings) => readAgreedBalances(pool, config.quorum, blockHash, holdings, { signal }),
    nonce: (address) => readNonce(pool, address, 'latest', { signal }),
    agreedNonce: (address, at) => agree(nonceQuestion(address, at)),
    nonceAfter: (address, blockHash) => nullIfForgotten(agree(nonceQuestion(address, { blockHash }))),
    tryNativeTransfer: (from, to) =>
      agreedTrial(pool, config.quorum, (at) => tryCall(ask, { from, to, value: ZERO, data: '0x' }, at)),
    tryTokenTransfer: (contract, from, to, amount) =>
      agreedTrial(pool, config.quorum, (at) =>
        tryTokenTransfer(pool, { contract, from, to, amount }, { ...at, signal }),
      ),
    code: (address) => readCode(pool, address, { signal }),
    supportsDelegation: () => probeDelegation(ask, config.chainId),
    broadcast: (raw) => broadcast(pool, raw, signal),
    receipt: (hash) => readReceipt(pool, hash, { signal }),
    isNowhere: (hash) => agree(absenceQuestion(hash)),
    block: (hash) => fetchBlock(pool, config, { hash }, { signal, isAccepted }),
  }
}

/** Whom to ask, and until when. */
interface Ask {
  readonly pool: RpcPool
  readonly signal: AbortSignal
}

async function agreed({ pool, signal }: Ask, tag: 'latest' | 'safe' | 'finalized', quorum: number) {
  const claim = agreedHead(await readTag(pool, tag, signal), quorum)
  if (claim === null) throw pool.nobodyToAsk('eth_getBlockByNumber')
  return claim
}

async function tryCall({ pool, signal }: Ask, call: GasCall, at: Pick<CallOptions, 'provider'> = {}): Promise<Trial> {
  try {
    return { kind: 'works', gas: await estimateGas(pool, call, { ...at, signal }), isSure: true, takesCode: true }
  } catch (error) {
    if (!(error instanceof PermanentRpcError) || error.kind === 'method_not_found') throw error
    return { kind: 'refused', why: error.message }
  }
}

async function nullIfForgotten<T>(answer: Promise<T>): Promise<T | null> {
  try {
    return await answer
  } catch (error) {
    const forgotten =
      error instanceof RetryableRpcError && (error.kind === 'not_ready' || error.kind === 'state_pruned')
    if (forgotten || error instanceof PermanentRpcError) return null
    throw error
  }
}

/** A block to ask about. EIP-1898: by hash a reorg cannot answer for another block of the same height, nor a node that lags for an older one. */
type At = 'latest' | number | { readonly blockHash: Hash }

function coinQuestion(address: Address): Question<Amount> {
  return { method: 'eth_getBalance', params: [address, 'latest'], read: amountOf }
}

function nonceQuestion(address: Address, at: At): Question<number> {
  const read = (nonce: unknown) => numberField({ nonce }, 'nonce')
  return { method: 'eth_getTransactionCount', params: [address, blockOf(at)], read }
}

function absenceQuestion(hash: Hash): Question<boolean> {
  return { method: 'eth_getTransactionReceipt', params: [hash], read: (receipt) => receipt === null }
}

function blockOf(at: At): At | Hex {
  return typeof at === 'number' ? `0x${at.toString(16)}` : at
}

/**
 * A node that knows EIP-7702 charges 25,000 gas for an authorization; others refuse it or overlook it. Asked with a key made
 * for the question: an authorization once shown can be used by whoever saw it.
 */
async function probeDelegation(ask: Ask, chainId: number): Promise<boolean> {
  const throwaway = new Wallet(hexlify(randomBytes(32)))
  const address = parseAddress(throwaway.address)
  const { signature } = throwaway.authorizeSync({ chainId, address: throwaway.address, nonce: 0 })
  const [r, s] = [parseHash(signature.r), parseHash(signature.s)]
  assert(address !== null && r !== null && s !== null, 'ethers spells addresses and signatures right')
  const authorization = { chainId, address, nonce: 0, yParity: signature.yParity, r, s }
  const call = { from: address, to: address, value: ZERO, data: '0x' as const, authorizations: [authorization] }
  const trial = await tryCall(ask, call)
  return trial.kind === 'works' && trial.gas >= PLAIN_TRANSFER_GAS + AUTHORIZATION_GAS
}

const PLAIN_TRANSFER_GAS = 21_000n
const AUTHORIZATION_GAS = 25_000n
