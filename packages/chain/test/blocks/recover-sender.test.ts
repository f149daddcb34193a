import { amount } from '@ctrip/domain/amount'
import { accessListify, Transaction, type TransactionLike, toQuantity, Wallet } from 'ethers'
import { recoverSender } from '../../src/blocks/recover-sender'
import { ETHEREUM_TYPES } from '../../src/blocks/transaction-types'
import type { VerifiedTransaction } from '../../src/blocks/verified-block'
import { addressOf, hashOf, newAddress } from '../helpers/known'

const wallet = Wallet.createRandom()
const sender = addressOf(wallet.address)
const liar = newAddress()
const to = newAddress()
const CALL = { to, value: 5n, nonce: 0, gasLimit: 21_000n, data: '0x' }
const FEES = { maxFeePerGas: 2n, maxPriorityFeePerGas: 1n }

/** As a node tells it, with a sender that is not true. */
function told(signed: Transaction, spelling: Record<string, unknown> = {}): VerifiedTransaction {
  const { signature } = signed
  const type = signed.type ?? 0
  const known = ETHEREUM_TYPES.get(type)
  if (signature === null || known === undefined) throw new Error('not signed')
  const quantity = (value: bigint | number | null) => (value === null ? undefined : toQuantity(value))
  const raw = {
    ...{ chainId: quantity(signed.chainId), nonce: quantity(signed.nonce), gas: quantity(signed.gasLimit) },
    ...{
      gasPrice: quantity(signed.gasPrice),
      maxFeePerGas: quantity(signed.maxFeePerGas),
      to,
      value: '0x5',
      input: '0x',
    },
    ...{
      maxPriorityFeePerGas: quantity(signed.maxPriorityFeePerGas),
      maxFeePerBlobGas: quantity(signed.maxFeePerBlobGas),
    },
    ...{ accessList: signed.accessList ?? [], blobVersionedHashes: signed.blobVersionedHashes ?? [] },
    ...{ r: toQuantity(signature.r), s: toQuantity(signature.s), v: quantity(signature.networkV ?? signature.v) },
    ...(type === 0 ? {} : { yParity: quantity(signature.yParity) }),
    ...spelling,
  }
  const facts = { hash: hashOf(signed.hash ?? ''), index: 0, from: liar, to, value: amount(5n) }
  return { ...facts, status: 'succeeded', proven: true, signed: { raw, type, fields: known.fields } }
}

async function sign(transaction: TransactionLike): Promise<Transaction> {
  return Transaction.from(await wallet.signTransaction(transaction))
}

describe('the sender of a proven transaction', () => {
  it.each<[string, TransactionLike]>([
    ['a legacy transaction of before EIP-155', { ...CALL, type: 0, gasPrice: 1n }],
    ['a legacy transaction', { ...CALL, type: 0, gasPrice: 1n, chainId: 137n }],
    ['EIP-2930', { ...CALL, type: 1, gasPrice: 1n, chainId: 1n, accessList: accessListify([[to, []]]) }],
    ['EIP-1559', { ...CALL, ...FEES, type: 2, chainId: 1n }],
    [
      'EIP-4844',
      { ...CALL, ...FEES, type: 3, chainId: 1n, maxFeePerBlobGas: 1n, blobVersionedHashes: [`0x01${'ab'.repeat(31)}`] },
    ],
  ])('is recovered from the signature of %s', async (_, transaction) => {
    // Twenty signatures have numbers of odd length and short ones among them.
    for (let nonce = 0; nonce < 20; nonce++)
      expect(recoverSender(told(await sign({ ...transaction, nonce })))).toBe(sender)
  })

  it('is recovered where a node tells the parity of a typed transaction as `v`', async () => {
    const signed = await sign({ ...CALL, ...FEES, type: 2, chainId: 1n })
    const v = toQuantity(signed.signature?.yParity ?? 0)
    expect(recoverSender(told(signed, { yParity: undefined, v }))).toBe(sender)
  })

  it.each([{ r: '0x0' }, { s: `0x${'f'.repeat(64)}` }, { r: '0x' }, { v: 7 }])(
    'is unknown with the signature %j',
    async (spelling) => {
      const signed = await sign({ ...CALL, type: 0, gasPrice: 1n, chainId: 137n })
      expect(recoverSender(told(signed, spelling))).toBeNull()
    },
  )

  it('is what the block says where the transaction is not proven, or its encoding names the sender', async () => {
    const { signed, ...named } = told(await sign({ ...CALL, ...FEES, type: 2, chainId: 1n }))
    expect(recoverSender(named)).toBe(liar)
    expect(recoverSender({ ...named, signed, proven: false } as VerifiedTransaction)).toBe(liar)
  })
})
