import type { Amount } from '@ctrip/domain/amount'
import { deployToken } from '@ctrip/local-stack/test-token'
import { decodeUint256, encodeBalanceCall, encodeTransferCall } from '../../src/erc20'
import { RetryableRpcError } from '../../src/rpc/rpc-error'
import type { RpcPool } from '../../src/rpc/rpc-pool'
import { openGasWallet } from '../../src/signer/gas-wallet'
import { readCode, readNonce } from '../../src/transactions/account'
import { bestOutcome, broadcast } from '../../src/transactions/broadcast'
import { estimateGas } from '../../src/transactions/estimate-gas'
import { exactFees, feeCap } from '../../src/transactions/fees'
import { readMarket } from '../../src/transactions/read-fees'
import { readReceipt } from '../../src/transactions/read-receipt'
import { readRollupFee } from '../../src/transactions/rollup-fee'
import type { UnsignedTransaction } from '../../src/transactions/unsigned-transaction'
import { compilePlayground } from '../helpers/contracts'
import { callData } from '../helpers/every-kind'
import { addressOf, hashOf, newAddress } from '../helpers/known'
import { type Lab, openLab, poolOf } from '../helpers/lab'
import { HONEST, type StandIn, startProxy } from '../helpers/proxy'

const ETHER = 10n ** 18n
const LIMITS = { minTipWei: 0n, maxGasPriceWei: 200n * 10n ** 9n }

let lab: Lab
let first: StandIn
let second: StandIn
let pool: RpcPool

beforeAll(async () => {
  lab = await openLab()
  first = await startProxy(lab.anvil.url)
  second = await startProxy(lab.anvil.url)
})
beforeEach(() => {
  first.behave(HONEST)
  second.behave(HONEST)
  pool = poolOf([
    { name: 'first', url: first.url },
    { name: 'second', url: second.url },
  ])
})
afterEach(() => pool.close())
afterAll(async () => {
  await Promise.all([first.close(), second.close(), lab.close()])
})

/** A wallet with one ether, and a transaction of it. */
async function funded(changes: Partial<UnsignedTransaction> = {}) {
  const key = `0x${Buffer.from(crypto.getRandomValues(new Uint8Array(32))).toString('hex')}`
  const signer = openGasWallet(key)
  if (signer === null) throw new Error('no wallet')
  await lab.provider.send('anvil_setBalance', [signer.address, `0x${ETHER.toString(16)}`])
  const market = await readMarket(pool, LIMITS, 1)
  if (market.kind !== 'eip1559') throw new Error('Anvil has base fees')
  const { baseFee, tip } = market
  const fees = { kind: 'eip1559' as const, maxFeePerGas: 2n * baseFee + tip, maxPriorityFeePerGas: tip }
  const transaction = {
    chainId: 31_337,
    nonce: 0,
    to: newAddress(),
    value: 5n as Amount,
    data: '0x',
    gasLimit: 21_000n,
    fees,
    ...changes,
  } as const
  return { signer, transaction, signed: await signer.signTransaction(transaction) }
}

describe('broadcast', () => {
  it('sends to every provider; who has it already is as good as who takes it', async () => {
    const { signed } = await funded()
    const sent = await broadcast(pool, signed.raw)
    expect(sent.outcome).toBe('accepted')
    expect(sent.answers.map(({ outcome }) => outcome).sort()).toEqual(['accepted', 'alreadyKnown'])
    await expect(broadcast(pool, signed.raw)).resolves.toMatchObject({ outcome: 'alreadyKnown' })
  })

  it('does not know what became of it when the answer is lost', async () => {
    const { signed, signer } = await funded()
    first.behave(async (_request, honest) => {
      await honest()
      return 'hang up' as const
    })
    second.behave(() => 'hang up')
    await expect(broadcast(pool, signed.raw)).resolves.toMatchObject({ outcome: 'unknown' })
    await expect(readNonce(lab.pool, signer.address, 'pending')).resolves.toBe(1)
  })

  it('says that the nonce is used once it is mined', async () => {
    const { signed } = await funded()
    await broadcast(pool, signed.raw)
    await lab.mine()
    await expect(broadcast(pool, signed.raw)).resolves.toMatchObject({ outcome: 'nonceTooLow' })
  })

  it('says that the wallet is too poor', async () => {
    const { signed } = await funded({ value: (2n * ETHER) as Amount })
    await expect(broadcast(pool, signed.raw)).resolves.toMatchObject({ outcome: 'insufficientFunds' })
  })

  it('says that a replacement offers too little', async () => {
    const { signed, signer, transaction } = await funded()
    await broadcast(pool, signed.raw)
    const replacement = await signer.signTransaction({ ...transaction, to: newAddress() })
    await expect(broadcast(pool, replacement.raw)).resolves.toMatchObject({ outcome: 'underpriced' })
  })

  it.each<[string, string]>([
    ['the method is currently not available: node is syncing', 'notTaken'],
    ['sender is sanctioned', 'notTaken'],
    ['in-flight transaction limit reached for delegated accounts', 'notTaken'],
    ['gapped-nonce tx from delegated accounts', 'notTaken'],
    ['txpool is full', 'notTaken'],
    ['account limit exceeded: pooled 64 txs', 'notTaken'],
    ['address already reserved', 'notTaken'],
    ['nonce too high', 'notTaken'],
    ['tx fee (1.05 ether) exceeds the configured cap (1.00 ether)', 'notTaken'],
    ['gas price too small', 'unknown'],
    ['too many requests', 'unknown'],
  ])('of a node that says "%s" makes %s', async (message, outcome) => {
    for (const node of [first, second])
      node.behave(({ method }, honest) =>
        method === 'eth_sendRawTransaction'
          ? { error: { code: -32_000, message } }
          : honest().then((result) => ({ result })),
      )
    await expect(broadcast(pool, '0x1234')).resolves.toMatchObject({ outcome })
  })

  it('says that the chain will never take it', async () => {
    const { signed } = await funded({ gasLimit: 20_000n })
    await expect(broadcast(pool, signed.raw)).resolves.toMatchObject({ outcome: 'rejected' })
    await expect(broadcast(pool, '0x1234')).resolves.toMatchObject({ outcome: 'rejected' })
  })

  it.each([
    [['rejected', 'unknown'], 'unknown'],
    [['notTaken', 'unknown'], 'unknown'],
    [['notTaken', 'rejected'], 'notTaken'],
    [['notTaken', 'underpriced'], 'underpriced'],
    [['underpriced', 'nonceTooLow'], 'nonceTooLow'],
    [['unknown', 'alreadyKnown', 'rejected'], 'alreadyKnown'],
    [[], 'unknown'],
  ] as const)('of %j makes %s', (outcomes, best) => {
    expect(bestOutcome(outcomes)).toBe(best)
  })
})

