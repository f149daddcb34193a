import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Anvil, startAnvil } from '@ctrip/local-stack/anvil'
import { freePortBase } from '@ctrip/local-stack/ports'
import { startStack } from '@ctrip/local-stack/start-stack'
import { JsonRpcProvider, parseUnits, Wallet } from 'ethers'
import { type Api, openApi } from './api'

const CHAIN_IDS = { main: 31_337, other: 31_338 }
const SENT_TIMEOUT_MS = 60_000

type ChainName = keyof typeof CHAIN_IDS

/** A gateway on two chains, whose clocks the test can advance. */
export interface TwoChains {
  readonly url: string
  readonly api: Api
  /** Sends ETH, and waits until it is in a block. */
  send(chain: ChainName, to: string, eth: string): Promise<void>
  /** Advances the time of the chain's next block, but not the wall clock. */
  passTime(chain: ChainName, seconds: number): Promise<void>
  stop(): Promise<void>
}

export async function startTwoChains(): Promise<TwoChains> {
  const folder = mkdtempSync(join(tmpdir(), 'ctrip-two-chains-'))
  const [main, other] = await Promise.all([
    startAnvil({ chainId: CHAIN_IDS.main, blockTime: 1 }),
    startAnvil({ chainId: CHAIN_IDS.other, blockTime: 1 }),
  ])
  const customers = { main: customer(main, CHAIN_IDS.main), other: customer(other, CHAIN_IDS.other) }
  const chainsFile = join(folder, 'chains.yaml')
  const treasury = Wallet.createRandom().address
  const chains = [chain('main', main, treasury), chain('other', other, treasury)]
  writeFileSync(chainsFile, JSON.stringify({ chains })) // JSON is YAML too
  const stack = await startStack({
    dataFolder: join(folder, 'data'),
    portBase: await freePortBase(),
    foreign: { chainsFile },
  })
  const { api, merchant } = stack.descriptor()
  return {
    url: api.url,
    api: openApi(api.url, merchant.api_key),
    async send(name, to, eth) {
      const sent = await customers[name].wallet.sendTransaction({ to, value: parseUnits(eth) })
      await sent.wait(1, SENT_TIMEOUT_MS)
    },
    async passTime(name, seconds) {
      await customers[name].provider.send('evm_increaseTime', [seconds])
    },
    async stop() {
      for (const { provider } of Object.values(customers)) provider.destroy()
      await stack.stop()
      await Promise.all([main.stop(), other.stop()])
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

function customer({ url, fundedPrivateKey }: Anvil, chainId: number) {
  const provider = new JsonRpcProvider(url, chainId, { cacheTimeout: -1, staticNetwork: true })
  return { provider, wallet: new Wallet(fundedPrivateKey, provider) }
}

function chain(name: ChainName, { url }: Anvil, treasury: string) {
  return {
    name,
    chain_id: CHAIN_IDS[name],
    providers: [{ name: 'local', http: url, ws: url.replace(/^http/, 'ws') }],
    block_time_ms: 1_000,
    confirmations: { depth: 3 },
    native: { symbol: 'ETH' },
    treasury,
  }
}
