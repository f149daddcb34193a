import { type Command, InvalidArgumentError } from 'commander'
import { answersWith } from '../answer'
import { localStack } from '../connection'
import { diagnose } from '../doctor/diagnose'
import { countOf, renderFinding, type Subject, summarize } from '../doctor/finding'
import { type OpsAddress, opsAddress } from '../doctor/ops-address'
import { readEnvironment } from '../environment'

export function addDoctorCommand(program: Command): void {
  const command = program
    .command('doctor')
    .description('test what the gateway depends on, and say what to do about what is wrong')
    .option('--data <dir>', 'data folder of the local stack to examine', '.ctrip')
    .option(
      '--ops-url <name=url>',
      'the ops port of a service to ask, once for each, such as scanner=http://127.0.0.1:9464 (or CTRIP_OPS_URLS, separated by commas)',
      addOpsAddress,
    )
  answersWith(command, async () => {
    const findings = await diagnose(subjectOf(command.opts()))
    const text = `${findings.map(renderFinding).join('\n')}\n${summarize(findings)}`
    const failed = countOf(findings, 'failed')
    if (failed === 0) return { text, json: findings }
    return { text, json: findings, failure: `${failed} of ${findings.length} checks failed` }
  })
}

interface DoctorOptions {
  readonly data: string
  readonly opsUrl?: readonly OpsAddress[]
}

/** Options and environment say what is examined; what they do not say, the local stack does, if one runs. */
function subjectOf({ data, opsUrl }: DoctorOptions): Subject {
  const env = readEnvironment()
  const { databaseUrl, natsUrl, chainsFile, apiUrl, apiKey } = env
  const services = opsUrl ?? env.opsAddresses
  if (databaseUrl !== undefined)
    return { databaseUrl, natsUrl, chainsFile, apiUrl, apiKey, services: services ?? [], env: env.all }
  const stack = localStack({ data })
  return {
    databaseUrl: stack.postgres.url,
    natsUrl: stack.nats.url,
    chainsFile: chainsFile ?? `${data}/chains.yaml`,
    apiUrl: stack.api.url,
    apiKey: stack.merchant.api_key,
    services: services ?? Object.entries(stack.services).map(([name, { ops_url }]) => ({ name, opsUrl: ops_url })),
    env: env.all,
  }
}

function addOpsAddress(text: string, before: readonly OpsAddress[] = []): readonly OpsAddress[] {
  const parsed = opsAddress.safeParse(text)
  if (!parsed.success) throw new InvalidArgumentError(`It must be ${opsAddress.description}.`)
  return [...before, parsed.data]
}
