import type { Address } from '@ctrip/domain/address'
import type { Amount } from '@ctrip/domain/amount'
import { deployToken } from '@ctrip/local-stack/test-token'
import { type Contract, type TransactionRequest, Wallet } from 'ethers'
import { fetchBlock } from '../src/blocks/fetch-block'
import { fetchTraces } from '../src/blocks/fetch-traces'
import type { VerifiedBlock } from '../src/blocks/verified-block'
import { encodeTransferCall } from '../src/erc20'
import { extractTransfers, type Transfer, withTrueSenders } from '../src/transfers'
import { compilePlayground } from './helpers/contracts'
import { callData } from './helpers/every-kind'
import { addressOf, newAddress } from './helpers/known'
import { type Lab, openLab } from './helpers/lab'

let lab: Lab
let announcer: Contract
let batchPayer: Contract
let wallet: Contract
let token: Address
let config: {
  tokens: { symbol: string; contract: Address; decimals: number; minSweep: Amount; nativePrice: null; price: null }[]
}

beforeAll(async () => {
  lab = await openLab()
  const compiled = compilePlayground()
  announcer = await lab.deploy(compiled.Announcer)
  batchPayer = await lab.deploy(compiled.BatchPayer)
  wallet = await lab.deploy(compiled.ContractWallet, 1_000_000n)
  await lab.provider.send('evm_setAutomine', [true])
  token = addressOf(await deployToken({ rpcUrl: lab.anvil.url, privateKey: lab.anvil.fundedPrivateKey }))
  lab.nextNonce()
  await lab.provider.send('evm_setAutomine', [false])
  // The announcer says that it is a token: configured, whatever it says counts.
  config = {
    tokens: [token, await contractAddress(announcer)].map((contract, at) => ({
      symbol: `T${at}`,
      contract,
      decimals: 6,
      minSweep: 0n as Amount,
      nativePrice: null,
      price: null,
    })),
  }
})
afterAll(() => lab.close())

async function contractAddress(contract: Contract): Promise<Address> {
  return addressOf(await contract.getAddress())
}

async function call(contract: Contract, name: string, ...args: unknown[]): Promise<TransactionRequest> {
  return { to: await contract.getAddress(), data: callData(contract, name, ...args) }
}

/** Mines one block of these transactions and extracts what moved. */
async function transfersOf(...transactions: readonly TransactionRequest[]): Promise<Transfer[]> {
  const block = await mined(transactions)
  return withTrueSenders(block, extractTransfers(block, config, (await fetchTraces(lab.pool, block)).traces))
}

async function mined(transactions: readonly TransactionRequest[]): Promise<VerifiedBlock> {
  for (const transaction of transactions) await lab.send(transaction)
  const block = await fetchBlock(lab.pool, { verify: 'proof', quorum: 1 }, { number: await lab.mine() })
  if (block === null) throw new Error('no block')
  return block
}

describe('native transfers', () => {
  it('are extracted with sender, recipient, amount and place, as proven', async () => {
    const [first, second] = [newAddress(), newAddress()]
    const from = addressOf(lab.funder.address)
    const common = { kind: 'native', from, contract: null, logIndex: null, ordinal: 0, proven: true }
    expect(await transfersOf({ to: first, value: 5n }, { to: second, value: 6n })).toEqual([
      expect.objectContaining({ ...common, to: first, amount: 5n, position: 0 }),
      expect.objectContaining({ ...common, to: second, amount: 6n, position: 1 }),
    ])
  })

  it('count when they call a contract that keeps them', async () => {
    const to = await contractAddress(wallet)
    expect(await transfersOf({ to, value: 4n })).toEqual([expect.objectContaining({ kind: 'native', to, amount: 4n })])
  })

  it('do not count when the transaction failed', async () => {
    expect(await transfersOf({ ...(await call(announcer, 'fail')), value: 5n })).toEqual([])
  })

  it('do not count at value zero, to oneself, or into a new contract', async () => {
    const { ContractWallet } = compilePlayground()
    const transactions = [
      { to: newAddress(), value: 0n },
      { to: lab.funder.address, value: 5n },
      { data: ContractWallet.bytecode, value: 5n },
    ]
    expect(await transfersOf(...transactions)).toEqual([])
  })

  it('do not count where nobody can tell whether they failed (before Byzantium)', async () => {
    const block = await mined([{ to: newAddress(), value: 5n }])
    const old = { ...block, transactions: block.transactions.map((one) => ({ ...one, status: 'unknown' as const })) }
    expect(extractTransfers(old, config)).toEqual([])
  })
})

