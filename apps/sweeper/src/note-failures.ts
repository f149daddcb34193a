import type { Executor } from '@ctrip/db/database/database'
import { readFailures, recordWaits } from '@ctrip/db/sweeps/collection-waits'
import { retryDelayMs, type WaitReason } from '@ctrip/domain/sweep/policy'
import type { Sweep, SweepItem } from '@ctrip/domain/sweep/sweep'
import { isUnlisted } from '@ctrip/domain/sweep/unlisted'

/** Notes that a sweep got nothing from these of its addresses, and when they are tried again: ever later. */
export async function noteFailures(
  tx: Executor,
  sweep: Sweep,
  items: readonly SweepItem[],
  reason: WaitReason,
): Promise<void> {
  const { chainId, asset } = sweep
  if (isUnlisted(asset)) return // rescued by an operator, who is told, or not at all
  const addresses = items.map(({ address }) => address)
  const before = await readFailures(tx, chainId, asset, addresses)
  const waits = items.map(({ address, amountPlanned: amount }) => {
    const failures = (before.get(address) ?? 0) + 1
    return { address, asset, amount, reason, failures, retryAt: new Date(Date.now() + retryDelayMs(failures)) }
  })
  await recordWaits(tx, chainId, waits)
}
