import { type Address, parseAddress } from '@ctrip/domain/address'
import { amount, ZERO } from '@ctrip/domain/amount'
import { assert } from '@ctrip/domain/assert'
import type { ChainConfig } from '../chain-config'
import type { Hex } from '../hex'
import { PermanentRpcError, RetryableRpcError } from '../rpc/rpc-error'
import { RpcPool } from '../rpc/rpc-pool'
import { readCode } from '../transactions/account'
import { estimateGas } from '../transactions/estimate-gas'
import type { Check } from './judge-provider'
import { fault, type Judgement, ok } from './judgement'

type TreasuryOf = Pick<ChainConfig, 'name' | 'treasury'>

/** One treasury, and the pool through which its chain is asked. */
export interface TreasuryToCheck {
  readonly chain: TreasuryOf
  readonly pool: RpcPool
  /** An account that pays in the trial. Default: the zero address, which has coin on most chains. */
  readonly payer?: Address
}

/** EIP-7702: an account with a key that runs the code of another address. */
const DELEGATION = '0xef0100'

/** Whether native coin can be sent to the treasury: a transfer of one base unit, estimated and not sent. */
export async function checkTreasury({ chain, pool, payer }: TreasuryToCheck): Promise<Check> {
  const judgement = await orUnreadable(async () => {
    const code = await readCode(pool, chain.treasury)
    return code === '0x'
      ? ok('an account without code')
      : judgeCode(code, await tryTransfer(pool, chain.treasury, payer))
  })
  return { subject: `${chain.name}/treasury`, check: 'treasury', ...judgement }
}

/**
 * A fault for each chain where the treasury is an account without code, while the same address is a contract on another configured chain: a
 * Safe has its address on each chain, and nobody has a key for it where it was not deployed. Nothing where a chain cannot be read.
 */
export async function checkSharedTreasuries(treasuries: readonly TreasuryToCheck[]): Promise<Check[]> {
  const byAddress = Map.groupBy(treasuries, ({ chain }) => chain.treasury)
  const shared = [...byAddress.values()].filter(({ length }) => length > 1).flat()
  const read = await Promise.all(
    shared.map(async ({ chain, pool }) => ({ ...chain, code: await orNull(readCode(pool, chain.treasury)) })),
  )
  return read.flatMap(({ name, treasury, code }): Check[] => {
    const there = read.filter((other) => other.treasury === treasury && isContract(other.code)).map((one) => one.name)
    if (code !== '0x' || there.length === 0) return []
    const detail = `an account without code, though the same address is a contract on ${there.join(', ')}`
    const remedy = 'deploy the contract on this chain too, or use another treasury: nobody may have a key for this one'
    return [{ subject: `${name}/treasury`, check: 'code', ...fault(detail, remedy) }]
  })
}

/** The treasury's rows of the table for several chains, each through a pool of its own. */
export async function checkSharedTreasuriesOf(chains: readonly ChainConfig[]): Promise<Check[]> {
  const pools = chains.map((chain) => ({ chain, pool: new RpcPool(chain) }))
  try {
    return await checkSharedTreasuries(pools)
  } finally {
    await Promise.all(pools.map(({ pool }) => pool.close()))
  }
}

function isContract(code: Hex | null): boolean {
  return code !== null && code !== '0x' && !code.startsWith(DELEGATION)
}

function judgeCode(code: Hex, gas: bigint | 'refused'): Judgement {
  const what = code.startsWith(DELEGATION) ? 'an account that runs the code of a contract' : 'a contract'
  if (gas !== 'refused') return ok(`${what}, which takes native coin for ${gas} gas`)
  return fault(`${what} that refuses native coin`, 'native coin could never be swept there: use another treasury')
}

/** The gas of a plain transfer. A payer without coin proves nothing, so then nothing is sent along. */
async function tryTransfer(pool: RpcPool, to: Address, payer = zeroAddress()): Promise<bigint | 'refused'> {
  for (const value of [amount(1n), ZERO]) {
    try {
      return await estimateGas(pool, { from: payer, to, value, data: '0x' })
    } catch (error) {
      if (!(error instanceof PermanentRpcError)) throw error
      if (error.kind === 'execution_reverted') return 'refused'
      if (error.kind !== 'insufficient_funds' || value === ZERO) throw error
    }
  }
  return 'refused'
}

function zeroAddress(): Address {
  const address = parseAddress(`0x${'0'.repeat(40)}`)
  assert(address !== null, 'forty zeros are an address')
  return address
}

/** The judgement, or a fault that says why there is none. */
export async function orUnreadable(judge: () => Promise<Judgement>): Promise<Judgement> {
  try {
    return await judge()
  } catch (error) {
    if (!isRpcError(error)) throw error
    return fault(`could not be checked: ${error.message}`, 'see what is said of the providers')
  }
}

async function orNull<T>(value: Promise<T>): Promise<T | null> {
  try {
    return await value
  } catch (error) {
    if (isRpcError(error)) return null
    throw error
  }
}

function isRpcError(error: unknown): error is RetryableRpcError | PermanentRpcError {
  return error instanceof RetryableRpcError || error instanceof PermanentRpcError
}
