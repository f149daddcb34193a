import type { Database } from '@ctrip/db/database/database'
import { readLastAddressNumber } from '@ctrip/db/payments/new-payments'
import { ADDRESS_NUMBER_MAX, BRANCH_SIZE } from '@ctrip/domain/deposit-path'
import { type WorkLoop, workLoop } from '@ctrip/service/work-loop'
import type { Logger } from '@ctrip/telemetry/logger'
import { gauge } from '@ctrip/telemetry/metrics'

const EVERY_MS = 60_000

const remaining = gauge({
  name: 'deposit_addresses_remaining',
  help: 'Deposit addresses that were not issued yet: in the branch in use (the next one follows by itself), and in the wallet.',
  labels: ['of'],
})

/** Reports each minute how many deposit addresses are left. Replicas report the same. */
export function addressSupply(db: Database, log: Logger): Pick<WorkLoop, 'start' | 'stop'> {
  return workLoop({ name: 'address_supply', intervalMs: EVERY_MS, run: () => reportAddressSupply(db), log })
}

export async function reportAddressSupply(db: Database): Promise<'idle'> {
  const issued = (await readLastAddressNumber(db)) + 1
  remaining.set({ of: 'branch' }, BRANCH_SIZE - (issued % BRANCH_SIZE))
  remaining.set({ of: 'wallet' }, ADDRESS_NUMBER_MAX + 1 - issued)
  return 'idle'
}