describe('readReceipt', () => {
  it('is null until it is mined, then tells block, gas and outcome', async () => {
    const { signed } = await funded()
    await broadcast(pool, signed.raw)
    await expect(readReceipt(pool, signed.hash)).resolves.toBeNull()
    const blockNumber = await lab.mine()
    await expect(readReceipt(pool, signed.hash)).resolves.toMatchObject({
      transactionHash: signed.hash,
      blockNumber,
      succeeded: true,
      gasUsed: 21_000n,
      rollupFeeWei: 0n,
      contractAddress: null,
      canonical: true,
    })
  })

  it('tells a failure, and the address of a new contract', async () => {
    const { Announcer } = compilePlayground()
    const announcer = await lab.deploy(Announcer)
    const failing = await lab.send({ to: await announcer.getAddress(), data: callData(announcer, 'fail') })
    const creating = await lab.send({ data: Announcer.bytecode })
    await lab.mine()
    await expect(readReceipt(pool, hashOf(failing))).resolves.toMatchObject({ succeeded: false })
    await expect(readReceipt(pool, hashOf(creating))).resolves.toMatchObject({
      contractAddress: expect.stringMatching(/^0x[0-9a-f]{40}$/) as unknown,
    })
  })

  it('sees that its block is not canonical any more', async () => {
    const { signed } = await funded()
    await broadcast(pool, signed.raw)
    await lab.mine()
    first.behave(async (request, honest) => {
      const result = (await honest()) as object
      return {
        result: request.method === 'eth_getBlockByNumber' ? { ...result, hash: `0x${'12'.repeat(32)}` } : result,
      }
    })
    await expect(readReceipt(pool, signed.hash)).resolves.toMatchObject({ canonical: false })
  })

  it('asks the next provider when one does not know it, and throws when none can be asked', async () => {
    const { signed } = await funded()
    await broadcast(pool, signed.raw)
    await lab.mine()
    first.behave(() => ({ result: null }))
    await expect(readReceipt(pool, signed.hash)).resolves.toMatchObject({ canonical: true })
    first.behave(() => ({ status: 500 }))
    second.behave(() => ({ result: { transactionHash: `0x${'12'.repeat(32)}` } }))
    await expect(readReceipt(pool, signed.hash)).rejects.toMatchObject({ name: 'RetryableRpcError', kind: 'malformed' })
  })
})

