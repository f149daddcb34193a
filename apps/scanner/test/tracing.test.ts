import type { Payment } from '@ctrip/domain/payment/payment'
import { deployPayer, type TestPayerContract } from '@ctrip/local-stack/test-payer'
import { Wallet } from 'ethers'
import { z } from 'zod'
import { changing, failing } from './support/behaviours'
import { toAddress } from './support/ledger'
import type { Answer, Behaviour } from './support/rpc-proxy'
import { openScanning, type Scanning } from './support/scanning'

const ETHER = 10n ** 18n
const TRACES = 'debug_traceBlockByHash'
const PRUNED: Answer = { error: { code: -32000, message: 'missing trie node' } }
const UNKNOWN: Answer = { error: { code: -32601, message: `the method ${TRACES} does not exist` } }

const STRANGER = `0x${'12'.repeat(20)}`

const tracesFound = z.array(z.looseObject({ result: z.looseObject({}) }))

/** As if contracts had paid nobody. */
const leavingOut = changing(TRACES, (traces) =>
  tracesFound.parse(traces).map(({ result, ...trace }) => ({ ...trace, result: { ...result, calls: [] } })),
)
/** Two where one was paid. */
const generous = changing(TRACES, (traces) =>
  JSON.parse(JSON.stringify(traces).replaceAll('0xde0b6b3a7640000', '0x1bc16d674ec80000')),
)
/** As if the first transaction's contract had moved one ether along each of these ways. */
const inventing = (...ways: readonly (readonly [from: string, to: string])[]) =>
  changing(TRACES, (traces) =>
    tracesFound.parse(traces).map(({ result, ...trace }, at) => {
      const calls = ways.map(([from, to]) => ({ type: 'CALL', from, to, value: '0xde0b6b3a7640000', input: '0x' }))
      return at === 0 ? { ...trace, result: { ...result, calls } } : { ...trace, result }
    }),
  )
const pruned = failing(TRACES, PRUNED)
const refusedByPlan = failing(TRACES, {
  error: { code: -32600, message: `${TRACES} is not available on the Free tier` },
})
const slow = failing(TRACES, 'silence')
const malformed = changing(TRACES, () => [{ result: 'nonsense' }])
const unable = failing(TRACES, UNKNOWN)
const unableAndPruned: Behaviour = (request, ask) =>
  request.method === TRACES ? UNKNOWN : failing(/getBalance|eth_call/, PRUNED)(request, ask)

