import type { Command } from 'commander'
import { answersWith } from '../answer'
import { paymentSchema, timelineSchema } from '../api-schemas'
import { merchantApi, withConnection } from '../connection'
import { publicId } from '../public-id'
import { renderTimeline } from '../render/timeline'

export function addPaymentCommands(program: Command): void {
  const payments = program.command('payments').description('look into payments')
  const show = payments
    .command('show <payment-id>')
    .description("a payment's timeline: what happened, when, why it waits")
  answersWith(withConnection(show), async (options, id: string) => {
    const api = merchantApi(options)
    const path = `/payments/${encodeURIComponent(publicId('payment', id))}`
    const [payment, timeline] = await Promise.all([
      api.get(path, paymentSchema),
      api.get(`${path}/timeline`, timelineSchema),
    ])
    return { text: renderTimeline(payment, timeline), json: { payment, timeline } }
  })
}
