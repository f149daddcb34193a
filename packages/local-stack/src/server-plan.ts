import type { KeepRunningEvents } from './keep-running'
import type { ManagedProcess } from './managed-process'
import type { Ports } from './ports'
import type { Secrets } from './secrets'
import type { StackOptions } from './stack-options'

/** Settings that must be known before a server is started. */
export interface ServerPlan {
  readonly options: StackOptions
  readonly ports: Ports
  readonly secrets: Secrets
  readonly keeping: KeepRunningEvents<ManagedProcess>
}
