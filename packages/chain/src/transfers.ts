import { type Address, parseAddress } from '@ctrip/domain/address'
import { type Amount, amount, ZERO } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import type { Hash } from '@ctrip/domain/hash'
import { recoverSender } from './blocks/recover-sender'
import type { VerifiedBlock, VerifiedLog } from './blocks/verified-block'
import { internalMoves, type TransactionTrace } from './call-trace'
import type { ChainConfig } from './chain-config'

export type TransferKind = 'native' | 'erc20' | 'internal'

/** Money that moved to `to`. Whose address that is, is not known here. */
export interface Transfer {
  readonly kind: TransferKind
  readonly txHash: Hash
  readonly from: Address
  readonly to: Address
  readonly amount: Amount
  /** The token; null for native coin. */
  readonly contract: Address | null
  /** Of the `Transfer` event, within the block; null for native coin. */
  readonly logIndex: number | null
  /** Unique within the block and kind: transaction index, log index, or running number of the traced move. */
  readonly position: number
  /**
   * Within the transaction: 0, the number of the log among the transaction's, or of the move among its trace's. With transaction and kind it names the transfer
   * also after a reorg has put it into another block. It counts what is not extracted too, so that configuring a token later renumbers nothing.
   */
  readonly ordinal: number
  /** Whether the block's roots commit to it. False for what a trace tells, and in a block that is not proven. */
  readonly proven: boolean
}

/** keccak-256 of `Transfer(address,address,uint256)`. */
const TRANSFER_TOPIC: string = '0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef'

/**
 * The transfers of a block that may be somebody's payment:
 * - native: a transaction that succeeded, with value, to an address
 * - erc20: a `Transfer` event with exactly three topics (ERC-721 shares the event, with four) of a configured contract
 * - internal: value moved by contracts, from the block's traces, where they are given
 *
 * Left out: nothing moved (value zero), and moved to oneself: crediting that would invent money. Native transfers to oneself are
 * still there, because what a block says of a sender is nobody's proof: `withTrueSenders` takes them out.
 * EIP-7708's logs of native transfers come from no configured contract, so that native coin never counts twice.
 */
export function extractTransfers(
  block: VerifiedBlock,
  chain: Pick<ChainConfig, 'tokens'>,
  traces: readonly TransactionTrace[] | null = null,
): Transfer[] {
  const found = [...nativeTransfers(block), ...tokenTransfers(block, chain), ...internalTransfers(traces ?? [])]
  return found.filter(({ kind, amount, from, to }) => amount > ZERO && (kind === 'native' || from !== to))
}

/**
 * The same transfers, each native one with the sender that its signature tells, and without those to oneself. For the few transfers
 * that are to our addresses: recovering a sender costs about a millisecond.
 */
export function withTrueSenders(block: VerifiedBlock, transfers: readonly Transfer[]): Transfer[] {
  return transfers.flatMap((transfer) => {
    if (transfer.kind !== 'native') return [transfer]
    const transaction = block.transactions[transfer.position]
    assert(transaction?.hash === transfer.txHash, 'a native transfer stands at the place of its transaction')
    const sender = recoverSender(transaction)
    // A proven transaction that nobody signed is of a kind of its own: at least it is not our own address that sends.
    if (sender === null) return [transfer]
    return sender === transfer.to ? [] : [{ ...transfer, from: sender }]
  })
}

function nativeTransfers(block: VerifiedBlock): Transfer[] {
  return block.transactions.flatMap(({ hash, index, from, to, value, status, proven }) =>
    status === 'succeeded' && to !== null
      ? [
          {
            kind: 'native',
            txHash: hash,
            from,
            to,
            amount: value,
            contract: null,
            logIndex: null,
            position: index,
            ordinal: 0,
            proven,
          },
        ]
      : [],
  )
}

function tokenTransfers(block: VerifiedBlock, chain: Pick<ChainConfig, 'tokens'>): Transfer[] {
  const contracts = new Set(chain.tokens.map((token) => token.contract))
  const transfers: Transfer[] = []
  let ordinal = 0
  block.logs.forEach((log, at) => {
    ordinal = block.logs[at - 1]?.transactionIndex === log.transactionIndex ? ordinal + 1 : 0
    if (!contracts.has(log.address)) return
    const proven = block.transactions[log.transactionIndex]?.proven === true
    const decoded = decodeTransfer(log)
    if (decoded === null) return
    const { transactionHash: txHash, address: contract, logIndex } = log
    transfers.push({ kind: 'erc20', txHash, ...decoded, contract, logIndex, position: logIndex, ordinal, proven })
  })
  return transfers
}

/** What an ERC-20 `Transfer` event says; null for any other event. */
export function decodeTransfer(
  log: Pick<VerifiedLog, 'topics' | 'data'>,
): { from: Address; to: Address; amount: Amount } | null {
  const [topic, fromTopic, toTopic] = log.topics
  if (topic !== TRANSFER_TOPIC || log.topics.length !== 3 || log.data.length !== 66) return null
  const from = addressFromTopic(fromTopic)
  const to = addressFromTopic(toTopic)
  return from === null || to === null ? null : { from, to, amount: amount(BigInt(log.data)) }
}

function addressFromTopic(topic: Hash | undefined): Address | null {
  return topic?.startsWith(`0x${'0'.repeat(24)}`) ? parseAddress(`0x${topic.slice(26)}`) : null
}

function internalTransfers(traces: readonly TransactionTrace[]): Transfer[] {
  let position = 0
  return traces.flatMap(({ transactionHash, root }) => {
    const moves = internalMoves(root)
    return moves.map((move, ordinal) => ({
      kind: 'internal',
      txHash: transactionHash,
      ...move,
      contract: null,
      logIndex: null,
      position: position++,
      ordinal,
      proven: false,
    }))
  })
}
