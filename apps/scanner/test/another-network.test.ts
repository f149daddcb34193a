import { type Anvil, startAnvil } from '@ctrip/local-stack/anvil'
import { localProvider } from '@ctrip/local-stack/local-provider'
import { openScanning, type Scanning } from './support/scanning'

const ETHER = 10n ** 18n

describe.each([
  { who: 'the only provider', proxies: 1, quorum: 1, swapped: 1 },
  { who: 'one of two providers with a quorum of one', proxies: 2, quorum: 1, swapped: 1 },
  { who: 'both providers with a quorum of two', proxies: 2, quorum: 2, swapped: 2 },
])('$who, which was checked, and then serves another network for some seconds', ({ proxies, quorum, swapped }) => {
  let scanning: Scanning
  let other: Anvil

  beforeAll(async () => {
    other = await startAnvil({ chainId: 4242 })
    const provider = localProvider(other.url)
    await provider.send('anvil_mine', ['0x80'])
    provider.destroy()
    const settings = { quorum, finality: { depth: 8 }, internal_transfers: 'none' }
    scanning = await openScanning({ proxies, settings })
  })
  afterAll(async () => {
    await other.stop()
    await scanning.close()
  })

  function serve(url: string): void {
    for (const proxy of scanning.local.proxies.slice(0, swapped)) proxy.target = url
  }

  it('neither halts the chain nor orphans a block, whether blocks are final yet or not', async () => {
    for (const blocks of [3, 20]) {
      await scanning.local.mine(blocks)
      await scanning.scan()
      const { cursor } = await scanning.state()
      serve(other.url)
      for (let cycles = 0; cycles < 3; cycles++) await scanning.cycle().catch(() => undefined)
      expect(await scanning.state()).toMatchObject({ haltedReason: null, cursor })
      serve(scanning.local.anvil.url)
    }
    expect(scanning.logged.map(({ msg }) => msg)).not.toContain('scanner.chain_halted')
    expect(scanning.logged.map(({ msg }) => msg)).not.toContain('scanner.reorg')
  })

  it('is used again as soon as it serves the chain', async () => {
    serve(other.url)
    await scanning.cycle().catch(() => undefined)
    serve(scanning.local.anvil.url)
    await scanning.local.pool.recheck()
    const payment = await scanning.ledger.newPayment({})
    await scanning.pay(payment, ETHER)
    await scanning.local.mine(5)
    await scanning.scan()
    expect((await scanning.payment(payment.id)).status).toBe('confirmed')
  })
})

describe('a tag of another network', () => {
  it('makes no block final and confirms nothing, though its number is known here, too', async () => {
    const settings = { confirmations: { tag: 'finalized' }, finality: { tag: 'finalized' }, internal_transfers: 'none' }
    const scanning = await openScanning({ proxies: 1, settings })
    const payment = await scanning.ledger.newPayment({ confirmationsRequired: null })
    await scanning.pay(payment, ETHER)
    await scanning.local.mine(5)
    const { number } = (await scanning.local.provider.getBlock('latest')) ?? { number: 0 }
    scanning.local.proxies[0]?.behave(async (request, ask) => {
      const answer = await ask(request.params[0] === 'finalized' ? { ...request, params: ['latest', false] } : request)
      if (request.params[0] !== 'finalized' || answer === 'silence' || !('result' in answer)) return answer
      return {
        result: { ...(answer.result as object), number: `0x${number.toString(16)}`, hash: `0x${'ab'.repeat(32)}` },
      }
    })
    await scanning.scan()
    expect((await scanning.payment(payment.id)).status).toBe('detected')
    expect((await scanning.state()).finalizedNumber).toBe(0)
    await scanning.close()
  })
})
