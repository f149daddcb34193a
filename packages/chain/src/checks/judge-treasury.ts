import type { Address } from '@ctrip/domain/address'
import type { ChainConfig } from '../chain-config'
import { uselessByList } from './useless-treasuries'

/** Precompiled contracts have the first addresses: 0x1 to 0x11 on Ethereum, up to 0x100 with RIP-7212, more on rollups. */
const PRECOMPILES_MAX = 0xffffn
/** OP stack: 0x4200…0000 to 0x4200…ffff are its own contracts, 0x4200…0006 wraps native coin. */
const PREDEPLOYS = /^42000000000000000000000000000000000[0-9a-f]{5}$/

/** Why nothing may ever be sent there on this chain; null where the address may be somebody's. */
export function uselessTreasury(treasury: Address, chainId: number): string | null {
  const digits = treasury.slice(2).toLowerCase()
  if (BigInt(treasury) === 0n) return 'is the zero address: what is sent there is gone'
  const listed = uselessByList(treasury, chainId)
  if (listed !== null) return listed
  if (BigInt(treasury) <= PRECOMPILES_MAX) return 'is a precompiled contract: what is sent there is gone'
  if (PREDEPLOYS.test(digits)) return 'is a contract of the OP stack, not an account of yours'
  if (/^(.)\1+$/.test(digits)) return 'is a placeholder, and nobody has its key: write the address of your treasury'
  return null
}

/** A treasury that pays for the sweeps: swept coin would be spent on gas, and the books of both would mix. One sentence for each chain. */
export function gasWalletProblems(
  chains: readonly Pick<ChainConfig, 'name' | 'treasury'>[],
  gasWallet: Address,
): string[] {
  return chains.flatMap(({ name, treasury }) =>
    treasury === gasWallet ? [`the treasury of ${name} is the gas wallet: use another address for one of them`] : [],
  )
}
