import { setTimeout as sleep } from 'node:timers/promises'
import { fetchBlock } from '@ctrip/chain/blocks/fetch-block'
import type { VerifiedBlock } from '@ctrip/chain/blocks/verified-block'
import type { ChainConfig } from '@ctrip/chain/chain-config'
import { RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import type { RpcPool } from '@ctrip/chain/rpc/rpc-pool'
import { decodeTransfer } from '@ctrip/chain/transfers'
import type { Address } from '@ctrip/domain/address'
import type { Hash } from '@ctrip/domain/hash'

const BLOCKS_AT_ONCE = 8
const TRIES = 5
const PAUSE_MS = 1_000

export interface Gap {
  /** Of the addresses searched for, those that were paid at or sent something. */
  readonly used: ReadonlySet<Address>
  /** What our accounts sent, in the order of the chain. The sender is the provider's word. */
  readonly sent: readonly Hash[]
}

/**
 * Reads the blocks that the chain made since the backup. `isOurs` tells which of these addresses are the gas wallet or a
 * deposit address, known or searched for.
 */
export async function readGap(
  pool: RpcPool,
  chain: ChainConfig,
  range: { readonly from: number; readonly to: number },
  isOurs: (addresses: readonly Address[]) => Promise<ReadonlySet<Address>>,
): Promise<Gap> {
  const used = new Set<Address>()
  const sent: Hash[] = []
  for (let at = range.from; at <= range.to; at += BLOCKS_AT_ONCE) {
    const numbers = Array.from({ length: Math.min(BLOCKS_AT_ONCE, range.to - at + 1) }, (_, n) => at + n)
    for (const block of await Promise.all(numbers.map((number) => readBlock(pool, chain, number)))) {
      const ours = await isOurs([...new Set(touched(block))])
      for (const address of ours) used.add(address)
      sent.push(...block.transactions.filter(({ from }) => ours.has(from)).map(({ hash }) => hash))
    }
  }
  return { used, sent }
}

function touched({ transactions, logs }: VerifiedBlock): Address[] {
  return [
    ...transactions.flatMap(({ from, to }) => (to === null ? [from] : [from, to])),
    ...logs.flatMap((log) => decodeTransfer(log)?.to ?? []),
  ]
}

/** A provider may lag or fail; a block that nobody shows ends the restore: nothing may be overlooked. */
async function readBlock(pool: RpcPool, chain: ChainConfig, number: number): Promise<VerifiedBlock> {
  for (let attempt = 1; ; attempt++) {
    try {
      const block = await fetchBlock(pool, chain, { number })
      if (block !== null) return block
    } catch (error) {
      if (!(error instanceof RetryableRpcError) || attempt === TRIES) throw error
    }
    if (attempt === TRIES) throw new Error(`no provider of ${chain.name} shows block ${number}`)
    await sleep(PAUSE_MS)
  }
}
