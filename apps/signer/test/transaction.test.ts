import { depositAddress, walletFingerprint } from '@ctrip/chain/addresses'
import { SweepBatcher } from '@ctrip/chain/generated/sweep-contracts'
import { openDepositWallet as openReference } from '@ctrip/chain/signer/deposit-wallet'
import { contractsAt } from '@ctrip/chain/sweep-contracts/sweep-contracts'
import { parseAddress } from '@ctrip/domain/address'
import type { RequestedTransaction } from '@ctrip/signer-protocol/messages'
import { getAddress, hashAuthorization, keccak256, Signature, Transaction, Wallet } from 'ethers'
import fc from 'fast-check'
import { parseChecksummed, toHex } from '../src/ethereum/bytes'
import { authorizationDigest, createdAddress, sealTransaction, transactionDigest } from '../src/ethereum/transaction'
import { openDepositWallet } from '../src/keys/deposit-wallet'
import { openGasWallet } from '../src/keys/digest-signer'
import { BATCHER_CREATION_HASH } from '../src/policy/sweep-calls'
import { opened, PHRASE } from './support/wallets'

const KEY = `0x${'a1'.repeat(32)}`
const gasWallet = opened(openGasWallet(KEY))

const hex = (bytes: number) =>
  fc.uint8Array({ minLength: bytes, maxLength: bytes }).map((value) => `0x${Buffer.from(value).toString('hex')}`)
const unsigned = fc.bigInt({ min: 0n, max: 2n ** 96n })
const nonce = fc.nat()
const chainId = fc.integer({ min: 1, max: 2 ** 31 })
const dynamicFees = unsigned.map((fee) => ({ max_fee_per_gas: fee + 2n, max_priority_fee_per_gas: fee }))
const authorization = fc.record({
  chain_id: chainId,
  address: hex(20),
  nonce,
  y_parity: fc.constantFrom(0 as const, 1 as const),
  r: fc.bigInt({ min: 1n, max: 2n ** 250n }).map(word),
  s: fc.bigInt({ min: 1n, max: 2n ** 250n }).map(word),
})
const none = fc.constant<RequestedTransaction['authorizations']>([])
const common = {
  chain_id: chainId,
  nonce,
  value: unsigned,
  data: fc.uint8Array({ maxLength: 300 }).map((value) => `0x${Buffer.from(value).toString('hex')}`),
  gas_limit: unsigned,
}
const transactions: fc.Arbitrary<RequestedTransaction> = fc.oneof(
  fc.record({
    ...common,
    to: fc.option(hex(20)),
    fees: unsigned.map((gas_price) => ({ gas_price })),
    authorizations: none,
  }),
  fc.record({ ...common, to: fc.option(hex(20)), fees: dynamicFees, authorizations: none }),
  fc.record({
    ...common,
    to: hex(20),
    fees: dynamicFees,
    authorizations: fc.array(authorization, { minLength: 1, maxLength: 3 }),
  }),
)

describe('a transaction', () => {
  it('is signed to the same bytes as by ethers, whatever its type and fields', async () => {
    await fc.assert(
      fc.asyncProperty(transactions, async (transaction) => {
        const signature = await gasWallet.sign(transactionDigest(transaction))
        const { raw, hash } = sealTransaction(transaction, signature)
        expect(raw).toBe(await new Wallet(KEY).signTransaction(reference(transaction)))
        expect(hash).toBe(keccak256(raw))
        expect(Transaction.from(raw).from?.toLowerCase()).toBe(gasWallet.address)
      }),
      { numRuns: 60 },
    )
  })
})

describe('an authorization', () => {
  it('has the digest that ethers computes', () => {
    fc.assert(
      fc.property(chainId, hex(20), nonce, (chain_id, address, of) => {
        const expected = hashAuthorization({ chainId: chain_id, address, nonce: of })
        expect(toHex(authorizationDigest({ chain_id, address, nonce: of }))).toBe(expected)
      }),
    )
  })
})

describe('the deposit wallet', () => {
  const wallet = opened(openDepositWallet(PHRASE))
  const other = opened(openReference(PHRASE))

  it('derives the addresses that the API issues, and has the fingerprint that the database knows', () => {
    expect(wallet.fingerprint).toBe(walletFingerprint(other.xpub))
    for (const index of [0, 1, 77, 2 ** 31 - 1, 2 ** 31, 2 ** 31 + 5])
      expect(wallet.signer(index).address).toBe(depositAddress(other.xpub, index))
  })

  it('does not open with a phrase that is none', () => {
    expect(openDepositWallet('test test test')).toBeNull()
    expect(openDepositWallet(PHRASE.replace('junk', 'test'))).toBeNull()
  })
})

describe('the gas wallet', () => {
  it.each(['', '0x12', 'not a key', `0x${'0'.repeat(64)}`, `0x${'f'.repeat(64)}`])('does not open with %j', (text) => {
    expect(openGasWallet(text)).toBeNull()
  })
})

describe('our contracts', () => {
  it('are known by the creation code that this repository compiles', () => {
    expect(BATCHER_CREATION_HASH).toBe(keccak256(SweepBatcher.creation))
  })

  it('end up where the sweeper expects them', () => {
    const deployer = opened(parseAddress(gasWallet.address))
    for (const used of [0, 1, 127, 128, 70_000]) {
      const { batcher, delegate } = contractsAt(deployer, used)
      expect(createdAddress(gasWallet.address, used)).toBe(batcher)
      expect(createdAddress(batcher, 1)).toBe(delegate)
    }
  })
})

describe('an address of chains.yaml', () => {
  it('is read in its EIP-55 spelling only', () => {
    fc.assert(
      fc.property(hex(20), (address) => {
        expect(parseChecksummed(getAddress(address))).toBe(address)
        if (getAddress(address) !== address) expect(parseChecksummed(address)).toBeNull()
      }),
    )
  })
})

function reference({ chain_id, nonce: of, to, value, data, gas_limit, fees, authorizations }: RequestedTransaction) {
  const fields = { chainId: chain_id, nonce: of, to, value, data, gasLimit: gas_limit }
  if ('gas_price' in fees) return { ...fields, type: 0, gasPrice: fees.gas_price }
  const priced = { ...fields, maxFeePerGas: fees.max_fee_per_gas, maxPriorityFeePerGas: fees.max_priority_fee_per_gas }
  if (authorizations.length === 0) return { ...priced, type: 2 }
  const authorizationList = authorizations.map((one) => ({
    chainId: BigInt(one.chain_id),
    address: one.address,
    nonce: BigInt(one.nonce),
    signature: Signature.from({ r: one.r, s: one.s, yParity: one.y_parity }),
  }))
  return { ...priced, type: 4, authorizationList }
}

function word(value: bigint): string {
  return `0x${value.toString(16).padStart(64, '0')}`
}
