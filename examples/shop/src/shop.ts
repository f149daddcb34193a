import { type Client, type Event, WebhookVerificationError, webhooks } from '@ctrip/sdk'
import express, { type Express } from 'express'

/** What a bag of coffee costs, in each currency that the shop may take. */
const PRICES = {
  USDC: { chain: 'anvil', asset: 'USDC', amount: '12500000', shown: '12.50 USDC' },
  ETH: { chain: 'anvil', asset: 'ETH', amount: '5000000000000000', shown: '0.005 ETH' },
}
export type Currency = keyof typeof PRICES

type OrderStatus = 'waiting for payment' | 'shipped' | 'payment failed'

/** A shop that sells one thing. Orders are in memory: yours are in a database. */
export function shop(ctrip: Client, webhookSecret: string, currency: Currency = 'USDC'): Express {
  const { shown, ...price } = PRICES[currency]
  const orders = new Map<string, OrderStatus>()
  const handled = new Set<string>()
  const app = express()

  app.get('/', (_request, response) => {
    response.send(
      `<h1>A bag of coffee</h1><form method="post" action="/orders"><button>Buy for ${shown}</button></form>`,
    )
  })

  app.post('/orders', async (_request, response) => {
    const orderId = crypto.randomUUID()
    // With the order's own key this is safe to repeat, even after a crash between here and the answer.
    const payment = await ctrip.payments.create({ ...price, reference: orderId }, { idempotencyKey: orderId })
    orders.set(orderId, 'waiting for payment')
    response.cookie('order', orderId).redirect(303, payment.checkout_url)
  })

  app.get('/orders/:id', (request, response) => {
    const status = orders.get(request.params.id)
    if (status === undefined) response.status(404).send('No such order')
    else response.json({ status })
  })

  // The bytes as they came: the signature is of them.
  app.post('/webhooks', express.raw({ type: 'application/json' }), async (request, response) => {
    try {
      const event = await webhooks.verify(request.body as Buffer, request.headers, webhookSecret)
      if (!handled.has(event.id)) handle(event) // an event may come twice
      handled.add(event.id)
      response.status(204).end()
    } catch (error) {
      if (!(error instanceof WebhookVerificationError)) throw error
      response.status(401).send(error.message)
    }
  })

  function handle(event: Event): void {
    const { type } = event
    if (type !== 'payment.confirmed' && type !== 'payment.expired') return
    const orderId = event.data.payment.reference
    if (orderId === null || !orders.has(orderId)) return
    // Confirmed is final by the chain's policy; events may overtake one another, and what is shipped stays shipped.
    if (type === 'payment.confirmed') orders.set(orderId, 'shipped')
    else if (orders.get(orderId) !== 'shipped') orders.set(orderId, 'payment failed')
  }

  return app
}
