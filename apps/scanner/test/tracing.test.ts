import { RetryableRpcError } from '@ctrip/chain/rpc/rpc-error'
import type { Payment } from '@ctrip/domain/payment/payment'
import { deployPayer, type TestPayerContract } from '@ctrip/local-stack/test-payer'
import { z } from 'zod'
import { changing, failing } from './support/behaviours'
import type { Answer, Behaviour } from './support/rpc-proxy'
import { openScanning, type Scanning } from './support/scanning'

const ETHER = 10n ** 18n
const TRACES = 'debug_traceBlockByHash'
const PRUNED: Answer = { error: { code: -32000, message: 'missing trie node' } }
const UNKNOWN: Answer = { error: { code: -32601, message: `the method ${TRACES} does not exist` } }

const tracesFound = z.array(z.looseObject({ result: z.looseObject({}) }))

/** As if contracts had paid nobody. */
const leavingOut = changing(TRACES, (traces) =>
  tracesFound.parse(traces).map(({ result, ...trace }) => ({ ...trace, result: { ...result, calls: [] } })),
)
/** Two where one was paid. */
const generous = changing(TRACES, (traces) =>
  JSON.parse(JSON.stringify(traces).replaceAll('0xde0b6b3a7640000', '0x1bc16d674ec80000')),
)
const pruned = failing(TRACES, PRUNED)
const unable = failing(TRACES, UNKNOWN)
const unableAndPruned: Behaviour = (request, ask) =>
  request.method === TRACES ? UNKNOWN : failing(/getBalance|getCode/, PRUNED)(request, ask)

describe('what contracts pay, where three providers tell of it', () => {
  let scanning: Scanning
  let contract: TestPayerContract

  beforeAll(async () => {
    scanning = await openScanning({ proxies: 3, settings: { quorum: 2 } })
    contract = (await deployPayer(scanning.local.payer, 10n * ETHER)).payer
  })
  beforeEach(() => behave(scanning, [null, null, null]))
  afterAll(() => scanning.close())

  it('is credited only when two tell the same', async () => {
    const payment = await paidByContract(scanning, contract)
    const { cursor } = await scanning.state()
    behave(scanning, [generous, pruned, pruned])
    await expect(scanning.scan()).rejects.toBeInstanceOf(RetryableRpcError)
    behave(scanning, [generous, null, pruned])
    await expect(scanning.scan()).rejects.toThrow('providers disagree')
    expect((await scanning.state()).cursor).toEqual(cursor)
    expect(scanning.logged).toContainEqual(expect.objectContaining({ msg: 'scanner.trace_disagreement' }))
    behave(scanning, [generous, null, null])
    await expectDetected(scanning, payment)
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

  it('is waited for while one leaves it out and nobody else can be asked', async () => {
    const payment = await paidByContract(scanning, contract)
    const { cursor } = await scanning.state()
    behave(scanning, [leavingOut, pruned, pruned])
    await expect(scanning.scan()).rejects.toBeInstanceOf(RetryableRpcError)
    behave(scanning, [leavingOut, null, pruned])
    await expect(scanning.scan()).rejects.toThrow('providers disagree')
    expect((await scanning.state()).cursor).toEqual(cursor)
    behave(scanning, [leavingOut, null, null])
    await expectDetected(scanning, payment)
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

  it('is not believed when they have not, and waits when the other does not tell', async () => {
    const payment = await paidByContract(scanning, contract)
    const { cursor } = await scanning.state()
    behave(scanning, [generous, unable])
    await expect(scanning.scan()).rejects.toThrow('no other provider tells of such balances')
    expect(scanning.logged).toContainEqual(
      expect.objectContaining({ msg: 'scanner.trace_denied', provider: 'proxy-0', witness: 'proxy-1' }),
    )
    behave(scanning, [null, unableAndPruned])
    await expect(scanning.scan()).rejects.toThrow('no other provider tells of such balances')
    expect((await scanning.state()).cursor).toEqual(cursor)
    behave(scanning, [null, unable])
    await expectDetected(scanning, payment)
  })

  it('does not hold the chain up where nothing of ours is told of and the other fails, a quorum of one being enough', async () => {
    await scanning.local.mine()
    await scanning.pay(await scanning.ledger.newPayment({}), ETHER)
    behave(scanning, [null, pruned])
    await scanning.scan()
    expect((await scanning.state()).cursor.number).toBe(await scanning.local.provider.getBlockNumber())
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

async function expectDetected({ scan, payment }: Scanning, { id }: Payment): Promise<void> {
  await scan()
  expect(await payment(id)).toMatchObject({ status: 'detected', amountReceived: ETHER })
}