describe('the sender of a native transfer', () => {
  const liar = addressOf(`0x${'11'.repeat(20)}`)

  it('is taken from the signature, whatever the block says', async () => {
    const to = newAddress()
    const block = await mined([{ to, value: 5n }])
    const [said] = extractTransfers(block, config)
    for (const from of [to, liar]) {
      const told = { ...block, transactions: block.transactions.map((one) => ({ ...one, from })) }
      expect(withTrueSenders(told, extractTransfers(told, config))).toEqual([said])
    }
  })

  it('cannot be hidden by who credits an address with its own money', async () => {
    const block = await mined([{ to: lab.funder.address, value: 5n }])
    const told = { ...block, transactions: block.transactions.map((one) => ({ ...one, from: liar })) }
    expect(withTrueSenders(told, extractTransfers(told, config))).toEqual([])
  })

  it('is what the providers say where nothing proves the transaction', async () => {
    const block = await mined([{ to: newAddress(), value: 5n }])
    const transactions = block.transactions.map((one) => ({ ...one, from: liar, proven: false }))
    const agreed = { ...block, trust: 'agreed' as const, transactions }
    expect(withTrueSenders(agreed, extractTransfers(agreed, config))).toEqual([
      expect.objectContaining({ from: liar, proven: false }),
    ])
  })
})

describe('token transfers', () => {
  it('are extracted from the configured contract, as proven', async () => {
    const to = newAddress()
    const from = addressOf(lab.funder.address)
    expect(await transfersOf({ to: token, data: encodeTransferCall(to, 7n as Amount) })).toEqual([
      expect.objectContaining({
        kind: 'erc20',
        from,
        to,
        amount: 7n,
        contract: token,
        logIndex: 0,
        position: 0,
        ordinal: 0,
        proven: true,
      }),
    ])
  })

  it('of one transaction are told apart by position and ordinal', async () => {
    const to = newAddress()
    const transfers = await transfersOf(
      { to: newAddress(), value: 1n },
      await call(announcer, 'announceMany', 2, to),
      await call(announcer, 'announceMany', 2, to),
    )
    const tokens = transfers.filter(({ kind }) => kind === 'erc20')
    expect(tokens.map(({ amount, position, ordinal }) => [amount, position, ordinal])).toEqual([
      [1n, 0, 0],
      [2n, 1, 1],
      [1n, 2, 0],
      [2n, 3, 1],
    ])
  })

  it('of other contracts do not count, whatever symbol they claim', async () => {
    const block = await mined([await call(announcer, 'announce', newAddress(), newAddress(), 5)])
    expect(extractTransfers(block, { tokens: config.tokens.filter(({ contract }) => contract === token) })).toEqual([])
  })

  it('keep their ordinal when a further token is configured', async () => {
    const to = newAddress()
    const block = await mined([await call(announcer, 'announceMany', 3, to)])
    const mixed = { ...block, logs: block.logs.map((log, at) => (at === 2 ? { ...log, address: token } : log)) }
    const few = extractTransfers(mixed, { tokens: config.tokens.filter(({ contract }) => contract === token) })
    const all = extractTransfers(mixed, config)
    expect(few.map(({ ordinal }) => ordinal)).toEqual([2])
    expect(all.map(({ ordinal }) => ordinal)).toEqual([0, 1, 2])
  })

  it('with four topics are of an ERC-721, and do not count', async () => {
    expect(await transfersOf(await call(announcer, 'announceNft', newAddress(), 77))).toEqual([])
  })

  it('of zero, or to oneself, do not count', async () => {
    const self = newAddress()
    expect(
      await transfersOf(
        await call(announcer, 'announce', newAddress(), self, 0),
        await call(announcer, 'announce', self, self, 5),
      ),
    ).toEqual([])
  })

  it('do not count when their data or topics are not those of the event', async () => {
    const block = await mined([await call(announcer, 'announce', newAddress(), newAddress(), 5)])
    const [log] = block.logs
    if (log === undefined) throw new Error('no log')
    const [topic, from, to] = log.topics
    if (topic === undefined || from === undefined || to === undefined) throw new Error('no topics')
    const forged = [
      { ...log, data: `${log.data}00` as const },
      { ...log, data: '0x' as const },
      { ...log, topics: [topic, from] },
      { ...log, topics: [from, topic, to] },
      { ...log, topics: [topic, from, topic] },
    ]
    for (const one of forged) expect(extractTransfers({ ...block, logs: [one] }, config)).toEqual([])
  })

  it('in a block that is not proven are marked so', async () => {
    await lab.send({ to: token, data: encodeTransferCall(newAddress(), 7n as Amount) })
    const block = await fetchBlock(lab.pool, { verify: 'structural', quorum: 1 }, { number: await lab.mine() })
    expect(block && extractTransfers(block, config)).toEqual([
      expect.objectContaining({ kind: 'erc20', proven: false }),
    ])
  })
})

