import { parseHash } from '@ctrip/domain/hash'
import { hexlify, toQuantity } from 'ethers'
import { codecOf } from '../../src/blocks/block-codec'
import { type Keccak256, loadKeccak256 } from '../../src/blocks/keccak'
import type { RawBlock } from '../../src/blocks/read-block'
import { recoverSender } from '../../src/blocks/recover-sender'
import { type Verification, verifyBlock } from '../../src/blocks/verify-block'
import { hashField, numberField, objectsField, type RawObject } from '../../src/hex'
import { mineEveryKind, readRaw } from '../helpers/every-kind'
import { type Lab, openLab } from '../helpers/lab'
import { sealBlock } from '../helpers/seal-block'

let lab: Lab
let raw: RawBlock
let keccak256: Keccak256

beforeAll(async () => {
  lab = await openLab()
  keccak256 = await loadKeccak256()
  raw = await mineEveryKind(lab)
})
afterAll(() => lab.close())

const prove = (given: RawBlock, verify: 'proof' | 'structural' = 'proof') =>
  verifyBlock({ number: numberField(given.block, 'number') }, given, verify, keccak256)

const withBlock = (changes: object): RawBlock => ({ ...raw, block: { ...raw.block, ...changes } })

function withTransaction(at: number, changes: object): RawBlock {
  return withBlock({
    transactions: objectsField(raw.block, 'transactions').map((one, i) => (i === at ? { ...one, ...changes } : one)),
  })
}

function withReceipt(at: number, changes: object): RawBlock {
  return { ...raw, receipts: raw.receipts.map((one, i) => (i === at ? { ...one, ...changes } : one)) }
}

const withLogs = (at: number, change: (logs: readonly RawObject[]) => readonly RawObject[]) =>
  withReceipt(at, { logs: change(objectsField(raw.receipts[at] ?? {}, 'logs')) })

const MANY_LOGS = 2

describe('a block of a real node', () => {
  it('is proven, with every transaction type, a creation, a failure and many logs', () => {
    const verification = prove(raw)
    if (verification.kind !== 'proven') throw new Error(JSON.stringify(verification))
    const { transactions, logs, hash } = verification.block
    expect(hash).toBe(raw.block['hash'])
    expect(transactions.map(({ status }) => status).filter((status) => status === 'failed')).toHaveLength(2)
    expect(transactions.filter(({ to }) => to === null)).toHaveLength(1)
    expect(logs).toHaveLength(42)
    expect(transactions.every(({ proven }) => proven)).toBe(true)
  })

  it('is proven when it is empty', async () => {
    expect(prove(await readRaw(lab, await lab.mine())).kind).toBe('proven')
  })

  it('is proven with 300 transactions', async () => {
    for (let i = 0; i < 300; i++) await lab.send({ to: lab.funder.address, value: 1n, gasLimit: 21_000n })
    expect(prove(await readRaw(lab, await lab.mine())).kind).toBe('proven')
  })
})

describe('the senders of a proven block', () => {
  it('are recovered from the signatures of every transaction type', () => {
    const sender = lab.funder.address.toLowerCase()
    const liar = { from: `0x${'11'.repeat(20)}` }
    const told = withBlock({
      transactions: objectsField(raw.block, 'transactions').map((one) => ({ ...one, ...liar })),
    })
    const transactions = transactionsOf(prove(told))
    expect(new Set(transactions.map(({ signed }) => signed?.type))).toEqual(new Set([0, 1, 2, 4]))
    expect(new Set(transactions.map(recoverSender))).toEqual(new Set([sender]))
  })
})

