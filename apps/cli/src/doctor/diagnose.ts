import { checkConfigured } from './check-chains'
import { checkDatabase } from './check-database'
import { checkNats } from './check-nats'
import { checkServices } from './check-services'
import { checkWebhooks } from './check-webhooks'

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
  readonly services: readonly { readonly name: string; readonly opsUrl: string }[]
  readonly env: NodeJS.ProcessEnv
}

/** Tests each dependency by using it, from the bottom up: what fails first is usually the cause of what fails after. */
export async function diagnose(subject: Subject): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const check of [checkDatabase, checkNats, checkConfigured, checkServices, checkWebhooks])
    findings.push(...(await check(subject)))
  return findings
}

export function passed(check: string, detail: string): Finding {
  return { check, ok: true, detail, remedy: '' }
}

export function failed(check: string, detail: string, remedy: string): Finding {
  return { check, ok: false, detail, remedy }
}
