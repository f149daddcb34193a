import { type Command, InvalidArgumentError } from 'commander'
import { answersWith } from '../answer'
import { localStack, withConnection } from '../connection'
import { openPayer } from '../payer'
import { paymentReader } from '../payment-reader'

export function addPayCommand(program: Command): void {
  const pay = program
    .command('pay <payment-id>')
    .description("pay what a payment still lacks, from the local chain's funded account")
    .option('--amount <base units>', 'pay this much instead, in the smallest units of the asset', parseBaseUnits)
  answersWith(withConnection(pay), async (options, id: string) => {
    const payment = await paymentReader(options).payment(id)
    const { amount } = pay.opts<{ amount?: bigint }>()
    const payer = openPayer(localStack(options), payment.chain_id)
    try {
      const paid = await payer.pay(payment, amount ?? missing(payment))
      return { text: `${paid.tx_hash} in block ${paid.block_number}`, json: paid }
    } finally {
      payer.close()
    }
  })
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
