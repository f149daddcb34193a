import { setTimeout as sleep } from 'node:timers/promises'
import type { Executor } from '@ctrip/db/database'
import { addressFromBytes } from '@ctrip/domain/address'
import { depositWallet } from '../src/deposit-wallet'

/** The wallet asks nothing of it but an index, which the tests give. */
const NO_DATABASE = {} as Executor

function counted(takeIndexes?: () => Promise<number[]>) {
  let next = 0
  let inTransaction = 0
  const failures: unknown[] = []
  const wallet = depositWallet({
    fingerprint: 'w',
    takeIndexes: takeIndexes ?? (async (count) => Array.from({ length: count }, () => next++)),
    takeIndex: async () => {
      inTransaction++
      return next++
    },
    derive: (index) => addressFromBytes(Uint8Array.from({ length: 20 }, (_, at) => (at === 19 ? index : 0))),
    onRefillFailed: (error) => failures.push(error),
  })
  return { wallet, failures, inTransaction: () => inTransaction }
}

it('gives each index once, to however many ask at once', async () => {
  const { wallet } = counted()
  const taken = await Promise.all(Array.from({ length: 200 }, () => wallet.take(NO_DATABASE)))
  await sleep(10)
  const more = await Promise.all(Array.from({ length: 40 }, () => wallet.take(NO_DATABASE)))
  expect(new Set([...taken, ...more].map(({ index }) => index)).size).toBe(240)
})

it('has addresses ready after the first', async () => {
  const { wallet, inTransaction } = counted()
  await wallet.take(NO_DATABASE)
  await sleep(20)
  for (let n = 0; n < 20; n++) await wallet.take(NO_DATABASE)
  expect(inTransaction()).toBe(1)
})

it('goes on when a refill fails, and tries again', async () => {
  const { wallet, failures } = counted(() => Promise.reject(new Error('away')))
  for (let n = 0; n < 3; n++) {
    expect(await wallet.take(NO_DATABASE)).toMatchObject({ index: n })
    await sleep(5)
  }
  expect(failures).toHaveLength(3)
})
