import type { OpsAddress } from './ops-address'

export interface Finding {
  readonly check: string
  readonly ok: boolean
  readonly detail: string
  /** What to do about it; empty where nothing is wrong. */
  readonly remedy: string
}

/** What is examined. What is not known is not tested, and said so. */
export interface Subject {
  readonly databaseUrl: string | undefined
  readonly natsUrl: string | undefined
  readonly chainsFile: string | undefined
  readonly apiUrl: string | undefined
  readonly apiKey: string | undefined
  readonly services: readonly OpsAddress[]
  readonly env: NodeJS.ProcessEnv
}

export function passed(check: string, detail: string): Finding {
  return { check, ok: true, detail, remedy: '' }
}

export function failed(check: string, detail: string, remedy: string): Finding {
  return { check, ok: false, detail: detail.replace(/\s+/g, ' ').trim(), remedy } // Prisma's errors are many lines
}
