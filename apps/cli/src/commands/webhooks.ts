import type { Command } from 'commander'
import { z } from 'zod'
import { answersWith } from '../answer'
import { merchantApi, withConnection } from '../connection'
import { publicId } from '../public-id'

const answerSchema = z.looseObject({ deliveries: z.number(), continue_from: z.string().nullable() })

export function addWebhookCommands(program: Command): void {
  const replay = program
    .command('webhooks')
    .description("merchants' webhooks")
    .command('replay <endpoint-id>')
    .description('send the events of a period again')
    .requiredOption('--since <time>', 'RFC 3339, such as 2026-01-31T12:00:00Z')
    .option('--until <time>', 'now, unless given')
    .option('--only <which>', 'failed, missing or all', 'failed')
  answersWith(withConnection(replay), async (options, endpointId: string) => {
    const { since, until, only } = replay.opts<{ since: string; until?: string; only: string }>()
    const api = merchantApi(options)
    const path = `/webhook-endpoints/${encodeURIComponent(publicId('webhookEndpoint', endpointId))}/replay`
    let deliveries = 0
    // The API takes a bounded share at a time, and says where the next begins.
    for (let from: string | null = since; from !== null; ) {
      const answer: z.infer<typeof answerSchema> = await api.post(
        path,
        { since: from, only, ...(until && { until }) },
        answerSchema,
      )
      deliveries += answer.deliveries
      from = answer.continue_from
    }
    return { text: `${deliveries} deliveries are on their way`, json: { endpoint: endpointId, deliveries } }
  })
}
