import { followChain } from './follow-chain'
import { type Ledger, openLedger } from './ledger'
import { type LocalChain, startLocalChain } from './local-chain'

/** A ledger and a chain of a test's own, which is followed from here on. */
export interface FollowedChain {
  readonly ledger: Ledger
  readonly local: LocalChain
  close(): Promise<void>
}

export async function openFollowedChain(): Promise<FollowedChain> {
  const ledger = await openLedger()
  const local = await startLocalChain()
  await followChain(ledger.db, local.chain, local)
  return {
    ledger,
    local,
    async close() {
      await local.stop()
      await ledger.close()
    },
  }
}
