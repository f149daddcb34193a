import { setImmediate } from 'node:timers/promises'
import type { Address } from '@ctrip/domain/address'
import { dependencyDuration } from './metrics'

/** An address that no payment has had. */
export interface DepositAddress {
  readonly wallet: string
  readonly index: number
  readonly address: Address
}

export interface DepositWallet {
  /** Yields each address once. */
  take(): Promise<DepositAddress>
  /** Takes back an address that came to no use. */
  giveBack(address: DepositAddress): void
}

export interface DepositWalletDeps {
  /** Names the wallet that the addresses are of. */
  readonly fingerprint: string
  /** Takes indexes that are never given again. */
  readonly takeIndexes: (count: number) => Promise<readonly number[]>
  readonly derive: (index: number) => Address
}

// Kept ready, so that no request waits for a derivation; small, because a stop wastes what is left of it.
const BATCH = 32
const READY_MIN = 128

interface Waiting {
  readonly resolve: (address: DepositAddress) => void
  readonly reject: (error: unknown) => void
}

/** Derives addresses ahead of their use. Indexes come from the database, so replicas never share one. */
export function depositWallet({ fingerprint, takeIndexes, derive }: DepositWalletDeps): DepositWallet {
  const ready: DepositAddress[] = []
  const waiting: Waiting[] = []
  let refilling = false

  /** Goes on for as long as somebody waits; a failure is told to those who wait now, and the next to ask tries again. */
  async function refill(): Promise<void> {
    if (refilling) return
    refilling = true
    try {
      while (waiting.length > 0 || ready.length < READY_MIN) await deriveEach(await takeIndexes(BATCH))
    } catch (error) {
      for (const { reject } of waiting.splice(0)) reject(error)
    } finally {
      refilling = false
    }
  }

  async function deriveEach(indexes: readonly number[]): Promise<void> {
    for (const index of indexes) {
      giveBack({ wallet: fingerprint, index, address: derive(index) })
      await setImmediate() // a derivation takes the best part of a millisecond: let requests in between
    }
  }

  function giveBack(address: DepositAddress): void {
    const next = waiting.shift()
    if (next === undefined) ready.push(address)
    else next.resolve(address)
  }

  return {
    giveBack,
    async take() {
      const startedAt = performance.now()
      const address =
        ready.shift() ?? new Promise<DepositAddress>((resolve, reject) => waiting.push({ resolve, reject }))
      if (ready.length < READY_MIN) void refill()
      const taken = await address
      dependencyDuration.observe({ dependency: 'address_derivation' }, (performance.now() - startedAt) / 1000)
      return taken
    },
  }
}
