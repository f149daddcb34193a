import { hexlify, toQuantity } from 'ethers'
import { codecOf } from '../../src/blocks/block-codec'
import { encodeHeader } from '../../src/blocks/encode-header'
import { encodeTransaction } from '../../src/blocks/encode-transaction'
import { type Keccak256, loadKeccak256 } from '../../src/blocks/keccak'
import { type RawBlock, transactionType } from '../../src/blocks/read-block'
import { RlpWriter } from '../../src/blocks/rlp-writer'
import type { VerifiedTransaction } from '../../src/blocks/verified-block'
import { type Verification, verifyBlock } from '../../src/blocks/verify-block'
import { hashField, objectsField } from '../../src/hex'
import {
  FIXTURES,
  type Fixture,
  type FixtureName,
  fixturesThatShow,
  loadBlock,
  loadTransaction,
} from '../helpers/fixtures'

let keccak256: Keccak256

beforeAll(async () => {
  keccak256 = await loadKeccak256()
})

function fixture(name: FixtureName): Fixture {
  const found = FIXTURES.find((one) => one.name === name)
  if (found === undefined) throw new Error(`no fixture ${name}`)
  return found
}

function prove(raw: RawBlock, family: Fixture['family']): Verification {
  return verifyBlock({ hash: hashField(raw.block, 'hash') }, raw, 'proof', keccak256, codecOf(family))
}

function transactionsOf(verification: Verification): readonly VerifiedTransaction[] {
  if (verification.kind !== 'proven') throw new Error(JSON.stringify(verification))
  return verification.block.transactions
}

describe('a real block', () => {
  it.each(fixturesThatShow('block'))('of $name is proven with all its transactions and receipts', (one) => {
    expect(prove(loadBlock(one).raw, one.family).kind).toBe('proven')
  })

  it.each(fixturesThatShow('header', 'header and transactions'))('of $name has the header that we encode', (one) => {
    const { raw, codec } = loadBlock(one)
    expect(hexlify(keccak256(encodeHeader(new RlpWriter(), raw.block, codec)))).toBe(raw.block['hash'])
  })

  it.each(fixturesThatShow('transaction'))('$name is encoded as its hash says', (one) => {
    const transaction = loadTransaction(one)
    const encoded = encodeTransaction(new RlpWriter(), transaction, transactionType(transaction), codecOf(one.family))
    expect(hexlify(keccak256(encoded))).toBe(transaction['hash'])
  })

  it('of another family is not proven', () => {
    const { raw } = loadBlock(fixture('arbitrum-150000000'))
    expect(prove(raw, 'ethereum')).toMatchObject({ kind: 'notProvable', reason: 'transaction type 0x6a' })
    expect(prove(raw, 'foreign')).toMatchObject({
      kind: 'notProvable',
      reason: 'blocks of this chain are not encoded as Ethereum blocks',
    })
    expect(prove(loadBlock(fixture('zora-49513698')).raw, 'berachain').kind).not.toBe('proven')
  })
})

describe('a real block with a changed header', () => {
  // Fields beside the header must not pass for those of a later fork, which would make the block not provable.
  it.each(['arbitrum-150000000', 'avalanche-fuji-58119344'] as const)('of %s is refused', (name) => {
    const one = fixture(name)
    const { raw } = loadBlock(one)
    const block = { ...raw.block, timestamp: '0x1', transactions: [] }
    expect(prove({ block, receipts: [] }, one.family)).toMatchObject({ kind: 'refused', check: 'header_hash' })
  })
})

describe('what is read from a real block', () => {
  it('is no outcome before Byzantium', () => {
    const { raw } = loadBlock(fixture('ethereum-4369999'))
    expect(new Set(transactionsOf(prove(raw, 'ethereum')).map(({ status }) => status))).toEqual(new Set(['unknown']))
  })

  it("is what Arbitrum's own transaction always does, not what the node says beside its encoding", () => {
    const { raw } = loadBlock(fixture('arbitrum-150000000'))
    const transactions = objectsField(raw.block, 'transactions')
    const ours = `0x${'11'.repeat(20)}`
    const forged = { ...transactions[0], from: ours, to: ours, value: '0xde0b6b3a7640000' }
    const block = { ...raw.block, transactions: transactions.with(0, forged) }
    const arbOs = '0x00000000000000000000000000000000000a4b05'
    expect(transactionsOf(prove({ ...raw, block }, 'arbitrum'))[0]).toMatchObject({ from: arbOs, to: arbOs, value: 0n })
  })

  it('is the sender of a deposit, which its encoding has', () => {
    const { raw } = loadBlock(fixture('zora-49513698'))
    const [deposit] = objectsField(raw.block, 'transactions')
    const block = { ...raw.block, transactions: [{ ...deposit, from: `0x${'11'.repeat(20)}` }] }
    expect(prove({ ...raw, block }, 'op-stack')).toMatchObject({ kind: 'refused', check: 'transaction_hash' })
  })
})

describe('a real block that cannot be proven', () => {
  it('of Cronos says that its header is of Tendermint', () => {
    const { raw } = loadBlock(fixture('cronos-11446765'))
    expect(prove(raw, 'ethereum')).toMatchObject({ kind: 'notProvable', reason: 'Tendermint header' })
  })

  it("of Avalanche says that its receipts stand in a later block's header", () => {
    const { raw } = loadBlock(fixture('avalanche-fuji-58119344'))
    const { hash, number, gasUsed, logsBloom } = raw.block
    const receipts = objectsField(raw.block, 'transactions').map((transaction, at) => ({
      ...{ blockHash: hash, blockNumber: number, transactionHash: transaction['hash'] },
      ...{ transactionIndex: toQuantity(at), status: '0x1', cumulativeGasUsed: gasUsed, logsBloom, logs: [] },
    }))
    expect(prove({ ...raw, receipts }, 'avalanche')).toMatchObject({
      kind: 'notProvable',
      reason: 'its receipts stand in the header of a later block',
    })
  })
})
