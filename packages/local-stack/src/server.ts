import type { ManagedProcess } from './managed-process'

/** A server of the local stack, reachable at `url`. */
export interface Server extends ManagedProcess {
  readonly url: string
}

/** Settings every server takes. */
export interface ServerOptions {
  /** Where its data and its log live; kept after stopping. Without: a temporary folder, removed on `stop`. */
  readonly folder?: string
  /** Without: a free one. */
  readonly port?: number
}
