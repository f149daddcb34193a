import { type Command, InvalidArgumentError } from 'commander'
import { answersWith } from '../answer'
import type { Api } from '../api-client'
import { type CheckoutSession, checkoutSessionSchema, type Payment, paymentSchema } from '../api-schemas'
import { localStack, merchantApi, withConnection } from '../connection'
import { openPayer } from '../payer'
import { paymentReader } from '../payment-reader'

export function addPayCommand(program: Command): void {
  const pay = program
    .command('pay <payment-or-session-id>')
    .description("pay what a payment or a checkout session still lacks, from the local chain's funded account")
    .option('--amount <base units>', 'pay this much instead, in the smallest units of the asset', parseBaseUnits)
    .option('--asset <symbol>', 'the asset to pay a checkout session in, instead of the first that is available')
  answersWith(withConnection(pay), async (options, id: string) => {
    const { amount, asset } = pay.opts<{ amount?: bigint; asset?: string }>()
    const payment = id.startsWith('cs_')
      ? await choosePayment(merchantApi(options), id, asset ?? null)
      : await paymentReader(options).payment(id)
    const payer = openPayer(localStack(options), payment.chain_id)
    try {
      const paid = await payer.pay(payment, amount ?? missing(payment))
      return { text: `${paid.tx_hash} in block ${paid.block_number}`, json: paid }
    } finally {
      payer.close()
    }
  })
}

/** Chooses an asset as the payer does on the session's page. Throws if the session offers none. */
async function choosePayment(api: Api, id: string, symbol: string | null): Promise<Payment> {
  const path = `/checkout-sessions/${encodeURIComponent(id)}`
  const session = await api.get(path, checkoutSessionSchema)
  const { chain, asset } = availableOption(session, symbol)
  return await api.post(`${path}/payments`, { chain, asset: asset.symbol }, paymentSchema)
}

function availableOption({ id, status, options }: CheckoutSession, symbol: string | null) {
  if (status !== 'open') throw new Error(`${id} is ${status}: it takes no payment`)
  const wanted = options.filter(({ asset }) => symbol === null || asset.symbol === symbol)
  const option = wanted.find(({ available }) => available)
  if (option !== undefined) return option
  const reasons = wanted.map(({ chain, asset, reason }) => `${asset.symbol} on ${chain}: ${reason ?? 'unavailable'}`)
  throw new Error(`${id} offers no ${symbol ?? 'asset'} (${reasons.join('; ') || 'it is not accepted'})`)
}

function parseBaseUnits(text: string): bigint {
  if (!/^[1-9]\d*$/.test(text)) throw new InvalidArgumentError('It must be a positive whole number.')
  return BigInt(text)
}

function missing({ id, amount, amount_received }: { id: string; amount: string; amount_received: string }): bigint {
  const rest = BigInt(amount) - BigInt(amount_received)
  if (rest <= 0n) throw new Error(`${id} has been paid in full already; --amount pays more`)
  return rest
}