describe('what contracts pay, where three providers tell of it', () => {
  let scanning: Scanning
  let contract: TestPayerContract

  beforeAll(async () => {
    scanning = await openScanning({ proxies: 3, settings: { quorum: 2 } })
    contract = (await deployPayer(scanning.local.payer, 10n * ETHER)).payer
  })
  beforeEach(() => behave(scanning, [null, null, null]))
  afterAll(() => scanning.close())

  it('is credited only when two tell the same, and is owed until then', async () => {
    const payment = await paidByContract(scanning, contract)
    behave(scanning, [generous, pruned, pruned])
    await expectOwed(scanning, payment, 'missing trie node')
    behave(scanning, [generous, null, pruned])
    await expectStillOwed(scanning, payment, 'providers disagree')
    expect(scanning.logged).toContainEqual(expect.objectContaining({ msg: 'scanner.trace_disagreement' }))
    behave(scanning, [generous, null, null])
    await expectSettled(scanning, payment)
  })

  it.each([
    ['first', [leavingOut, null, null]],
    ['second', [null, leavingOut, null]],
    ['third', [null, null, leavingOut]],
  ] as const)('is credited also when the %s leaves it out', async (_, moods) => {
    const payment = await paidByContract(scanning, contract)
    behave(scanning, moods)
    await expectDetected(scanning, payment)
  })

  it('is owed while one leaves it out and nobody else can be asked', async () => {
    const payment = await paidByContract(scanning, contract)
    behave(scanning, [leavingOut, pruned, pruned])
    await expectOwed(scanning, payment, 'missing trie node')
    behave(scanning, [leavingOut, null, pruned])
    await expectStillOwed(scanning, payment, 'providers disagree')
    behave(scanning, [leavingOut, null, null])
    await expectSettled(scanning, payment)
  })

  it('is owed while no provider tells, and what is proven is credited meanwhile', async () => {
    const [byContract, native] = [await scanning.ledger.newPayment({}), await scanning.ledger.newPayment({})]
    await scanning.scan()
    await (await contract.send(byContract.address, ETHER)).wait()
    behave(scanning, [refusedByPlan, malformed, pruned])
    await scanning.scan()
    behave(scanning, [refusedByPlan, slow, malformed])
    await scanning.pay(native, ETHER)
    await expectOwed(scanning, byContract, 'not available on the Free tier')
    expect(await scanning.payment(native.id)).toMatchObject({ status: 'detected', amountReceived: ETHER })
    expect(scanning.logged).toContainEqual(
      expect.objectContaining({ msg: 'scanner.trace_debt', providers: ['proxy-0', 'proxy-1', 'proxy-2'] }),
    )
    // Both blocks owe, and the second waited no longer for its traces than blocks in debt do.
    expect(await debts(scanning)).toHaveLength(2)
    behave(scanning, [refusedByPlan, null, null])
    await expectSettled(scanning, byContract)
    expect(await scanning.payment(native.id)).toMatchObject({ amountReceived: ETHER })
  })

  it('is owed no longer when its block leaves the chain, and is seen where it comes back', async () => {
    const snapshot = await scanning.local.rpc('evm_snapshot')
    const payment = await paidByContract(scanning, contract)
    behave(scanning, [pruned, pruned, pruned])
    await expectOwed(scanning, payment, 'missing trie node')
    await scanning.local.rpc('evm_revert', [snapshot])
    scanning.local.payer.reset()
    await scanning.local.mine(3)
    await scanning.scan()
    expect(await debts(scanning)).toEqual([])
    behave(scanning, [null, null, null])
    await (await contract.send(payment.address, ETHER)).wait()
    await expectDetected(scanning, payment)
  })

  it('waits longer after each attempt that fails', async () => {
    const payment = await paidByContract(scanning, contract)
    behave(scanning, [pruned, pruned, pruned])
    await expectOwed(scanning, payment, 'missing trie node')
    const waits: number[] = []
    for (let attempt = 0; attempt < 3; attempt++) {
      const startedAt = Date.now()
      await scanning.settleDebts()
      const [debt] = await debts(scanning)
      waits.push(Math.round(((debt?.next_attempt_at.getTime() ?? 0) - startedAt) / 1000))
    }
    expect(waits).toEqual([...waits].sort((a, b) => a - b))
    expect(new Set(waits).size).toBe(3)
    expect(await debts(scanning)).toMatchObject([{ attempts: 4 }])
    behave(scanning, [null, null, null])
    await expectSettled(scanning, payment)
  })

  it('is in time though its traces come after the end of the time to pay', async () => {
    const expiresAt = new Date((await scanning.state()).cursorTime.getTime() + 600_000)
    const [paid, unpaid] = [
      await scanning.ledger.newPayment({ expiresAt }),
      await scanning.ledger.newPayment({ expiresAt }),
    ]
    behave(scanning, [pruned, pruned, pruned])
    await (await contract.send(paid.address, ETHER)).wait()
    await scanning.scan()
    await scanning.local.rpc('evm_increaseTime', [1_200])
    await scanning.local.mine()
    await scanning.scan()
    const statuses = async () => [(await scanning.payment(paid.id)).status, (await scanning.payment(unpaid.id)).status]
    expect(await statuses()).toEqual(['pending', 'pending'])
    behave(scanning, [null, null, null])
    await scanning.settleDebts()
    await scanning.local.mine(3)
    await scanning.scan()
    expect(await statuses()).toEqual(['confirmed', 'expired'])
    expect(await scanning.ledger.eventTypes(paid.id)).not.toContain('payment.expired')
  })
})

describe('what contracts pay, where only one of two providers traces', () => {
  let scanning: Scanning
  let contract: TestPayerContract

  beforeAll(async () => {
    scanning = await openScanning({ proxies: 2 })
    contract = (await deployPayer(scanning.local.payer, 10n * ETHER)).payer
  })
  beforeEach(() => behave(scanning, [null, unable]))
  afterAll(() => scanning.close())

  it('is credited when the balances that the other tells have risen by it', async () => {
    await expectDetected(scanning, await paidByContract(scanning, contract))
    expect(scanning.logged).toContainEqual(
      expect.objectContaining({ msg: 'scanner.trace_by_one_provider', provider: 'proxy-0' }),
    )
  })

  it('is not believed when they have not, and is owed when the other does not tell', async () => {
    const payment = await paidByContract(scanning, contract)
    behave(scanning, [generous, unable])
    await expectOwed(scanning, payment, 'no other provider tells of such balances')
    expect(scanning.logged).toContainEqual(
      expect.objectContaining({ msg: 'scanner.trace_denied', provider: 'proxy-0', witness: 'proxy-1' }),
    )
    behave(scanning, [null, unableAndPruned])
    await expectStillOwed(scanning, payment, 'no other provider tells of such balances')
    behave(scanning, [null, unable])
    await expectSettled(scanning, payment)
  })

  it('is not believed of an address that is said to pass it on at once, and what is proven is credited', async () => {
    const { ledger, deps, pay } = scanning
    const [invented, native] = [await ledger.newPayment({}), await ledger.newPayment({})]
    const { treasury } = deps.chain
    behave(scanning, [inventing([STRANGER, invented.address], [invented.address, treasury]), unable])
    await pay(native, ETHER)
    await expectOwed(scanning, invented, 'also spends in the block')
    expect(await scanning.payment(native.id)).toMatchObject({ status: 'detected', amountReceived: ETHER })
    await expectNothingOwed(scanning, invented)
  })

  it('is not believed of an address that sends a transaction in the block', async () => {
    const { rpc, provider } = scanning.local
    const wallet = Wallet.createRandom(provider)
    const payment = await scanning.ledger.newPayment({ address: toAddress(wallet.address) })
    await rpc('anvil_setBalance', [wallet.address, '0x56bc75e2d63100000'])
    behave(scanning, [inventing([STRANGER, payment.address]), unable])
    await (await wallet.sendTransaction({ to: STRANGER, value: 1n })).wait()
    await expectOwed(scanning, payment, 'also spends in the block')
    await expectNothingOwed(scanning, payment)
  })

  it('does not hold the chain up where nothing of ours is told of and the other fails, a quorum of one being enough', async () => {
    await scanning.local.mine()
    await scanning.pay(await scanning.ledger.newPayment({}), ETHER)
    behave(scanning, [null, pruned])
    await scanning.scan()
    expect((await scanning.state()).cursor.number).toBe(await scanning.local.provider.getBlockNumber())
  })
})

