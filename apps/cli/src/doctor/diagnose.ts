import { checkConfigured } from './check-chains'
import { checkDatabase } from './check-database'
import { checkNats } from './check-nats'
import { checkProgress } from './check-progress'
import { checkServices } from './check-services'
import { checkWebhooks } from './check-webhooks'
import type { Finding, Subject } from './finding'

/** Tests each dependency by using it, from the bottom up: what fails first is usually the cause of what fails after. */
export async function diagnose(subject: Subject): Promise<Finding[]> {
  const findings: Finding[] = []
  for (const check of [checkDatabase, checkNats, checkConfigured, checkServices, checkProgress, checkWebhooks])
    findings.push(...(await check(subject)))
  return findings
}
