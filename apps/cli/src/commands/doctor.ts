import type { Command } from 'commander'
import { answersWith } from '../answer'
import { localStack } from '../connection'
import { diagnose } from '../doctor/diagnose'
import type { Finding } from '../doctor/finding'
import { readEnvironment } from '../environment'

export function addDoctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .description('test what the gateway depends on, and say what to do about what is wrong')
    .option('--data <dir>', 'data folder of the local stack to examine', '.ctrip')
  answersWith(command, async () => {
    const { data } = command.opts<{ data: string }>()
    const findings = await diagnose(subjectOf(data))
    const failed = findings.filter(({ ok }) => !ok)
    const text = findings.map(renderFinding).join('\n')
    if (failed.length === 0) return { text, json: findings }
    return { text, json: findings, failure: `${failed.length} of ${findings.length} checks failed` }
  })
}

/** The environment says what is examined; what it does not say, the local stack does, if one runs. */
function subjectOf(data: string) {
  const env = readEnvironment()
  const { databaseUrl, natsUrl, chainsFile, apiUrl, apiKey } = env
  if (databaseUrl !== undefined) return { databaseUrl, natsUrl, chainsFile, apiUrl, apiKey, services: [], env: env.all }
  const stack = localStack({ data })
  return {
    databaseUrl: stack.postgres.url,
    natsUrl: stack.nats.url,
    chainsFile: chainsFile ?? `${data}/chains.yaml`,
    apiUrl: stack.api.url,
    apiKey: stack.merchant.api_key,
    services: Object.entries(stack.services).map(([name, { ops_url }]) => ({ name, opsUrl: ops_url })),
    env: env.all,
  }
}

function renderFinding({ check, ok, detail, remedy }: Finding): string {
  return ok ? `✓ ${check}: ${detail}` : `✗ ${check}: ${detail}\n  → ${remedy}`
}
