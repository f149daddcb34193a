import { assert } from './assert'

/** The path of a deposit address below its account: m/44'/60'/0'/branch/index. */
export interface DepositPath {
  readonly branch: number
  readonly index: number
}

/** Addresses in one branch: BIP-32's indexes without the hardened ones. */
export const BRANCH_SIZE = 2 ** 31
const BRANCHES = 2 ** 20

/** Address numbers are 0 to this, both included: a double holds each exactly. */
export const ADDRESS_NUMBER_MAX = BRANCHES * BRANCH_SIZE - 1

/**
 * The path of the address that was issued as the n-th of its wallet. Numbers are issued in order: when the first branch is
 * used up, the next one begins. The only place that knows how number and path belong together, beside the SQL of deposit_addresses.
 */
export function depositPath(number: number): DepositPath {
  assert(Number.isInteger(number) && number >= 0 && number <= ADDRESS_NUMBER_MAX, `no address number: ${number}`)
  return { branch: Math.floor(number / BRANCH_SIZE), index: number % BRANCH_SIZE }
}
