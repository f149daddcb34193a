import { amount } from '@ctrip/domain/amount'
import type { Payment } from '@ctrip/domain/payment/payment'
import type { Ledger } from './ledger'
import type { LocalChain } from './local-chain'
import { confirmed } from './sweeping'

export const ETHER = 10n ** 18n
export const USDC = 1_500_000n

/** A payment of one ether, confirmed. */
export async function coinPayment(ledger: Ledger, local: LocalChain): Promise<Payment> {
  const payment = await ledger.newPayment({ amount: amount(ETHER) })
  await (await local.payer.sendTransaction({ to: payment.address, value: ETHER })).wait()
  await confirmed(ledger, local)
  return payment
}

/** A payment of 1.5 USDC, confirmed. */
export async function tokenPayment(ledger: Ledger, local: LocalChain): Promise<Payment> {
  const payment = await newTokenPayment(ledger, local)
  await confirmed(ledger, local)
  return payment
}

/** A payment of 1.5 USDC, just mined. */
export async function newTokenPayment(ledger: Ledger, local: LocalChain): Promise<Payment> {
  const payment = await ledger.newPayment({ asset: local.usdcAsset, amount: amount(USDC) })
  await (await local.usdc.transfer(payment.address, USDC)).wait()
  return payment
}
