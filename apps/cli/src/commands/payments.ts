import type { Command } from 'commander'
import { answersWith } from '../answer'
import { withConnection } from '../connection'
import { paymentReader } from '../payment-reader'
import { renderTimeline } from '../render/timeline'

export function addPaymentCommands(program: Command): void {
  const payments = program.command('payments').description('look into payments')
  const show = payments
    .command('show <payment-id>')
    .description("a payment's timeline: what happened, when, why it waits")
  answersWith(withConnection(show), async (options, id: string) => {
    const reader = paymentReader(options)
    const [payment, timeline] = await Promise.all([reader.payment(id), reader.timeline(id)])
    return { text: renderTimeline(payment, timeline), json: { payment, timeline } }
  })
}
