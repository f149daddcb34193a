import type { Command } from 'commander'
import { answersWith } from '../answer'
import { type TraceSpan, traceSchema } from '../api-schemas'
import { localStack, withConnection } from '../connection'
import { paymentReader } from '../payment-reader'
import { renderWaterfall } from '../render/waterfall'

const TRACE_ID = /^[0-9a-f]{32}$/
const TIMEOUT_MS = 10_000

export function addTraceCommand(program: Command): void {
  const trace = program
    .command('trace <id>')
    .description('the trace of a payment (pay_…), or any trace by its 32 digits')
  answersWith(withConnection(trace), async (options, id: string) => {
    const traceId = TRACE_ID.test(id) ? id : (await paymentReader(options).payment(id)).trace_id
    const spans = await fetchTrace(localStack(options).traces.query_url, traceId)
    return { text: renderWaterfall(traceId, spans), json: { trace_id: traceId, spans } }
  })
}

/** The spans of a trace that the local stack's sink has. */
export async function fetchTrace(queryUrl: string, traceId: string): Promise<TraceSpan[]> {
  const response = await fetch(`${queryUrl}/${traceId}`, { signal: AbortSignal.timeout(TIMEOUT_MS) })
  return traceSchema.parse(await response.json()).spans
}