describe('fees, gas and accounts', () => {
  it('are read as the chain has them', async () => {
    const { signer } = await funded()
    await expect(readNonce(pool, signer.address, 'latest')).resolves.toBe(0)
    await expect(readCode(pool, signer.address)).resolves.toBe('0x')
    const gas = await estimateGas(pool, { from: signer.address, to: newAddress(), value: 1n as Amount, data: '0x' })
    expect(gas).toBe(21_000n)
  })

  it('say beforehand that a call would fail', async () => {
    const announcer = await lab.deploy(compilePlayground().Announcer)
    const call = {
      from: newAddress(),
      to: addressOf(await announcer.getAddress()),
      value: 0n as Amount,
      data: callData(announcer, 'fail') as `0x${string}`,
    }
    await expect(estimateGas(pool, call)).rejects.toMatchObject({ kind: 'execution_reverted' })
  })

  it('estimate a call of an account that is yet to delegate', async () => {
    const wallet = await lab.deploy(compilePlayground().ContractWallet)
    const { signer } = await funded()
    const authorization = await signer.signAuthorization({
      chainId: 31_337,
      address: addressOf(await wallet.getAddress()),
      nonce: 0,
    })
    const call = {
      from: addressOf(lab.funder.address),
      to: signer.address,
      value: 0n as Amount,
      data: callData(wallet, 'send', newAddress(), 5) as `0x${string}`,
    }
    const plain = await estimateGas(pool, call)
    expect(await estimateGas(pool, { ...call, authorizations: [authorization] })).toBeGreaterThan(plain + 25_000n)
  })

  it('with exact fees and all that is left, a plain transfer leaves 0 wei', async () => {
    const { signer } = await funded()
    const { fees: quoted } = (await funded()).transaction
    const fees = exactFees(quoted)
    const value = (ETHER - 21_000n * feeCap(fees)) as Amount
    const signed = await signer.signTransaction({
      chainId: 31_337,
      nonce: 0,
      to: newAddress(),
      value,
      data: '0x',
      gasLimit: 21_000n,
      fees,
    })
    await broadcast(pool, signed.raw)
    await lab.mine()
    await expect(lab.provider.getBalance(signer.address)).resolves.toBe(0n)
  })

  it.each([
    ['has no eth_feeHistory', { error: { code: -32601, message: 'method not found' } }],
    ['has no base fees', { result: { baseFeePerGas: [], reward: [] } }],
  ])('are a legacy gas price where the chain %s', async (_, answer) => {
    for (const node of [first, second])
      node.behave(async ({ method }, honest) => {
        if (method === 'eth_feeHistory') return answer
        if (method === 'eth_gasPrice') return { result: '0x7' }
        const result = await honest()
        const isBlock = method === 'eth_getBlockByNumber' && result !== null
        return { result: isBlock ? { ...Object(result), baseFeePerGas: undefined } : result }
      })
    await expect(readMarket(pool, LIMITS, 1)).resolves.toEqual({ kind: 'legacy', gasPrice: 7n })
  })

  it('are not one provider’s word where two must agree', async () => {
    const three = poolOf([
      { name: 'first', url: first.url },
      { name: 'second', url: second.url },
      { name: 'third', url: lab.anvil.url },
    ])
    const honest = await readMarket(three, LIMITS, 2)
    for (const [method, lie] of [
      ['eth_maxPriorityFeePerGas', '0x22ecb25c00'],
      ['eth_feeHistory', { baseFeePerGas: ['0x1', '0x1'], gasUsedRatio: [0.5], reward: [['0x1']] }],
    ]) {
      first.behave(async (request, ask) => ({ result: request.method === method ? lie : await ask() }))
      await expect(readMarket(three, LIMITS, 2)).resolves.toEqual(honest)
    }
    // With one of them left, no two can agree.
    const alone = poolOf([{ name: 'first', url: first.url }])
    await expect(readMarket(alone, LIMITS, 2)).resolves.toEqual({ kind: 'unknown' })
    await alone.close()
    await three.close()
  })

  it('of a rollup’s data are what most providers say, and never a whole coin', async () => {
    const says = (wei: bigint) => `0x${wei.toString(16).padStart(64, '0')}`
    const answering =
      (wei: bigint) =>
      async ({ method }: { method: string }, honest: () => Promise<unknown>) => ({
        result: method === 'eth_call' ? says(wei) : await honest(),
      })
    const fee = () => readRollupFee(pool, 2, 200, 21_000n, {})
    first.behave(answering(7n))
    second.behave(answering(100n * ETHER))
    await expect(fee()).resolves.toBe(14n) // for the data, and for the operator
    first.behave(answering(2n ** 256n - 1n))
    second.behave(answering(2n ** 256n - 1n))
    await expect(fee()).rejects.toThrow('a fee for data that no chain charges')
    second.behave(async ({ method }, honest) => (method === 'eth_call' ? { status: 503 } : { result: await honest() }))
    await expect(fee()).rejects.toThrow(RetryableRpcError)
  })

  it('of tokens are moved', async () => {
    await lab.provider.send('evm_setAutomine', [true])
    const token = addressOf(await deployToken({ rpcUrl: lab.anvil.url, privateKey: lab.anvil.fundedPrivateKey }))
    await lab.provider.send('evm_setAutomine', [false])
    lab.nextNonce()
    const holder = newAddress()
    await lab.send({ to: token, data: encodeTransferCall(holder, 42n as Amount) })
    await lab.mine()
    const balance = await lab.provider.call({ to: token, data: encodeBalanceCall(holder) })
    expect(decodeUint256(balance)).toBe(42n)
  })
})