describe('a block that does not add up', () => {
  it.each<[string, () => RawBlock, string]>([
    ['another header', () => withBlock({ gasUsed: '0x1' }), 'header_hash'],
    ['another timestamp', () => withBlock({ timestamp: '0x1' }), 'header_hash'],
    ['a larger value', () => withTransaction(0, { value: '0xffff' }), 'transaction_hash'],
    ['another recipient', () => withTransaction(0, { to: `0x${'11'.repeat(20)}` }), 'transaction_hash'],
    ['a failure turned into a success', () => withReceipt(3, { status: '0x1' }), 'receipts_root'],
    [
      'a forged amount in a log',
      () => withLogs(MANY_LOGS, ([log, ...rest]) => [{ ...log, data: `0x${'ff'.repeat(32)}` }, ...rest]),
      'receipts_root',
    ],
    [
      'a log of another contract',
      () => withLogs(MANY_LOGS, ([log, ...rest]) => [{ ...log, address: `0x${'11'.repeat(20)}` }, ...rest]),
      'receipts_root',
    ],
    ['the first log left out', () => withLogs(MANY_LOGS, (logs) => logs.slice(1)), 'receipts_root'],
    ['a log in the middle left out', () => withLogs(MANY_LOGS, (logs) => logs.toSpliced(5, 1)), 'log_index'],
    ['the last log left out', () => withLogs(MANY_LOGS, (logs) => logs.slice(0, -1)), 'receipts_root'],
    ['a log given twice', () => withLogs(MANY_LOGS, ([log, ...rest]) => [log ?? {}, log ?? {}, ...rest]), 'log_index'],
    ['all receipts left out', () => ({ ...raw, receipts: [] }), 'receipt_count'],
    [
      'two receipts changed over',
      () => ({ ...raw, receipts: raw.receipts.with(0, raw.receipts[1] ?? {}).with(1, raw.receipts[0] ?? {}) }),
      'consistency',
    ],
    ['a receipt of another block', () => withReceipt(0, { blockHash: raw.block['parentHash'] }), 'consistency'],
    ['a transaction of another block', () => withTransaction(0, { blockHash: raw.block['parentHash'] }), 'consistency'],
    ['a transaction of another height', () => withTransaction(0, { blockNumber: '0x1' }), 'consistency'],
    ['a time that no Date holds', () => withBlock({ timestamp: '0x7fffffffffff' }), 'consistency'],
    ['a time that is no safe integer', () => withBlock({ timestamp: '0x20000000000000' }), 'malformed'],
    ['another place', () => withTransaction(0, { transactionIndex: '0x1' }), 'consistency'],
    ['a receipt of another type', () => withReceipt(0, { type: '0x2' }), 'consistency'],
    ['status 2', () => withReceipt(0, { status: '0x2' }), 'malformed'],
    ['neither status nor root', () => withReceipt(0, { status: undefined }), 'malformed'],
    ['a bloom that is no hex', () => withReceipt(0, { logsBloom: 7 }), 'malformed'],
    ['a field that is no hex', () => withTransaction(0, { input: '0xnothex' }), 'malformed'],
    ['no transactions', () => withBlock({ transactions: null }), 'malformed'],
  ])('is refused for %s', (_, forge, check) => {
    expect(prove(forge())).toMatchObject({ kind: 'refused', check })
  })

  it('is refused for a time more than a day ahead of our clock, even if its hash fits', () => {
    const dated = (aheadSeconds: number) => {
      const timestamp = toQuantity(Math.round(Date.now() / 1_000) + aheadSeconds)
      return sealBlock(withBlock({ timestamp }), keccak256)
    }
    expect(prove(dated(90_000))).toMatchObject({ kind: 'refused', check: 'consistency' })
    expect(prove(dated(90_000), 'structural')).toMatchObject({ kind: 'refused', check: 'consistency' })
    expect(prove(dated(80_000)).kind).toBe('proven')
  })

  it('is refused when every transaction is left out together with its receipt', () => {
    expect(prove({ block: { ...raw.block, transactions: [] }, receipts: [] })).toMatchObject({
      check: 'transactions_root',
    })
  })

  it('is refused when it is not the block that was asked for', () => {
    const parent = parseHash(String(raw.block['parentHash']))
    if (parent === null) throw new Error('no parent')
    expect(verifyBlock({ hash: parent }, raw, 'proof', keccak256)).toMatchObject({ check: 'requested_block' })
    expect(verifyBlock({ number: 1 }, raw, 'structural', keccak256)).toMatchObject({ check: 'requested_block' })
  })

  it('is refused when all hashes fit forged contents, because they make another block', () => {
    const forged = sealBlock(withTransaction(0, { value: '0xffff' }), keccak256)
    expect(prove(forged).kind).toBe('proven')
    expect(verifyBlock({ hash: hashField(raw.block, 'hash') }, forged, 'proof', keccak256)).toMatchObject({
      check: 'requested_block',
    })
  })
})

describe('a block that cannot be proven', () => {
  const tendermint = { difficulty: '0x0', nonce: '0x0000000000000000', mixHash: `0x${'0'.repeat(64)}`, extraData: '0x' }
  const emptyRoot = '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421'

  it.each<[string, () => RawBlock]>([
    ['Tendermint header', () => withBlock({ ...tendermint, receiptsRoot: emptyRoot })],
    ['unknown header fields: fromTheFuture', () => withBlock({ gasUsed: '0x1', fromTheFuture: '0x1' })],
    ['unknown header fields: unprintable', () => withBlock({ gasUsed: '0x1', 'a\nb': '0x1' })],
    ['the node does not tell: logsBloom is missing or malformed', () => withReceipt(0, { logsBloom: undefined })],
    ['the node does not tell: mixHash is missing or malformed', () => withBlock({ mixHash: null })],
    ['the node does not tell: chainId is missing or malformed', () => withTransaction(2, { chainId: undefined })],
    [
      'transaction type 0x7e',
      () => ({ ...withTransaction(0, { type: '0x7e' }), receipts: withReceipt(0, { type: '0x7e' }).receipts }),
    ],
  ])('says why: %s', (reason, make) => {
    expect(prove(make())).toMatchObject({ kind: 'notProvable', reason })
  })

  it('is read all the same, with nothing marked as proven', () => {
    const verification = prove(withBlock({ ...tendermint, receiptsRoot: emptyRoot }))
    expect(transactionsOf(verification)).toHaveLength(raw.receipts.length)
    expect(transactionsOf(verification).some(({ proven }) => proven)).toBe(false)
  })

  it('may have gaps between the logs of its receipts, but not within', () => {
    const shifted = (by: (at: number) => number) =>
      prove(
        withLogs(MANY_LOGS, (logs) =>
          logs.map((log, at) => ({ ...log, logIndex: toQuantity(numberField(log, 'logIndex') + by(at)) })),
        ),
        'structural',
      )
    // The logs of the next receipt would overlap if the shift were larger than what separates them: only the last receipt with logs is moved.
    const gap = withLogs(5, (logs) => logs.map((log) => ({ ...log, logIndex: '0x50' })))
    expect(prove(gap, 'structural').kind).toBe('consistent')
    expect(prove(gap)).toMatchObject({ kind: 'refused', check: 'log_index' })
    expect(shifted((at) => (at > 3 ? 1 : 0))).toMatchObject({ kind: 'refused', check: 'log_index' })
  })
})

