import { setTimeout as sleep } from 'node:timers/promises'
import { followChain } from './follow-chain'
import type { Ledger } from './ledger'
import type { LocalChain } from './local-chain'

const BLOCK_MS = 200

export interface Mining {
  /** Rejects with what went wrong meanwhile. */
  stop(): Promise<void>
}

/** Blocks, and a scanner that follows them, while a process of its own sweeps. */
export function keepMining(ledger: Ledger, local: LocalChain): Mining {
  const stopping = new AbortController()
  const run = async (): Promise<void> => {
    while (!stopping.signal.aborted) {
      await local.mine()
      await followChain(ledger.db, local.chain, local)
      await sleep(BLOCK_MS)
    }
  }
  const running = run()
  return {
    async stop() {
      stopping.abort()
      await running
    },
  }
}
