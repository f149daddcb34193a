import { requestDeployment } from '@ctrip/db/chains/operator-requests'
import { transaction } from '@ctrip/db/database/transaction'
import { parseAddress } from '@ctrip/domain/address'
import { amount } from '@ctrip/domain/amount'
import type { Payment } from '@ctrip/domain/payment/payment'
import { TestTreasury } from '@ctrip/local-stack/generated/contracts'
import { createLogger } from '@ctrip/telemetry/logger'
import { ContractFactory, id as topicOf } from 'ethers'
import { reportTreasuries } from '../src/report-treasuries'
import { followChain } from './support/follow-chain'
import { type Ledger, openLedger } from './support/ledger'
import { type LocalChain, startLocalChain } from './support/local-chain'
import { stopServers } from './support/servers'
import { confirmed, swept } from './support/sweeping'

const ETHER = 10n ** 18n
/** Of gas that was offered and not used, at the price that it was offered at. */
const LEFT_OVER_MAX = 10n ** 14n

describe('a treasury that is a contract, whose receive() needs more than 2,300 gas', () => {
  let ledger: Ledger
  let local: LocalChain

  beforeAll(async () => {
    ledger = await openLedger()
    const plain = await startLocalChain()
    const treasury = await deployTreasury(plain)
    local = { ...plain, chain: { ...plain.chain, treasury } }
    await followChain(ledger.db, local.chain, local)
  })

  afterAll(async () => {
    await local.stop()
    await ledger.close()
    await stopServers()
  })

  it('gets native coin, less the gas that was set aside for it', async () => {
    const { id, address } = await paid('native')
    await swept(ledger, local)
    expect(await ledger.statuses([id])).toEqual(['settled'])
    const left = await local.provider.getBalance(address)
    expect(left).toBeLessThan(LEFT_OVER_MAX)
    const received = await local.provider.getBalance(local.chain.treasury)
    expect(received).toBeGreaterThan(ETHER - LEFT_OVER_MAX)
    const logs = await local.provider.getLogs({ fromBlock: 0, topics: [topicOf('SafeReceived(address,uint256)')] })
    expect(logs.map(({ data }) => BigInt(data))).toEqual([received])
  })

  it('gets native coin again from the same address, with what was left the first time', async () => {
    const { id, address } = await paid('native')
    await swept(ledger, local)
    await (await local.payer.sendTransaction({ to: address, value: ETHER })).wait()
    await confirmed(ledger, local)
    await swept(ledger, local)
    expect(await ledger.statuses([id])).toEqual(['settled'])
    expect(await uncollected()).toBe(0)
    expect(await local.provider.getBalance(address)).toBeLessThan(2n * LEFT_OVER_MAX)
  })

  it('gets tokens by top-up', async () => {
    const { id } = await paid('token')
    await swept(ledger, local)
    expect(await ledger.statuses([id])).toEqual(['settled'])
    expect(await local.usdc.balanceOf(local.chain.treasury)).toBe(1_500_000n)
  })

  it('gets tokens in batches, by contracts that pay it alone', async () => {
    await transaction(ledger.db, 'test.deploy', (tx) => requestDeployment(tx, local.chain.chainId))
    await swept(ledger, local)
    const payments = [await paid('token'), await paid('token'), await paid('token')]
    await swept(ledger, local)
    expect(await ledger.statuses(payments.map(({ id }) => id))).toEqual(payments.map(() => 'settled'))
    expect(await ledger.db.prisma.sweeps.count({ where: { strategy: 'delegated_batch', status: 'confirmed' } })).toBe(1)
    expect(await local.usdc.balanceOf(local.chain.treasury)).toBe(4n * 1_500_000n)
  })

  it('is reported with the gas that it takes, and one that refuses coin is reported as wrong', async () => {
    const lines: Record<string, unknown>[] = []
    const log = createLogger(
      { service: 'test', level: 'info' },
      { write: (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>) },
    )
    const { chain, pool, gasWallet, usdcAsset } = local
    const token = usdcAsset.contract
    if (token === null) throw new Error('a token has an address')
    const treasuries = [chain, { ...chain, treasury: token }]
    await reportTreasuries(
      treasuries.map((one) => ({ chain: one, pool, payer: gasWallet.address })),
      log,
    )
    expect(lines).toMatchObject([
      {
        msg: 'sweeper.treasury_checked',
        reason: expect.stringMatching(/^a contract, which takes .* for \d+ gas$/) as string,
      },
      { msg: 'sweeper.treasury_wrong', reason: 'a contract that refuses native coin' },
    ])
  })

  async function paid(what: 'native' | 'token'): Promise<Payment> {
    const terms = what === 'native' ? { amount: amount(ETHER) } : { asset: local.usdcAsset, amount: amount(1_500_000n) }
    const payment = await ledger.newPayment(terms)
    const { address: to } = payment
    const sent =
      what === 'native' ? local.payer.sendTransaction({ to, value: ETHER }) : local.usdc.transfer(to, 1_500_000n)
    await (await sent).wait()
    await confirmed(ledger, local)
    return payment
  }

  function uncollected(): Promise<number> {
    return ledger.db.prisma.transfers.count({ where: { collected_by: null, kind: { not: 'funding' } } })
  }
})

async function deployTreasury(local: LocalChain) {
  const contract = await new ContractFactory(TestTreasury.abi, TestTreasury.bytecode, local.payer).deploy()
  await contract.waitForDeployment()
  const address = parseAddress(await contract.getAddress())
  if (address === null) throw new Error('a contract has an address')
  return address
}
