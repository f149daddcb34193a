import { checkSharedTreasuries, checkTreasury, type TreasuryToCheck } from '@ctrip/chain/checks/check-treasury'
import type { Check } from '@ctrip/chain/checks/judge-provider'
import type { Logger } from '@ctrip/telemetry/logger'

/**
 * Logs the rows of treasuries that `ctrip config check --online` prints, once. Stops nothing: the estimate of each sweep refuses a treasury
 * that takes no coin, and a provider that is away proves nothing.
 */
export async function reportTreasuries(treasuries: readonly TreasuryToCheck[], log: Logger): Promise<void> {
  try {
    const each = await Promise.all(treasuries.map((treasury) => checkTreasury(treasury)))
    for (const check of [...each, ...(await checkSharedTreasuries(treasuries))]) report(check, log)
  } catch (err) {
    log.error({ err }, 'sweeper.treasury_unchecked')
  }
}

function report({ subject, check, verdict, detail, remedy }: Check, log: Logger): void {
  const fields = { subject, check, reason: detail, remedy }
  switch (verdict) {
    case 'ok':
      log.info(fields, 'sweeper.treasury_checked')
      break
    case 'warning':
      log.warn(fields, 'sweeper.treasury_doubtful')
      break
    case 'fault':
      log.error(fields, 'sweeper.treasury_wrong')
  }
}
