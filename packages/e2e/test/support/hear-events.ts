import { connect } from 'nats'

interface HeardEvent {
  readonly subject: string
  readonly traceparent: string
  readonly body: string
}

export interface HeardEvents {
  events(): readonly HeardEvent[]
  stop(): Promise<void>
}

/** Listens on NATS beside the services. */
export async function hearEvents(url: string): Promise<HeardEvents> {
  const connection = await connect({ servers: url })
  const heard: HeardEvent[] = []
  connection.subscribe('payment.>', {
    callback: (error, message) => {
      if (error) throw error
      const traceparent = message.headers?.get('traceparent') ?? ''
      heard.push({ subject: message.subject, traceparent, body: message.string() })
    },
  })
  await connection.flush()
  return { events: () => heard, stop: () => connection.close() }
}
