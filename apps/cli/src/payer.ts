import { localProvider } from '@ctrip/local-stack/local-provider'
import type { StackDescriptor } from '@ctrip/local-stack/stack-descriptor'
import { testToken } from '@ctrip/local-stack/test-token'
import { type TransactionResponse, Wallet } from 'ethers'
import type { Payment } from './api-schemas'

interface Paid {
  readonly tx_hash: string
  readonly block_number: number
  readonly from: string
  readonly to: string
  readonly amount: string
}

export interface Payer {
  /** Sends `amount` base units to the payment's address and waits until the transaction is in a block. */
  pay(payment: Payment, amount: bigint): Promise<Paid>
  close(): void
}

const MINED_TIMEOUT_MS = 60_000

/** The customer: pays from the funded account of a local chain. Throws where that account's key is not known. */
export function openPayer(stack: StackDescriptor, chainId: number): Payer {
  const chain = stack.chains.find(({ chain_id }) => chain_id === chainId)
  if (!chain?.funded_private_key)
    throw new Error(`no funded account is known on chain ${chainId}: pay with a wallet of yours`)
  const provider = localProvider(chain.rpc_url)
  const customer = new Wallet(chain.funded_private_key, provider)
  return {
    pay: async (payment, amount) => {
      const sent = await send(customer, payment, amount)
      const receipt = await sent.wait(1, MINED_TIMEOUT_MS)
      if (receipt === null) throw new Error(`${sent.hash} was not mined`)
      return {
        tx_hash: sent.hash,
        block_number: receipt.blockNumber,
        from: customer.address,
        to: payment.address,
        amount: amount.toString(),
      }
    },
    close: () => provider.destroy(),
  }
}

async function send(customer: Wallet, { asset, address }: Payment, amount: bigint): Promise<TransactionResponse> {
  if (asset.contract === null) return await customer.sendTransaction({ to: address, value: amount })
  return await testToken(asset.contract, customer).transfer(address, amount)
}