describe('a receipt with a root in place of its status', () => {
  // Status 1 and the root 0x01 are the same bytes, 0 and 0x too: the block stays the same, and a payment would be hidden.
  it.each(['0x01', '0x1', '0x', '0x00', `0x${'00'.repeat(31)}01f`])('is refused with the root %s', (root) => {
    const forged = withReceipt(0, { root, status: undefined })
    expect(prove(forged)).toMatchObject({ kind: 'refused', check: 'malformed' })
    expect(prove(forged, 'structural')).toMatchObject({ kind: 'refused', check: 'malformed' })
  })

  it('is refused with a root of 32 bytes beside the status, because the block has the status', () => {
    expect(prove(withReceipt(0, { root: `0x${'01'.repeat(32)}` }))).toMatchObject({ check: 'receipts_root' })
  })

  it('is read by the status when the root is too short to be one', () => {
    expect(transactionsOf(prove(withReceipt(0, { root: '0x' })))[0]).toMatchObject({ status: 'succeeded' })
  })
})

describe('chains of their own kind', () => {
  it('numbers logs through the block where a chain counts from 0 in each transaction', () => {
    const restarted = {
      ...raw,
      receipts: raw.receipts.map((receipt) => ({
        ...receipt,
        logs: objectsField(receipt, 'logs').map((log, at) => ({ ...log, logIndex: toQuantity(at) })),
      })),
    }
    expect(prove(restarted)).toEqual(prove(raw))
  })

  it('proves blocks from before Byzantium, whose receipts hold a state root, and believes no status beside it', () => {
    const receipts = raw.receipts.map((receipt) => ({ ...receipt, root: `0x${'ab'.repeat(32)}` }))
    const verification = prove(sealBlock({ ...raw, receipts }, keccak256))
    expect(verification.kind).toBe('proven')
    expect(new Set(transactionsOf(verification).map(({ status }) => status))).toEqual(new Set(['unknown']))
  })

  it("proves Polygon's blocks around the state sync, which stands in no root and is marked as not proven", () => {
    const last = raw.receipts.length
    const number = Buffer.alloc(8)
    number.writeBigUInt64BE(BigInt(numberField(raw.block, 'number')))
    const blockHash = hashField(raw.block, 'hash')
    const hash = hexlify(
      keccak256(Buffer.concat([Buffer.from('matic-bor-receipt-'), number, Buffer.from(blockHash.slice(2), 'hex')])),
    )
    const zero = `0x${'0'.repeat(40)}`
    const place = { blockHash, blockNumber: raw.block['number'], transactionIndex: toQuantity(last) }
    const log = {
      ...place,
      transactionHash: hash,
      address: `0x${'22'.repeat(20)}`,
      topics: [],
      data: '0x',
      logIndex: toQuantity(42),
    }
    const stateSync = { ...place, hash, type: '0x0', from: zero, to: zero, value: '0x0' }
    const receipt = { ...place, transactionHash: hash, type: '0x0', status: '0x1', logs: [log] }
    const given = {
      block: { ...raw.block, transactions: [...objectsField(raw.block, 'transactions'), stateSync] },
      receipts: [...raw.receipts, receipt],
    }
    // Elsewhere such a transaction would be a way to put logs that nothing proves into a proven block.
    expect(prove(given).kind).not.toBe('proven')
    const polygon = codecOf('polygon')
    // Only the last is the bridge's: one more before it would be another way to do the same.
    const twice = {
      block: {
        ...raw.block,
        transactions: [...given.block.transactions, { ...stateSync, transactionIndex: toQuantity(last + 1) }],
      },
      receipts: [...given.receipts, { ...receipt, transactionIndex: toQuantity(last + 1), logs: [] }],
    }
    const hashOfBlock = { hash: hashField(raw.block, 'hash') }
    expect(verifyBlock(hashOfBlock, twice, 'proof', keccak256, polygon).kind).not.toBe('proven')
    const verification = verifyBlock(hashOfBlock, given, 'proof', keccak256, polygon)
    expect(verification.kind).toBe('proven')
    expect(transactionsOf(verification).filter(({ proven }) => !proven)).toEqual([expect.objectContaining({ hash })])
  })
})

function transactionsOf(verification: Verification) {
  return verification.kind === 'refused' ? [] : verification.block.transactions
}
