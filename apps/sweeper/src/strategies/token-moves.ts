import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import { decodeTransfer } from '@ctrip/chain/transfers'
import type { Address } from '@ctrip/domain/address'
import { type Amount, sum, ZERO } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import type { Attempt, Sweep } from '@ctrip/domain/sweep/sweep'
import type { Collected } from './strategy'

/** What a transaction took of each address, by the token's own logs: a transfer may charge a fee, or come through and move nothing. */
export function readTokenMoves(sweep: Sweep, attempt: Attempt, block: VerifiedBlock): Collected[] {
  const moves = block.logs.flatMap((log) => {
    if (log.transactionHash !== attempt.hash || log.address !== sweep.asset.contract) return []
    const move = decodeTransfer(log)
    return move === null ? [] : [{ ...move, position: log.logIndex }]
  })
  const byAddress = Map.groupBy(moves, ({ from }) => from)
  return sweep.items.flatMap((item) => {
    const own = byAddress.get(item.address) ?? []
    const arrived = total(own.filter(({ to }) => to === sweep.treasury))
    const position = Math.max(...own.map((move) => move.position))
    return arrived === ZERO ? [] : [{ item, amount: arrived, left: total(own), setAside: null, position }]
  })
}

export function contractOf(contract: Address | null): Address {
  assert(contract !== null, 'a token has a contract')
  return contract
}

function total(moves: readonly { readonly amount: Amount }[]): Amount {
  return sum(moves.map((move) => move.amount))
}
