import { RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import type { BroadcastOutcome } from '@ctrip/chain/transactions/broadcast'
import { amount } from '@ctrip/domain/amount'
import type { Hash } from '@ctrip/domain/hash'
import type { ChainAccess } from '../../src/chain/chain-access'
import type { Dice } from './dice'
import { PLAIN_GAS, type SimulatedChain, TOKEN_GAS } from './simulated-chain'

/** The process is dead: nothing after the await that threw this has happened. */
export class Crash extends Error {
  override readonly name = 'Crash'
}

const CRASH = 0.01
const TIMEOUT = 0.03
/** More than the confirmations that are waited for. */
const LAG_BLOCKS_MAX = 6

/**
 * The simulated chain through nodes that time out (sometimes after they have accepted), lag behind, tell of less
 * than there is, and a process that may die at each question, before it was asked or after it was answered.
 */
export function unreliableAccess(chain: SimulatedChain, dice: Dice): ChainAccess {
  const troubled = async <T>(question: string, answer: () => T): Promise<T> => {
    if (dice.fails(`crash before ${question}`, CRASH)) throw new Crash(question)
    if (dice.fails(`timeout ${question}`, TIMEOUT)) throw timeout(question)
    const given = answer()
    if (dice.fails(`crash after ${question}`, CRASH)) throw new Crash(question)
    return given
  }
  // One provider is asked for long, and answers everything as of the block that it has reached.
  const lag = dice.fails('lagging', 0.5) ? dice.between('lag', 1, LAG_BLOCKS_MAX) : 0
  const seen = () => chain.blocks.at(-1 - lag) ?? chain.head
  /** One provider alone, with nobody to contradict it. */
  const understated = (question: string, held: bigint) =>
    amount(dice.fails(`lie ${question}`, 0.03) ? held / 300n : held)
  const at = (blockHash: Hash) => chain.blocks.find(({ verified }) => verified.hash === blockHash)
  return {
    recheck: () => troubled('recheck', () => undefined),
    head: () => troubled('head', () => chain.head.verified.hash),
    taggedNumber: () => troubled('tag', () => chain.head.verified.number),
    agrees: (_number, hash) => troubled('agrees', () => at(hash) !== undefined),
    market: () => troubled('market', () => chain.market()),
    dataFee: (_bytes, gasLimit) => troubled('data fee', () => amount(chain.operatorFee(gasLimit))),
    balance: (of) => troubled(`balance ${of}`, () => understated(`balance ${of}`, seen().state.coins.get(of) ?? 0n)),
    tokenBalance: (_contract, of) =>
      troubled(`token ${of}`, () => understated(`token ${of}`, seen().state.tokens.get(of) ?? 0n)),
    tokenFacts: () => troubled('facts', () => ({ symbol: 'USDC', decimals: 6 })),
    balancesAt: (blockHash, holdings) =>
      troubled(`balances ${blockHash}`, () => {
        const state = at(blockHash)?.state
        // A node that has pruned the state of that block.
        const isForgotten = state === undefined || dice.fails(`pruned ${blockHash}`, 0.03)
        return holdings.map(({ address: of, contract }) => {
          if (isForgotten) return null
          if (contract !== null) return amount(state.tokens.get(of) ?? 0n)
          return understated(`remaining ${of}`, state.coins.get(of) ?? 0n)
        })
      }),
    nonce: (of) => troubled(`nonce ${of}`, () => seen().state.nonces.get(of) ?? 0),
    agreedNonce: (of, height) =>
      troubled(`agreed nonce ${of}`, () => {
        const block = height === 'latest' ? seen() : chain.blocks.find((one) => one.verified.number === height)
        return block?.state.nonces.get(of) ?? 0
      }),
    nonceAfter: (of, blockHash) =>
      troubled(`nonce after ${of}`, () => {
        const state = at(blockHash)?.state
        return state === undefined ? null : (state.nonces.get(of) ?? 0)
      }),
    tryNativeTransfer: (from) =>
      troubled(`try ${from}`, () => ({ kind: 'works' as const, gas: PLAIN_GAS, isSure: true, takesCode: true })),
    tryTokenTransfer: (_contract, from, _to, value) =>
      troubled(`try token ${from}`, () =>
        (chain.head.state.tokens.get(from) ?? 0n) >= value
          ? { kind: 'works' as const, gas: TOKEN_GAS, isSure: true, takesCode: true }
          : { kind: 'refused' as const, why: 'not enough' },
      ),
    code: (of) => troubled(`code ${of}`, () => seen().state.code.get(of) ?? '0x'),
    supportsDelegation: () => troubled('delegation', () => true),
    broadcast: (raw) =>
      troubled('broadcast', () => {
        const lost = dice.fails(`lost before ${raw.slice(-64)}`, 0.05)
        const answer: BroadcastOutcome = lost ? 'unknown' : chain.submit(raw)
        const outcome = dice.fails(`lost after ${raw.slice(-64)}`, 0.1) ? 'unknown' : answer
        return { outcome, answers: [{ provider: 'simulated', outcome, reason: '' }] }
      }),
    receipt: (hash) =>
      troubled(`receipt ${hash}`, () => {
        const found = chain.find(hash)
        if (found === null) return null
        const { block, mined } = found
        return {
          transactionHash: hash,
          blockHash: block.verified.hash,
          blockNumber: block.verified.number,
          transactionIndex: block.mined.indexOf(mined),
          succeeded: mined.succeeded,
          gasUsed: mined.gasUsed,
          effectiveGasPrice: mined.fee / mined.gasUsed,
          rollupFeeWei: amount(mined.operatorFee),
          contractAddress: null,
          canonical: true,
        }
      }),
    isNowhere: (hash) => troubled(`nowhere ${hash}`, () => chain.find(hash) === null),
    block: (hash) => troubled(`block ${hash}`, () => at(hash)?.verified ?? null),
  }
}

function timeout(method: string): RetryableRpcError {
  return new RetryableRpcError('timeout', { chain: 'anvil', provider: 'simulated', method, reason: '' })
}
