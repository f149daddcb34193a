import { setTimeout as delay } from 'node:timers/promises'
import { startAnvil } from '@ctrip/local-stack/anvil'
import { localProvider } from '@ctrip/local-stack/local-provider'
import { reorganize } from '@ctrip/local-stack/reorganize'

const FIRST = 2
const HEAD = FIRST + 4

test('a reorg takes blocks off the chain and leaves its clock right', async () => {
  const anvil = await startAnvil({ blockTime: 1 })
  const provider = localProvider(anvil.url)
  try {
    while ((await provider.getBlockNumber()) < HEAD) await delay(200)
    const before = await provider.getBlock(HEAD)
    const { head } = await reorganize(provider.send.bind(provider), 1, (newest) => newest - FIRST)
    await provider.send('evm_mine', [])

    const replaced = await provider.getBlock(HEAD)
    const next = await provider.getBlock(head + 1)
    expect(replaced?.hash).not.toBe(before?.hash)
    expect(next?.timestamp).toBeGreaterThanOrEqual(before?.timestamp ?? Infinity)
  } finally {
    provider.destroy()
    await anvil.stop()
  }
})
