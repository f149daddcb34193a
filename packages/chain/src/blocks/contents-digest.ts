import { createHash } from 'node:crypto'
import type { UnprovenBlock } from './read-block'

/**
 * A digest of everything in a block that decides about money. Two providers with equal digests tell the same of the block, however
 * each of them spells it; fields that move nothing (gas, bloom, fees) do not count.
 */
export function contentsDigest(block: UnprovenBlock): string {
  const { number, hash, parentHash, timestamp, transactions, logs } = block
  const facts = [
    [number, hash, parentHash, timestamp],
    transactions.map((one) => [one.hash, one.index, one.from, one.to, one.value.toString(), one.status]),
    logs.map((log) => [log.address, log.topics, log.data, log.logIndex, log.transactionIndex]),
  ]
  return createHash('sha256').update(JSON.stringify(facts)).digest('hex')
}
