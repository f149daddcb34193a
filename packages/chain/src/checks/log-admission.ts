import type { Logger } from '@ctrip/telemetry/logger'
import type { Admission } from './identity'

/** Logs each change of a provider's admission, for `RpcPool`. */
export function logAdmission(log: Logger, chain: string): (provider: string, admission: Admission) => void {
  return (provider, admission) => {
    switch (admission.kind) {
      case 'excluded':
        return log.error({ chain, provider, reason: admission.sentence }, 'rpc.provider_excluded')
      case 'warning':
        return log.warn({ chain, provider, reason: admission.sentence }, 'rpc.provider_doubtful')
      case 'ok':
        return log.info({ chain, provider }, 'rpc.provider_admitted')
    }
  }
}
