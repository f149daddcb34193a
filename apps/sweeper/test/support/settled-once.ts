import { addressFromBytes } from '@ctrip/domain/address'
import type { Payment } from '@ctrip/domain/payment/payment'
import { waitUntil } from '@ctrip/local-stack/wait-until'
import type { Ledger } from './ledger'
import type { LocalChain } from './local-chain'

const PATIENCE_MS = 60_000

/** Waits until these are settled; then no sweep was in vain, and each account's nonces were given in order, and all used. */
export async function settledOnce(ledger: Ledger, local: LocalChain, payments: readonly Payment[]): Promise<void> {
  const ids = payments.map(({ id }) => id)
  await waitUntil('all settled', PATIENCE_MS, async () =>
    (await ledger.statuses(ids)).every((status) => status === 'settled'),
  )
  const sweeps = await ledger.db.prisma.sweeps.findMany()
  expect(sweeps.map(({ status }) => status)).toEqual(sweeps.map(() => 'confirmed'))
  const rows = await ledger.db.prisma.sweep_transactions.findMany({ orderBy: { nonce: 'asc' } })
  for (const [sender, line] of Map.groupBy(rows, (row) => addressFromBytes(row.sender))) {
    expect(line.map(({ nonce }) => Number(nonce))).toEqual([...line.keys()])
    expect(await local.provider.getTransactionCount(sender)).toBe(line.length)
  }
}