describe('what contracts pay, where the quorum is three', () => {
  let scanning: Scanning
  let contract: TestPayerContract

  beforeAll(async () => {
    scanning = await openScanning({ proxies: 3, settings: { quorum: 3 } })
    contract = (await deployPayer(scanning.local.payer, 10n * ETHER)).payer
  })
  beforeEach(() => behave(scanning, [null, null, null]))
  afterAll(() => scanning.close())

  it('is not credited on the word of two', async () => {
    const payment = await paidByContract(scanning, contract)
    behave(scanning, [generous, generous, null])
    await expectOwed(scanning, payment, 'providers disagree')
    behave(scanning, [generous, generous, pruned])
    await expectStillOwed(scanning, payment, 'missing trie node')
    behave(scanning, [generous, generous, unable])
    await expectStillOwed(scanning, payment, 'no other provider tells of such balances')
    behave(scanning, [null, null, null])
    await expectSettled(scanning, payment)
  })

  it('is credited when those that do not trace make up three by their balances', async () => {
    const payment = await paidByContract(scanning, contract)
    behave(scanning, [null, unable, unableAndPruned])
    await expectOwed(scanning, payment, 'no other provider tells of such balances')
    behave(scanning, [null, unable, unable])
    await expectSettled(scanning, payment)
    const another = await paidByContract(scanning, contract)
    behave(scanning, [null, null, unable])
    await expectDetected(scanning, another)
  })
})

/** One mood for each provider; null: honest. */
function behave({ local }: Scanning, moods: readonly (Behaviour | null)[]): void {
  for (const [at, proxy] of local.proxies.entries()) proxy.behave(moods[at] ?? null)
}

async function paidByContract({ ledger, scan }: Scanning, contract: TestPayerContract): Promise<Payment> {
  const payment = await ledger.newPayment({})
  await scan()
  await (await contract.send(payment.address, ETHER)).wait()
  return payment
}

/** The block is committed, and what contracts moved in it is not known. */
async function expectOwed(scanning: Scanning, payment: Payment, reason: string): Promise<void> {
  await scanning.scan()
  expect((await scanning.state()).cursor.number).toBe(await scanning.local.provider.getBlockNumber())
  await expectDebt(scanning, payment, reason)
}

async function expectStillOwed(scanning: Scanning, payment: Payment, reason: string): Promise<void> {
  await scanning.settleDebts()
  await expectDebt(scanning, payment, reason)
}

async function expectDebt(scanning: Scanning, { id }: Payment, reason: string): Promise<void> {
  expect((await debts(scanning))[0]?.reason).toContain(reason)
  expect(await scanning.payment(id)).toMatchObject({ status: 'pending', amountReceived: 0n })
}

async function expectSettled(scanning: Scanning, payment: Payment): Promise<void> {
  await scanning.settleDebts()
  expect(await debts(scanning)).toEqual([])
  await expectDetected(scanning, payment)
}

/** The trace was a lie: the truth settles the debt, and credits nothing. */
async function expectNothingOwed(scanning: Scanning, { id }: Payment): Promise<void> {
  behave(scanning, [null, unable])
  await scanning.settleDebts()
  expect(await debts(scanning)).toEqual([])
  expect(await scanning.payment(id)).toMatchObject({ status: 'pending', amountReceived: 0n })
}

function debts({ ledger }: Scanning) {
  return ledger.db.prisma.trace_debts.findMany({ orderBy: { block_number: 'asc' } })
}

async function expectDetected({ scan, payment }: Scanning, { id }: Payment): Promise<void> {
  await scan()
  expect(await payment(id)).toMatchObject({ status: 'detected', amountReceived: ETHER })
}
