import type { Address } from '@ctrip/domain/address'
import type { ChainConfig } from '../chain-config'

/** Addresses that nobody has the key of, and that people send to by mistake or to destroy. Lower case. */
const BURN_ADDRESSES: ReadonlySet<string> = new Set([
  '0x000000000000000000000000000000000000dead',
  '0xdead000000000000000000000000000000000000',
  '0xdead000000000000000042069420694206942069',
  '0xdeaddeaddeaddeaddeaddeaddeaddeaddeaddead',
  '0xdeadbeefdeadbeefdeadbeefdeadbeefdeadbeef',
  '0x00000000000000000000045261d4ee77acdb3286',
  '0x0123456789012345678901234567890123456789',
  '0x1234567890123456789012345678901234567890',
  '0xfffffffffffffffffffffffffffffffffffffffe',
])

/** Precompiled contracts have the first addresses: 0x1 to 0x11 on Ethereum, up to 0x100 with RIP-7212, more on rollups. */
const PRECOMPILES_MAX = 0xffffn

/** Why nothing may ever be sent there; null where the address may be somebody's. */
export function uselessTreasury(treasury: Address): string | null {
  const digits = treasury.slice(2).toLowerCase()
  if (BigInt(treasury) === 0n) return 'is the zero address: what is sent there is gone'
  if (BURN_ADDRESSES.has(`0x${digits}`)) return 'is a burn address: what is sent there is gone'
  if (BigInt(treasury) <= PRECOMPILES_MAX) return 'is a precompiled contract: what is sent there is gone'
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
