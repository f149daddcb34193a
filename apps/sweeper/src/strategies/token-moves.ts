import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import { decodeCollection, decodeTransferCall } from '@ctrip/chain/sweep-contracts/decode-calls'
import { decodeTransaction } from '@ctrip/chain/transactions/decode-transaction'
import { decodeTransfer } from '@ctrip/chain/transfers'
import { collectedInBlock, type MinedCollection } from '@ctrip/db/sweeps/collected-in-block'
import type { Address } from '@ctrip/domain/address'
import { type Amount, amount, ZERO } from '@ctrip/domain/amount'
import { assert, unreachable } from '@ctrip/domain/assert'
import { type AnnouncedMove, type Emptied, type Movement, movementsOf } from '@ctrip/domain/sweep/movements'
import type { LeasedContext } from '../context/sweep-context'
import type { Collected, MinedSweep } from './strategy'

/**
 * Reads what a transaction took of each address, by the balances before and after its block: a transfer may keep a part, move
 * half, announce nothing, or come through and move nothing. All that we took of this token into this treasury in the same
 * block is judged together, so that every sweep's share is the same whichever is settled first.
 */
export async function readTokenMoves(
  context: LeasedContext,
  { sweep, attempt, mined }: MinedSweep,
  block: VerifiedBlock,
): Promise<Collected[]> {
  const contract = contractOf(sweep.asset.contract)
  const terms = { chainId: sweep.chainId, contract, treasury: sweep.treasury }
  const collections = await collectedInBlock(context.db.prisma, terms, mined)
  const movements = await readMovements(context, { ...terms, block }, collections.flatMap(asked))
  const position = positionIn(block, attempt.hash)
  return sweep.items.flatMap((item) => {
    const movement = movements.find((one) => one.address === item.address && one.transactionHash === attempt.hash)
    if (movement === undefined || movement.left === ZERO) return []
    const { arrived, left, after, requested } = movement
    const stayed = amount(requested > left ? requested - left : 0n)
    return [{ item, amount: arrived, left, stayed, remaining: after, setAside: null, position }]
  })
}

export function contractOf(contract: Address | null): Address {
  assert(contract !== null, 'a token has a contract')
  return contract
}

interface BlockTerms {
  readonly contract: Address
  readonly treasury: Address
  readonly block: VerifiedBlock
}

async function readMovements(
  { chain }: LeasedContext,
  { contract, treasury, block }: BlockTerms,
  requests: readonly Request[],
): Promise<Movement[]> {
  const holdings = [treasury, ...requests.map(({ address }) => address)].map((address) => ({ address, contract }))
  const [before, after] = await Promise.all([
    chain.balancesAt(block.parentHash, holdings),
    chain.balancesAt(block.hash, holdings),
  ])
  const changes = holdings.map((_, at) => ({ before: before[at] ?? null, after: after[at] ?? null }))
  const emptied: Emptied[] = requests.map((request, at) => ({ ...request, ...unknownUnless(changes[at + 1]) }))
  return movementsOf(emptied, { address: treasury, ...unknownUnless(changes[0]) }, announcedIn(block, contract))
}

interface Change {
  readonly before: Amount | null
  readonly after: Amount | null
}

function unknownUnless(change: Change | undefined): Change {
  return change ?? { before: null, after: null }
}

interface Request {
  readonly address: Address
  readonly requested: Amount
  readonly transactionHash: MinedSweep['attempt']['hash']
}

/** The amounts that one of our transactions requests of each address, decoded from its bytes. */
function asked({ sender, strategy, attempt: { hash: transactionHash, raw } }: MinedCollection): Request[] {
  const { data } = decodeTransaction(raw)
  switch (strategy) {
    case 'native':
      return []
    case 'token_top_up': {
      const call = decodeTransferCall(data)
      return call === null ? [] : [{ address: sender, requested: call.amount, transactionHash }]
    }
    case 'delegated_batch': {
      const items = decodeCollection(data)?.items ?? []
      return items.map((item) => ({ address: item.address, requested: item.amount, transactionHash }))
    }
    default:
      return unreachable(strategy)
  }
}

function announcedIn(block: VerifiedBlock, contract: Address): AnnouncedMove[] {
  return block.logs.flatMap((log) => {
    const move = log.address === contract ? decodeTransfer(log) : null
    return move === null ? [] : [{ ...move, transactionHash: log.transactionHash }]
  })
}

/** After the last log of the transaction, whatever it announced: transfers are placed by their logs. */
function positionIn(block: VerifiedBlock, hash: MinedSweep['attempt']['hash']): number {
  const index = block.transactions.find((transaction) => transaction.hash === hash)?.index ?? 0
  const before = block.logs.filter(({ transactionIndex }) => transactionIndex <= index)
  return Math.max(-1, ...before.map(({ logIndex }) => logIndex)) + 1
}
