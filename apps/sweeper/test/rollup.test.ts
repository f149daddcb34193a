import { recordedBalance } from '@ctrip/db/sweeps/recorded-balance'
import { amount } from '@ctrip/domain/amount'
import type { Payment } from '@ctrip/domain/payment/payment'
import { id } from 'ethers'
import { followChain } from './support/follow-chain'
import { type Ledger, openLedger } from './support/ledger'
import { type LocalChain, startLocalChain } from './support/local-chain'
import { stopServers } from './support/servers'
import { confirmed, swept } from './support/sweeping'

const ETHER = 10n ** 18n
const DATA_FEE = 10n ** 14n
/** The operator's fee for a unit of gas (Isthmus). */
const OPERATOR_FEE_PER_GAS = 10n ** 9n
const OPERATOR_FEE = 21_000n * OPERATOR_FEE_PER_GAS
/** Where the OP stack has its oracle: https://docs.optimism.io/stack/transactions/fees */
const GAS_PRICE_ORACLE = '0x420000000000000000000000000000000000000F'

describe('on a rollup that charges for data', () => {
  let ledger: Ledger
  let local: LocalChain

  beforeAll(async () => {
    ledger = await openLedger()
    local = await startLocalChain()
    await local.rpc('anvil_setCode', [GAS_PRICE_ORACLE, oracleCode(OPERATOR_FEE_PER_GAS)])
    await followChain(ledger.db, local.chain, local)
  })

  afterAll(async () => {
    await local.stop()
    await ledger.close()
    await stopServers()
  })

  it('a sweep of coin leaves what that may cost, and the books know of it', async () => {
    const payment = await paid(ETHER)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
    expect(await local.provider.getBalance(payment.address)).toBe(DATA_FEE + OPERATOR_FEE)
    const coin = { symbol: 'ETH', contract: null, decimals: 18 }
    expect(await recordedBalance(ledger.db.prisma, local.chain.chainId, payment.address, coin)).toBe(
      DATA_FEE + OPERATOR_FEE,
    )
  })

  it('what was left goes with the next sweep of the address', async () => {
    const payment = await paid(ETHER)
    const before = await local.provider.getBalance(local.chain.treasury)
    await pay(payment, ETHER)
    const fees = await ledger.db.prisma.sweep_transactions.findFirstOrThrow({ orderBy: { created_at: 'desc' } })
    const arrived = (await local.provider.getBalance(local.chain.treasury)) - before
    expect(arrived + BigInt(fees.fee_paid?.toFixed(0) ?? 0)).toBe(ETHER)
    expect(await local.provider.getBalance(payment.address)).toBe(DATA_FEE + OPERATOR_FEE)
  })

  it('before the operator took a fee, leaves what the data may cost and no more', async () => {
    await local.rpc('anvil_setCode', [GAS_PRICE_ORACLE, oracleCode(null)])
    const payment = await paid(ETHER)
    expect(await local.provider.getBalance(payment.address)).toBe(DATA_FEE)
    await local.rpc('anvil_setCode', [GAS_PRICE_ORACLE, oracleCode(OPERATOR_FEE_PER_GAS)])
  })

  it('money that is not worth its data stays, and says so', async () => {
    const payment = await paid(DATA_FEE)
    expect(await ledger.statuses([payment.id])).toEqual(['confirmed'])
    expect(await ledger.db.prisma.collection_waits.findMany()).toMatchObject([{ reason: 'fee_too_high' }])
  })

  it('a token pays for its data from the gas wallet', async () => {
    const payment = await ledger.newPayment({ asset: local.usdcAsset, amount: amount(1_500_000n) })
    await (await local.usdc.transfer(payment.address, 1_500_000n)).wait()
    await confirmed(ledger, local)
    await swept(ledger, local)
    expect(await ledger.statuses([payment.id])).toEqual(['settled'])
    expect(await local.provider.getBalance(payment.address)).toBeGreaterThanOrEqual(DATA_FEE)
  })

  async function paid(value: bigint): Promise<Payment> {
    const payment = await ledger.newPayment({ amount: amount(value) })
    await pay(payment, value)
    return payment
  }

  async function pay({ address }: Payment, value: bigint): Promise<void> {
    await (await local.payer.sendTransaction({ to: address, value })).wait()
    await confirmed(ledger, local)
    await swept(ledger, local)
  }
})

/** An oracle that charges DATA_FEE for any bytes, and for each unit of gas what is given; null: it is older than that fee, and reverts. */
function oracleCode(operatorFeePerGas: bigint | null): string {
  const selector = id('getOperatorFee(uint256)').slice(2, 10)
  // CALLDATALOAD(0) >> 224 == selector ? JUMP : RETURN(DATA_FEE)
  const dispatch = `60003560e01c63${selector}1460`
  const dataFee = `7f${word(DATA_FEE)}${RETURN_WORD}`
  const target = (dispatch.length + 2 + 2 + dataFee.length) / 2
  const operatorFee = operatorFeePerGas === null ? '600080fd' : `6004357f${word(operatorFeePerGas)}02${RETURN_WORD}`
  return `0x${dispatch}${target.toString(16).padStart(2, '0')}57${dataFee}5b${operatorFee}`
}

/** MSTORE(0, top of the stack), RETURN(0, 32) */
const RETURN_WORD = '60005260206000f3'

function word(value: bigint): string {
  return value.toString(16).padStart(64, '0')
}
