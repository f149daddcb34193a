import { addressFromBytes } from '@ctrip/domain/address'
import { depositWallet } from '../src/deposit-wallet'

function counted(fails: () => boolean = () => false) {
  let next = 0
  return depositWallet({
    fingerprint: 'w',
    takeIndexes: async (count) => {
      if (fails()) throw new Error('away')
      return Array.from({ length: count }, () => next++)
    },
    derive: (index) => addressFromBytes(Uint8Array.from({ length: 20 }, (_, at) => (at === 19 ? index % 256 : 0))),
  })
}

it('gives each index once, to however many ask at once', async () => {
  const wallet = counted()
  const taken = await Promise.all(Array.from({ length: 300 }, () => wallet.take()))
  const more = await Promise.all(Array.from({ length: 40 }, () => wallet.take()))
  expect(new Set([...taken, ...more].map(({ index }) => index)).size).toBe(340)
})

it('gives again what came to no use', async () => {
  const wallet = counted()
  const taken = await wallet.take()
  wallet.giveBack(taken)
  const rest = await Promise.all(Array.from({ length: 600 }, () => wallet.take()))
  expect(rest.filter(({ index }) => index === taken.index)).toHaveLength(1)
})

it('tells those who wait that it has none to give, and tries again for the next', async () => {
  let away = true
  const wallet = counted(() => away)
  await expect(wallet.take()).rejects.toThrow('away')
  away = false
  expect(await wallet.take()).toMatchObject({ wallet: 'w', index: 0 })
})
