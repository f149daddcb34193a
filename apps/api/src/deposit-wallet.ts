import { setImmediate } from 'node:timers/promises'
import type { Executor } from '@ctrip/db/database'
import type { Address } from '@ctrip/domain/address'
import { dependencyDuration } from './metrics'

/** An address that no payment has had. */
export interface DepositAddress {
  readonly wallet: string
  readonly index: number
  readonly address: Address
}

export interface DepositWallet {
  /** Yields each address once. In a transaction: where none is ready, it takes an index through `db`. */
  take(db: Executor): Promise<DepositAddress>
}

export interface DepositWalletDeps {
  /** Names the wallet that the addresses are of. */
  readonly fingerprint: string
  /** Takes indexes that are never given again, on a connection of its own. */
  readonly takeIndexes: (count: number) => Promise<readonly number[]>
  /** Takes one in the caller's transaction. */
  readonly takeIndex: (db: Executor) => Promise<number>
  readonly derive: (index: number) => Address
  readonly onRefillFailed: (error: unknown) => void
}

// Kept ready, so that no request waits for a derivation; small, because a stop wastes what is left of it.
const BATCH = 32
const READY_MIN = 64

/**
 * Derives addresses ahead of their use. Indexes come from the database, so replicas never share one.
 * Who finds none ready does not wait for the refill: that needs a connection, and all could be held by those who wait.
 */
export function depositWallet(deps: DepositWalletDeps): DepositWallet {
  const ready: DepositAddress[] = []
  let refilling = false

  async function refill(): Promise<void> {
    for (const index of await deps.takeIndexes(BATCH)) {
      ready.push(derived(index))
      await setImmediate() // a derivation takes most of a millisecond: let requests in between
    }
  }

  async function keepReady(): Promise<void> {
    if (refilling || ready.length >= READY_MIN) return
    refilling = true
    await refill().catch(deps.onRefillFailed)
    refilling = false
  }

  function derived(index: number): DepositAddress {
    return { wallet: deps.fingerprint, index, address: deps.derive(index) }
  }

  return {
    async take(db) {
      const startedAt = performance.now()
      const address = ready.shift() ?? derived(await deps.takeIndex(db))
      void keepReady()
      dependencyDuration.observe({ dependency: 'address_derivation' }, (performance.now() - startedAt) / 1000)
      return address
    },
  }
}
