import type { Hex } from '@ctrip/chain/hex'
import { transactionHash } from '@ctrip/chain/transactions/broadcast'
import { decodeTransaction, senderOf } from '@ctrip/chain/transactions/decode-transaction'
import type { AuthorizationSigner } from '@ctrip/chain/transactions/transaction-signer'
import type { SignedTransaction, UnsignedTransaction } from '@ctrip/chain/transactions/unsigned-transaction'
import { type Address, parseAddress } from '@ctrip/domain/address'
import { assert } from '@ctrip/domain/assert'
import { type Hash, parseHash } from '@ctrip/domain/hash'
import type { Description } from '@ctrip/signer-protocol/messages'
import type { SweepKeys } from '../context/sweep-context'
import type { SignerClient } from './signer-client'

const ADDRESSES_KEPT_MAX = 10_000

type Account =
  | { readonly kind: 'gas_wallet'; readonly address: Address }
  | { readonly kind: 'deposit'; readonly address: Address; readonly index: number }

/**
 * Keys that are in the signer. `indexOf` names the index of a deposit address: the signer derives the address of a top-up's recipient
 * itself, and believes nothing but the index.
 */
export function remoteKeys(
  client: SignerClient,
  { gas_wallet, wallet_fingerprint }: Description,
  indexOf: (address: Address) => Promise<number | null>,
): SweepKeys {
  const address = addressOf(gas_wallet)
  const gasWallet = { kind: 'gas_wallet', address } as const
  const addresses = new Map<number, Address>()
  const depositAddress = async (index: number): Promise<Address> => {
    const kept = addresses.get(index)
    if (kept !== undefined) return kept
    const derived = addressOf(await client.depositAddress(index))
    if (addresses.size >= ADDRESSES_KEPT_MAX) addresses.clear()
    addresses.set(index, derived)
    return derived
  }
  return {
    walletFingerprint: wallet_fingerprint,
    gasWallet: {
      address,
      signTransaction: async (transaction) =>
        signTransaction(client, gasWallet, await recipientIndex(transaction), transaction),
    },
    deposits: {
      signer: async (index) => depositSigner(client, { kind: 'deposit', index, address: await depositAddress(index) }),
    },
    async signsFor(chainId, batcher) {
      const { chains } = await client.describe()
      return chains.some((chain) => chain.chain_id === chainId && chain.batchers.includes(batcher))
    },
  }

  async function recipientIndex({ to, value, data }: UnsignedTransaction): Promise<number | null> {
    return to === null || to === address || value === 0n || data !== '0x' ? null : indexOf(to)
  }
}

function depositSigner(client: SignerClient, account: Extract<Account, { kind: 'deposit' }>): AuthorizationSigner {
  return {
    address: account.address,
    signTransaction: (transaction) => signTransaction(client, account, null, transaction),
    async signAuthorization(authorization) {
      const { chainId: chain_id, address, nonce } = authorization
      const signed = await client.signAuthorization({ account, authorization: { chain_id, address, nonce } })
      return { ...authorization, yParity: signed.y_parity, r: hashOf(signed.r), s: hashOf(signed.s) }
    },
  }
}

/** The bytes are stored and sent as they are, so they are read before: they say what was asked, and for this account. */
async function signTransaction(
  client: SignerClient,
  account: Account,
  recipientIndex: number | null,
  transaction: UnsignedTransaction,
): Promise<SignedTransaction> {
  const message = { account, recipient_index: recipientIndex, transaction: toMessage(transaction) }
  const answer = await client.signTransaction(message)
  const raw = answer.raw as Hex
  const hash = transactionHash(raw)
  const { nonce, to, value, data } = decodeTransaction(raw)
  const isAsked =
    nonce === transaction.nonce && to === transaction.to && value === transaction.value && data === transaction.data
  assert(isAsked && hash === answer.hash && senderOf(raw) === account.address, 'the signer signs what it was asked for')
  return { raw, hash }
}

function toMessage({ chainId, nonce, to, value, data, gasLimit, fees, authorizations = [] }: UnsignedTransaction) {
  return {
    chain_id: chainId,
    nonce,
    to,
    value,
    data,
    gas_limit: gasLimit,
    fees:
      fees.kind === 'legacy'
        ? { gas_price: fees.gasPrice }
        : { max_fee_per_gas: fees.maxFeePerGas, max_priority_fee_per_gas: fees.maxPriorityFeePerGas },
    authorizations: authorizations.map((authorization) => ({
      chain_id: authorization.chainId,
      address: authorization.address,
      nonce: authorization.nonce,
      y_parity: authorization.yParity,
      r: authorization.r,
      s: authorization.s,
    })),
  }
}

function addressOf(text: string): Address {
  const address = parseAddress(text)
  assert(address !== null, 'the protocol has addresses')
  return address
}

function hashOf(text: string): Hash {
  const hash = parseHash(text)
  assert(hash !== null, 'half a signature has 32 bytes')
  return hash
}
