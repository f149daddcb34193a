import type { Hex } from '@ctrip/chain/hex'
import type { Address } from '@ctrip/domain/address'

/** Who has what, how many nonces are used, and what code stands where, after a block. */
export class AccountState {
  constructor(
    readonly coins = new Map<Address, bigint>(),
    readonly tokens = new Map<Address, bigint>(),
    readonly nonces = new Map<Address, number>(),
    readonly code = new Map<Address, Hex>(),
  ) {}

  copy(): AccountState {
    return new AccountState(new Map(this.coins), new Map(this.tokens), new Map(this.nonces), new Map(this.code))
  }

  static move(book: Map<Address, bigint>, from: Address | null, to: Address, amount: bigint): void {
    if (from !== null) book.set(from, (book.get(from) ?? 0n) - amount)
    book.set(to, (book.get(to) ?? 0n) + amount)
  }
}
