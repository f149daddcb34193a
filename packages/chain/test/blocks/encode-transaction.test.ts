import { hexlify, Signature, Transaction, type TransactionLike, toQuantity, Wallet } from 'ethers'
import fc from 'fast-check'
import { encodeTransaction } from '../../src/blocks/encode-transaction'
import { RlpWriter } from '../../src/blocks/rlp-writer'
import type { RawObject } from '../../src/hex'

// Below half the order of the curve: ethers refuses larger s (EIP-2).
const word = fc.bigInt({ min: 1n, max: 2n ** 254n }).map((value) => `0x${value.toString(16).padStart(64, '0')}`)
const address = fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => hexlify(bytes))
const small = fc.nat(2 ** 31)
const signature = fc.record({ r: word, s: word, yParity: fc.constantFrom<0 | 1>(0, 1) })

const arbitrary = fc.record({
  type: fc.constantFrom(0, 1, 2, 3, 4),
  chainId: fc.integer({ min: 1, max: 2 ** 40 }),
  nonce: small,
  gasLimit: small,
  fee: fc.bigInt({ min: 0n, max: 2n ** 64n }),
  to: fc.option(address),
  value: fc.bigInt({ min: 0n, max: 2n ** 256n - 1n }),
  data: fc.uint8Array({ maxLength: 300 }).map((bytes) => hexlify(bytes)),
  accessList: fc.array(fc.record({ address, storageKeys: fc.array(word, { maxLength: 3 }) }), { maxLength: 3 }),
  blobs: fc.array(word, { minLength: 1, maxLength: 3 }),
  authorizations: fc.array(fc.record({ address, nonce: small, signature }), { minLength: 1, maxLength: 3 }),
  signature,
})

type Parts = typeof arbitrary extends fc.Arbitrary<infer Value> ? Value : never

/** As ethers has it. */
function ethersTransaction(parts: Parts): Transaction {
  const { type, chainId, nonce, gasLimit, value, data } = parts
  const to = type >= 3 ? (parts.to ?? Wallet.createRandom().address) : parts.to
  const like: TransactionLike = { type, chainId, nonce, gasLimit, value, data, to }
  if (type < 2) like.gasPrice = parts.fee
  else Object.assign(like, { maxFeePerGas: parts.fee, maxPriorityFeePerGas: parts.fee / 2n })
  if (type > 0) like.accessList = parts.accessList
  if (type === 3) Object.assign(like, { maxFeePerBlobGas: 7n, blobVersionedHashes: parts.blobs })
  if (type === 4) {
    like.authorizationList = parts.authorizations.map(({ signature: signed, ...rest }) => ({
      chainId: BigInt(chainId),
      address: rest.address,
      nonce: BigInt(rest.nonce),
      signature: Signature.from(signed),
    }))
  }
  return Transaction.from({ ...like, signature: Signature.from(parts.signature) })
}

/** As a node tells it. */
function jsonRpc(transaction: Transaction, parts: Parts): RawObject {
  const { signature: signed, type } = transaction
  const v = type === 0 ? parts.chainId * 2 + 35 + (signed?.yParity ?? 0) : (signed?.yParity ?? 0)
  return {
    chainId: toQuantity(transaction.chainId),
    nonce: toQuantity(transaction.nonce),
    gasPrice: toQuantity(parts.fee),
    maxFeePerGas: toQuantity(parts.fee),
    maxPriorityFeePerGas: toQuantity(parts.fee / 2n),
    maxFeePerBlobGas: '0x7',
    blobVersionedHashes: parts.blobs,
    gas: toQuantity(transaction.gasLimit),
    to: transaction.to?.toLowerCase() ?? null,
    value: toQuantity(transaction.value),
    input: transaction.data,
    accessList: parts.accessList,
    authorizationList: parts.authorizations.map((authorization) => ({
      chainId: toQuantity(parts.chainId),
      address: authorization.address,
      nonce: toQuantity(authorization.nonce),
      yParity: toQuantity(authorization.signature.yParity),
      r: toQuantity(authorization.signature.r),
      s: toQuantity(authorization.signature.s),
    })),
    v: toQuantity(v),
    r: toQuantity(signed?.r ?? 0),
    s: toQuantity(signed?.s ?? 0),
  }
}

describe('encodeTransaction', () => {
  it('agrees with an independent encoder on every type', () => {
    fc.assert(
      fc.property(arbitrary, (parts) => {
        const transaction = ethersTransaction(parts)
        const encoded = encodeTransaction(new RlpWriter(), jsonRpc(transaction, parts), parts.type)
        expect(hexlify(encoded)).toBe(transaction.serialized)
      }),
      { numRuns: 300 },
    )
  })
})