describe('internal transfers', () => {
  it('of a batch payer are extracted one by one, next to the native one that fed it', async () => {
    const to = [newAddress(), newAddress()]
    const from = await contractAddress(batchPayer)
    expect(await transfersOf({ ...(await call(batchPayer, 'pay', to, 5)), value: 10n })).toEqual([
      expect.objectContaining({ kind: 'native', to: from, amount: 10n }),
      expect.objectContaining({
        kind: 'internal',
        from,
        to: to[0],
        amount: 5n,
        position: 0,
        ordinal: 0,
        proven: false,
        contract: null,
      }),
      expect.objectContaining({ kind: 'internal', from, to: to[1], amount: 5n, position: 1, ordinal: 1 }),
    ])
  })

  it('of a contract wallet are extracted, with running positions and ordinals from 0 in each transaction', async () => {
    const to = newAddress()
    const transfers = await transfersOf(await call(wallet, 'send', to, 5), await call(wallet, 'send', to, 6))
    expect(transfers.map(({ amount, position, ordinal }) => [amount, position, ordinal])).toEqual([
      [5n, 0, 0],
      [6n, 1, 0],
    ])
  })

  it('that were undone within the transaction do not count, and what followed does', async () => {
    const to = newAddress()
    expect(await transfersOf(await call(wallet, 'sendTwiceFirstUndone', to, 5, 6))).toEqual([
      expect.objectContaining({ to, amount: 6n, ordinal: 0 }),
    ])
  })

  it('of a transaction that failed do not count', async () => {
    expect(await transfersOf(await call(wallet, 'sendAndRevert', newAddress(), 5))).toEqual([])
  })

  it('made by delegated code count once, from the contract that it ran for', async () => {
    const to = newAddress()
    const address = await contractAddress(wallet)
    const { ContractWallet } = compilePlayground()
    const other = await lab.deploy(ContractWallet, 50n)
    const transfers = await transfersOf({ ...(await call(other, 'delegateSend', address, to, 8)) })
    expect(transfers).toEqual([
      expect.objectContaining({ kind: 'internal', from: await contractAddress(other), to, amount: 8n }),
    ])
  })

  it('to oneself do not count', async () => {
    expect(await transfersOf(await call(wallet, 'payOneself', 5))).toEqual([])
  })

  it('into a contract being created count', async () => {
    expect(await transfersOf(await call(wallet, 'createFunded', 5))).toEqual([
      expect.objectContaining({ kind: 'internal', amount: 5n }),
    ])
  })

  it('of a contract that destroys itself count', async () => {
    const { ContractWallet } = compilePlayground()
    const doomed = await lab.deploy(ContractWallet, 77n)
    const to = newAddress()
    expect(await transfersOf(await call(doomed, 'destroy', to))).toEqual([
      expect.objectContaining({ kind: 'internal', to, amount: 77n }),
    ])
  })

  it('to an account that delegates (EIP-7702) count as to any other', async () => {
    const authority = Wallet.createRandom()
    const authorization = await authority.authorize({
      address: await contractAddress(wallet),
      chainId: 31_337,
      nonce: 0,
    })
    const to = addressOf(authority.address)
    const delegate = { type: 4, to: newAddress(), value: 0n, authorizationList: [authorization] }
    const transfers = await transfersOf(delegate, await call(wallet, 'send', to, 5), { to, value: 6n })
    expect(transfers.map(({ kind, to: receiver, amount }) => [kind, receiver, amount])).toEqual([
      ['native', to, 6n],
      ['internal', to, 5n],
    ])
  })

  it('are not looked for without traces', async () => {
    const block = await mined([await call(wallet, 'send', newAddress(), 5)])
    expect(extractTransfers(block, config)).toEqual([])
  })
})
